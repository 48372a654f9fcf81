"""Samples of any number, written to disk as they are drawn."""

import re
import signal
import subprocess
import sys

import numpy as np
import pytest
import tqdm

from ade_tf.data import load_dataset
from ade_tf.runs import load_run
from ade_tf.samples import draw, samples
from ade_tf.training import train
from tests.helpers.binaries import ROOT, call, start, wait_until
from tests.helpers.models import sample, tiny_config
from tests.helpers.processes import PATIENCE

# The array alone would take 184 MB.
MANY, FEW, MORE_MEGABYTES = 60_000, 2_000, 40
# Not getrusage: its peak includes that of the process that started this one.
CHILD = """
import pathlib, sys
from ade_tf.samples import draw
draw(sys.argv[1], num_samples=int(sys.argv[2]), noise=True, out=sys.argv[3])
words = pathlib.Path("/proc/self/status").read_text().split()
print(words[words.index("VmHWM:") + 1])
"""


@pytest.fixture(scope="module")
def conditional_run(tmp_path_factory):
    directory = tmp_path_factory.mktemp("conditional") / "run"
    train(tiny_config("vae", conditional=True, network="mlp", num_steps=2), directory)
    return directory


def test_parts_are_what_one_draw_gives(v_ade_run, tmp_path, monkeypatch):
    monkeypatch.setattr("ade_tf.samples.request._BATCH", 3)
    path = draw(v_ade_run, num_samples=8, seed=4, out=str(tmp_path / "a.npz"))
    with np.load(path) as found:
        assert found.files == ["images", "levels"] and int(found["levels"]) == 17
        model = load_run(v_ade_run).model
        np.testing.assert_array_equal(found["images"], sample(model, 8, 1.0, 4))


@pytest.mark.parametrize(
    ("classes", "wanted"),
    [
        ((), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0]),
        ((7,), [7] * 11),
        ((7, 2), [7] * 5 + [2] * 5),
    ],
)
def test_a_file_of_samples_is_a_data_set_with_their_labels(
    conditional_run, tmp_path, monkeypatch, classes, wanted
):
    monkeypatch.setattr("ade_tf.samples.request._BATCH", 4)
    monkeypatch.setattr(samples, "_LABELS_AT_ONCE", 2)
    path = tmp_path / "a.npz"
    draw(conditional_run, num_samples=11, label=classes, out=str(path))
    with np.load(path) as found:
        images, labels = found["images"], found["labels"]
    assert labels.tolist() == wanted
    model = load_run(conditional_run).model
    rows = [wanted[:5], wanted[5:]] if len(classes) == 2 else [wanted]
    drawn = [sample(model, len(row), 1.0, 0, labels=row) for row in rows]
    np.testing.assert_array_equal(images, np.concatenate(drawn))
    data = load_dataset(f"npz:{path}")
    assert data.levels == 17
    parts = (data.train, data.validation, data.test)
    found = np.concatenate([part.images for part in parts])
    kept = [int(data.class_names[label]) for part in parts for label in part.labels]
    pairs = {(label, image.tobytes()) for label, image in zip(kept, found, strict=True)}
    assert pairs == {
        (label, image.tobytes()) for label, image in zip(labels, images, strict=True)
    }


@pytest.mark.parametrize("classes", [(), (7,)])
def test_processes_draw_a_part_each_of_what_one_draws(
    conditional_run, tmp_path, monkeypatch, classes
):
    monkeypatch.setattr("ade_tf.samples.request._BATCH", 4)
    flags = [f"--run_dir={conditional_run}", "--noise", "--seed=3"]
    flags += [f"--label={label}" for label in classes]
    parts = {"whole": (0, 12), "a": (0, 4), "b": (4, 4), "c": (8, 4)}
    found = {}
    for name, (first, count) in parts.items():
        out = tmp_path / f"{name}.npz"
        asked = [f"--first={first}", f"--num_samples={count}", f"--out={out}"]
        ended = call("sample", *flags, *asked)
        assert ended.status == 0, ended.err
        with np.load(out) as arrays:
            found[name] = arrays["images"], arrays["labels"]
    whole = found.pop("whole")
    for expected, drawn in zip(whole, zip(*found.values(), strict=True), strict=True):
        np.testing.assert_array_equal(np.concatenate(drawn), expected)
    assert whole[1].tolist() == [*(classes * 12 or range(10)), 0, 1][:12]
    assert len({image.tobytes() for image in whole[0]}) == 12


