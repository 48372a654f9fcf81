"""Where nothing can be written: said before any work, or after the scores are shown."""

import errno
import os
import pathlib
import shutil

import numpy as np
import pytest

from tests.extractors.cases import images, save_model
from tests.helpers.binaries import call, contents, saved_numbers
from tests.helpers.models import digits

# Where no user may make a file.
NOWHERE = "/proc/self/nowhere"


@pytest.fixture
def run(finished, tmp_path):
    """A copy of the finished run."""
    shutil.copytree(finished, tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture
def unloaded(monkeypatch):
    """Lets nothing be loaded: what is refused is refused before."""

    def fail(*arguments, **keywords):
        raise AssertionError("loaded")

    for module in ("evaluation.evaluate", "evaluation.novelty", "samples.writing"):
        monkeypatch.setattr(f"ade_tf.{module}.load_run", fail)
    monkeypatch.setattr("ade_tf.export.load_run", fail)
    monkeypatch.setattr("ade_tf.evaluation.compare.load_dataset", fail)
    monkeypatch.setattr("ade_tf.report.page.gather", fail)


COMMANDS = {
    "evaluate": ["evaluate", "--run_dir={run}", "--out={out}"],
    "per image": ["evaluate", "--run_dir={run}", "--per_image={out}.npz"],
    "novelty": ["novelty", "--run_dir={run}", "--out={out}.png"],
    "sample": ["sample", "--run_dir={run}", "--out={out}.npz"],
    "export": ["export", "--run_dir={run}", "--out={out}"],
    "compare": ["compare", "--reference=digits", "--images=digits", "--out={out}"],
    "report": ["report", "--run_dirs={run}", "--out={out}.html"],
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_path_that_cannot_be_is_refused_first(finished, unloaded, command):
    before = contents(finished)
    words = [word.format(run=finished, out=NOWHERE) for word in command]
    ended = call(*words)
    assert ended.status == 2
    assert "files must be accessible" in ended.err and NOWHERE in ended.err
    assert contents(finished) == before


@pytest.mark.parametrize("binary", ["evaluate", "novelty"])
def test_a_run_that_takes_no_records_is_refused_first(run, unloaded, binary):
    (run / "metrics.jsonl").unlink()
    (run / "metrics.jsonl").mkdir()
    ended = call(binary, f"--run_dir={run}")
    assert ended.status == 2 and f"{run}/metrics.jsonl" in ended.err


def test_scores_that_cannot_be_written_are_shown(run, tmp_path):
    """The device takes a file's name and no byte, as a full disk does."""
    ended = call("evaluate", f"--run_dir={run}", "--out=/dev/full")
    assert ended.status == 2 and "No space left" in ended.err
    assert "test       bits/dim (bound)" in ended.out
    (run / "metrics.jsonl").unlink()
    (run / "metrics.jsonl").symlink_to("/dev/full")
    ended = call("novelty", f"--run_dir={run}", "--num_images=20")
    assert ended.status == 2 and "ROC area" in ended.out
    path = save_model(tmp_path / "net")
    np.savez(tmp_path / "x.npz", images=images(30, 8, 1), levels=256)
    ended = call(
        *("compare", f"--reference=npz:{tmp_path / 'x.npz'}", "--reference_split=all"),
        *(f"--images=npz:{tmp_path / 'x.npz'}", "--metrics=frechet_distance"),
        *("--extractor=savedmodel", f"--extractor_path={path}", "--cache_dir="),
        "--out=/dev/full",
    )
    assert ended.status == 2 and "Frechet distance" in ended.out, ended.err


def test_scores_go_to_a_file_of_their_own(run, tmp_path):
    before = contents(run)
    out = tmp_path / "new" / "scores.jsonl"
    for count in (1, 2):
        assert call("evaluate", f"--run_dir={run}", f"--out={out}").status == 0
        assert out.read_text().count("\n") == count
    assert contents(run) == before


REFUSALS = {"fsync": errno.EINVAL, "chmod": errno.EPERM, "flock": errno.ENOTSUP}


@pytest.mark.parametrize("call_name", REFUSALS)
def test_a_file_system_that_knows_less_trains(
    finished, cheap, tmp_path, monkeypatch, call_name
):
    def refuse(*arguments, **keywords):
        raise OSError(REFUSALS[call_name], "refused")

    owner = "fcntl" if call_name == "flock" else "os"
    monkeypatch.setattr(f"{owner}.{call_name}", refuse)
    run = tmp_path / "run"
    ended = call("train", *cheap, f"--run_dir={run}")
    assert ended.status == 0, ended.err
    assert saved_numbers(run, 6) == saved_numbers(finished, 6)


def test_a_disk_that_fails_is_still_an_error(cheap, tmp_path, monkeypatch):
    def fail(*arguments):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    ended = call("train", *cheap, f"--run_dir={tmp_path / 'run'}")
    assert ended.status == 2 and "Input/output error" in ended.err


def test_what_is_missing_is_made_and_nothing_is_left(finished, tmp_path):
    out = pathlib.Path(tmp_path, "a", "b", "few.npz")
    ended = call("sample", f"--run_dir={finished}", "--num_samples=3", f"--out={out}")
    assert ended.status == 0
    assert [path.name for path in out.parent.iterdir()] == ["few.npz"]
    assert np.load(out)["images"].shape == (3, *digits().image_shape)
