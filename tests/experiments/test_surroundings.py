"""What a process meets: others' settings, closed outputs, threads, little memory."""

import json
import os
import subprocess
import sys
import threading

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.training import train
from tests.helpers.binaries import ROOT, call, saved_numbers
from tests.helpers.models import tiny_config


def process(*words, **environment):
    """Returns a process of Python at the root, its outputs as text."""
    return subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def foreign(tmp_path_factory):
    """An environment whose Keras and matplotlib are set as for other programs."""
    home = tmp_path_factory.mktemp("home")
    settings = {
        "image_data_format": "channels_first",
        "floatx": "float64",
        "epsilon": 0.1,
        "backend": "jax",
    }
    (home / "keras.json").write_text(json.dumps(settings))
    (home / "matplotlibrc").write_text("savefig.dpi: 20\nfont.size: 30\n")
    return {
        "KERAS_HOME": str(home),
        "KERAS_MAX_STEPS_PER_EPOCH": "2",
        "MPLCONFIGDIR": str(home),
    }


STUDY = """
import sys
from ade_tf.extractors.network import build_network
from ade_tf.models import build_model
from tests.helpers.models import tiny_config
import numpy as np
model = build_model(tiny_config("av_ade", spectral_norm=True), (8, 8, 1), 17)
for v in [*model.variables, *build_network((8, 8, 1), 10).variables]:
    print(v.path.split("/")[-1], v.dtype, v.shape, float(np.sum(v.numpy())))
"""


@pytest.mark.long
def test_no_network_depends_on_what_keras_is_set_to(foreign):
    here = process("-c", STUDY)
    there = process("-c", STUDY, KERAS_BACKEND="tensorflow", **foreign)
    assert here.returncode == 0, here.stderr
    assert there.stdout == here.stdout and here.stdout.count("\n") > 50


@pytest.mark.long
def test_a_command_does_what_it_does_elsewhere(finished, cheap, tmp_path, foreign):
    for name, environment in (("here", {}), ("there", foreign)):
        run = tmp_path / name
        ended = process(
            "-m", "experiments.train", *cheap, f"--run_dir={run}", **environment
        )
        assert ended.returncode == 0, ended.stderr
    here, there = tmp_path / "here", tmp_path / "there"
    assert saved_numbers(here, 6) == saved_numbers(there, 6)
    for name in ("scalars.jsonl", "metrics.jsonl", "curves.png"):
        assert (here / name).read_bytes() == (there / name).read_bytes()


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_the_library_says_which_keras_it_needs(tmp_path, backend):
    lines = f"""
import sys, types
import keras.config
keras.config.backend = lambda: {backend!r}
import ade_tf.bijectors
"""
    ended = process("-c", lines)
    last = ended.stderr.strip().splitlines()[-1]
    assert last.startswith("ValueError: Keras must run on TensorFlow")
    assert last.endswith(f"Received: {backend!r}")


def test_a_run_is_trained_in_a_thread(tmp_path):
    config = tiny_config("vae", network="mlp", num_steps=3)
    found = []
    thread = threading.Thread(target=lambda: found.append(train(config, tmp_path)))
    thread.start()
    thread.join()
    assert found and found[0]["step"] == 3


PIPES = {
    "train": ["--preset=vae", "--dry_run"],
    "evaluate": ["--run_dir={run}"],
    "sample": ["--run_dir={run}", "--num_samples=4", "--out={out}.png"],
}


@pytest.mark.parametrize("binary", PIPES)
def test_output_that_nobody_reads_ends_in_one_line(finished, tmp_path, binary):
    words = [w.format(run=finished, out=tmp_path / "x") for w in PIPES[binary]]
    if binary == "evaluate":
        words.append(f"--out={tmp_path / 'scores.jsonl'}")
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(
        [sys.executable, "-m", f"experiments.{binary}", *words],
        cwd=ROOT,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writer)
    assert ended.returncode == 141
    # Others are TensorFlow's own.
    lines = ended.stderr.splitlines()
    said = [line for line in lines if not line.startswith(("I0", "WARNING: All log"))]
    assert said == [
        "error: the output must have a reader until the end. Received: a closed pipe"
    ]


def test_closed_outputs_are_no_obstacle(finished, tmp_path):
    out = tmp_path / "few.npz"
    words = f"--run_dir={finished} --num_samples=4 --out={out}"
    command = f"{sys.executable} -m experiments.sample {words} >&- 2>&-"
    assert subprocess.run(["sh", "-c", command], cwd=ROOT).returncode == 0
    assert np.load(out)["images"].shape[0] == 4


ERRORS = {
    "numpy": (MemoryError("Unable to allocate 9 TiB"), "memory must suffice"),
    "device": (
        tf.errors.ResourceExhaustedError(None, None, "OOM when allocating\nmore"),
        "memory must suffice",
    ),
    "framework": (
        tf.errors.UnavailableError(None, None, "worker gone\nmore"),
        "TensorFlow must be able to do its work",
    ),
}


@pytest.mark.parametrize(("error", "rule"), ERRORS.values(), ids=ERRORS)
def test_what_a_machine_cannot_do_is_one_line(finished, monkeypatch, error, rule):
    def fail(*arguments, **keywords):
        raise error

    monkeypatch.setattr("ade_tf.evaluation.evaluate.load_run", fail)
    ended = call("evaluate", f"--run_dir={finished}")
    assert ended.status == 2 and ended.err.count("\n") == 1
    assert ended.err.startswith(f"error: {rule}") and "Received: " in ended.err


@pytest.mark.parametrize("name", ["config", "image_shape", "levels"])
def test_a_record_that_lacks_a_field_is_named(finished, cheap, tmp_path, name):
    record = json.loads((finished / "config.json").read_text())
    del record[name]
    (tmp_path / "config.json").write_text(json.dumps(record))
    for binary, flags in (("train", cheap), ("evaluate", []), ("sample", [])):
        ended = call(binary, *flags, f"--run_dir={tmp_path}")
        assert ended.status == 2 and ended.err.count("\n") == 1
        assert f"config.json' without {name}" in ended.err


WORKERS = {
    "none": "",
    "one worker": {"worker": ["127.0.0.1:1"]},
    "one chief": {"chief": ["127.0.0.1:1"]},
}


@pytest.mark.parametrize("cluster", WORKERS.values(), ids=WORKERS)
def test_a_cluster_of_one_trains(finished, cheap, tmp_path, monkeypatch, cluster):
    if cluster:
        task = {"type": next(iter(cluster)), "index": 0}
        monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": task}))
    run = tmp_path / "run"
    ended = call("train", *cheap, "--strategy=multi_worker", f"--run_dir={run}")
    assert ended.status == 0, ended.err
    assert saved_numbers(run, 6) == saved_numbers(finished, 6)