@pytest.mark.parametrize("settings", [{"mode": "traverse"}, {"label": (1, 2)}])
def test_only_rows_of_samples_have_a_first(v_ade_run, settings):
    with pytest.raises(ValueError, match="first is for mode `sample`.*Received: first"):
        draw(v_ade_run, first=5, **settings)


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_leaves_no_litter(v_ade_run, tmp_path, number):
    log = tmp_path / "log"
    out = f"--out={tmp_path / 'out' / 'a.npz'}"
    flags = [f"--run_dir={v_ade_run}", "--num_samples=100000000", out]
    process = start("sample", *flags, log=log)
    wait_until(lambda: "images/s" in log.read_text(), process)
    process.send_signal(number)
    assert process.wait(timeout=PATIENCE) == 128 + number
    said = log.read_text()
    assert f"Stopped by {number.name}." in said and "Traceback" not in said
    assert not list((tmp_path / "out").iterdir())


def test_a_directory_is_refused_before_samples_are_drawn(
    v_ade_run, tmp_path, monkeypatch
):
    (tmp_path / "a.npz").mkdir()
    monkeypatch.setattr(samples, "Passes", None)
    with pytest.raises(IsADirectoryError):
        draw(v_ade_run, num_samples=4, out=str(tmp_path / "a.npz"))


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError("disk full")])
def test_what_breaks_off_leaves_the_old_file_and_no_litter(
    v_ade_run, tmp_path, monkeypatch, error
):
    monkeypatch.setattr("ade_tf.samples.request._BATCH", 3)
    path = draw(v_ade_run, num_samples=4, out=str(tmp_path / "a.npz"))
    old = path.read_bytes()
    seen = []

    def broken(done, total):
        seen.append(([p.name for p in tmp_path.iterdir()], done, total))
        if done > 3:
            raise error

    monkeypatch.setattr(samples, "Passes", lambda *_, **__: broken)
    with pytest.raises((KeyboardInterrupt, OSError)):
        draw(v_ade_run, num_samples=12, out=str(path))
    # It broke off in the middle, when a part was on the disk.
    assert [entry[1:] for entry in seen] == [(3, 12), (6, 12)]
    assert len(seen[-1][0]) == 2
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


def test_progress_tells_images_speed_and_time_left(
    conditional_run, tmp_path, monkeypatch
):
    now = [0.0]

    def later():
        now[0] += 10.0
        return now[0]

    monkeypatch.setattr("ade_tf.samples.request._BATCH", 3)
    monkeypatch.setattr(tqdm.std, "time", later)
    out = f"--out={tmp_path / 'a.npz'}"
    ended = call(
        "sample",
        f"--run_dir={conditional_run}",
        "--num_samples=12",
        "--label=1,2",
        out,
    )
    assert ended.status == 0, ended.err
    lines = [line for line in ended.out.splitlines() if line.startswith("samples: ")]
    # The first batch, with its tracing, says nothing of the speed.
    found = [
        re.fullmatch(r"samples: (\d+)/12  0.\d+ images/s  (.*) left", line)
        for line in lines
    ]
    assert [match[1] for match in found] == ["6", "9", "12"]
    assert found[0][2] > found[1][2] > found[2][2] == "00:00"


def test_a_picture_of_too_many_is_refused_before_they_are_drawn(v_ade_run, tmp_path):
    message = "at most 10000 images .out takes more as .npz.. Received: num_samples=50"
    with pytest.raises(ValueError, match=message):
        draw(v_ade_run, num_samples=50_000, out=str(tmp_path / "a.png"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_does_not_grow_with_the_number_of_samples(tmp_path):
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (40, 32, 32, 3)).astype(np.uint8)
    np.savez(tmp_path / "data.npz", images=images)
    config = tiny_config(
        "vae", dataset=f"npz:{tmp_path / 'data.npz'}", network="mlp", num_steps=1
    )
    train(config, tmp_path / "run")
    peaks = {}
    for count in (FEW, MANY):
        out = tmp_path / f"{count}.npz"
        command = [sys.executable, "-c", CHILD, tmp_path / "run", str(count), out]
        ended = subprocess.run(
            command, cwd=ROOT, check=True, capture_output=True, text=True
        )
        peaks[count] = int(ended.stdout.split()[-1]) / 1024
        with np.load(out) as found:
            assert found["images"].shape == (count, 32, 32, 3)
    print(peaks)
    assert peaks[MANY] - peaks[FEW] < MORE_MEGABYTES, peaks
