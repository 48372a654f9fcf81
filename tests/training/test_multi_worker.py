"""Two workers do what one process does, from memory and from disk, killed or not."""

import json
import re
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.runs.checkpoints import checkpoint_steps
from ade_tf.training import train
from tests.helpers.binaries import (
    call,
    contents,
    last_step,
    saved_numbers,
    tiny_flags,
)
from tests.helpers.models import tiny_config
from tests.helpers.processes import PATIENCE, ROOT, free_ports, spawn, wait_until

FLAGS = """--flow_steps=1 --coupling_width=8 --width=8 --latent_size=4 --batch_size=8
--discriminator_width=8 --num_steps=3 --sample_every=0 --validation_images=8
--coupling_dropout=0.3 --clip_norm=0.5 --learning_rate=1e-4""".split()


def start(run_dir, strategy, flags, environment):
    command = [sys.executable, "-m", "tests.helpers.held_train", f"--run_dir={run_dir}"]
    return spawn([*command, *flags, f"--strategy={strategy}"], environment)


def start_workers(run_dir, flags, **environment):
    cluster = {"worker": [f"127.0.0.1:{port}" for port in free_ports(2)]}
    tasks = [{"type": "worker", "index": index} for index in range(2)]
    environments = [
        {"TF_CONFIG": json.dumps({"cluster": cluster, "task": task})} for task in tasks
    ]
    return [
        start(run_dir, "multi_worker", flags, environment | each)
        for each in environments
    ]


def assert_ended(*processes):
    assert [p.wait(timeout=PATIENCE) for p in processes] == [0] * len(processes)


def weights(run_dir, step):
    reader = tf.train.load_checkpoint(str(run_dir / "checkpoints" / f"step-{step}"))
    names = reader.get_variable_to_shape_map()
    return {
        name: reader.get_tensor(name)
        for name in names
        if reader.get_variable_to_dtype_map()[name].is_floating
    }


def assert_close(run_dir, other, step):
    one, two = weights(run_dir, step), weights(other, step)
    assert one.keys() == two.keys()
    for name, value in one.items():
        np.testing.assert_allclose(value, two[name], atol=1e-5, err_msg=name)


@pytest.mark.parametrize(
    ("last", "restored", "refusal"),
    [
        (2, 2, None),
        (2, 4, r"same step .*\[2, 4\]"),
        (0, 0, r"every worker has .* at step 4; last steps of the workers: \[4, 0\]"),
    ],
)
def test_what_another_worker_has(
    tmp_path, monkeypatch, capsys, last, restored, refusal
):
    settings = dict(checkpoint_every=2, sample_every=0)
    train(tiny_config("vae", num_steps=4, **settings), tmp_path)
    says = iter([last, restored])
    monkeypatch.setattr(
        "ade_tf.training.loop.of_all_workers", lambda own, strategy: [own, next(says)]
    )
    more = tiny_config("vae", num_steps=6, **settings)
    if refusal:
        before = contents(tmp_path / "checkpoints")
        with pytest.raises(ValueError, match=refusal):
            train(more, tmp_path)
        assert contents(tmp_path / "checkpoints") == before
    else:
        train(more, tmp_path)
        assert "Resuming from step 2 of" in capsys.readouterr().out


@pytest.mark.long
def test_two_workers_do_what_one_process_does(tmp_path):
    assert_ended(*start_workers(tmp_path / "two", FLAGS))
    assert_ended(start(tmp_path / "one", "single", FLAGS, {}))
    assert_close(tmp_path / "one", tmp_path / "two", 3)
    expected = saved_numbers(tmp_path / "two", 3)
    assert saved_numbers(tmp_path / "two.worker-1", 3) == expected


@pytest.mark.long
def test_two_workers_from_disk_go_on_when_one_is_killed(tmp_path):
    out = tmp_path / "digits"
    made = call("prepare_data", "--source=digits", f"--out={out}", "--processes=1")
    assert made.status == 0, made.err
    asked = dict(preset="vae", network="mlp", num_steps=100, checkpoint_every=5)
    asked |= dict(keep_checkpoints=20)
    disk = tiny_flags(**asked, dataset=f"prepared:{out}")
    assert_ended(start(tmp_path / "one", "single", tiny_flags(**asked), {}))
    assert_ended(*start_workers(tmp_path / "two", disk))
    assert_close(tmp_path / "one", tmp_path / "two", 5)
    killed = tmp_path / "killed"
    # They are killed somewhere from the second checkpoint of both to this step.
    workers = start_workers(killed, disk, HOLD_AT="30")
    both = [tmp_path / name / "checkpoints" for name in ("killed", "killed.worker-1")]
    wait_until(lambda: all(checkpoint_steps(d)[1:] for d in both), workers[0])
    # The other cannot go on without it.
    for worker in reversed(workers):
        worker.kill()
        worker.wait()
    assert last_step(killed) < 100 and not [*killed.glob("checkpoints/step-100.*")]
    # Killed a moment earlier, one would lack the last checkpoint of the other.
    for part in both[1].glob(f"step-{checkpoint_steps(both[1])[-1]}.*"):
        part.unlink()
    assert_ended(*start_workers(killed, disk))
    expected = saved_numbers(tmp_path / "two", 100)
    for name in ("two.worker-1", "killed", "killed.worker-1"):
        assert saved_numbers(tmp_path / name, 100) == expected, name


@pytest.mark.long
def test_the_script_of_the_docs_goes_on_when_a_worker_is_killed(tmp_path):
    page = (ROOT / "docs" / "long_runs.md").read_text()
    (script,) = re.findall(r"```sh\n(# worker.sh .*?)```", page, re.DOTALL)
    command = "python3 -m experiments.train"
    assert command in script
    held = f"{sys.executable} -m tests.helpers.held_train"
    (tmp_path / "worker.sh").write_text(script.replace(command, held))
    asked = dict(preset="vae", network="mlp", num_steps=200, checkpoint_every=20)
    run, flags = tmp_path / "run", tiny_flags(**asked)
    hosts = " ".join(f"127.0.0.1:{port}" for port in free_ports(2))
    arguments = [hosts, *flags, f"--run_dir={run}"]

    def begin(rank, **environment):
        return spawn(["sh", tmp_path / "worker.sh", str(rank), *arguments], environment)

    first, second = begin(0), begin(1, HOLD_AT="50")
    both = [Path(name, "checkpoints") for name in (run, f"{run}.worker-1")]
    wait_until(lambda: all(map(checkpoint_steps, both)), first)
    second.kill()
    # The other notices, and both are started again, as by a queue.
    assert first.wait(timeout=PATIENCE) == 2 and second.wait() == -signal.SIGKILL
    assert 20 <= last_step(run) < 200
    assert_ended(begin(0), begin(1))
    assert saved_numbers(f"{run}.worker-1", 200) == saved_numbers(run, 200)
