"""Bad input: exit status 2, one message with the rule and what was received."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from tests.helpers.binaries import call, contents, start, tiny_flags
from tests.helpers.processes import PATIENCE

CHEAP = tiny_flags(preset="vae", network="mlp")


def save_images(folder, *sizes):
    folder.mkdir(parents=True)
    for number, size in enumerate(sizes):
        pixels = np.full((size, size), 40 + number, np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


def missing_folder(path):
    return f"folder:{path / 'nowhere'}"


def empty_folder(path):
    (path / "empty").mkdir()
    return f"folder:{path / 'empty'}"


def text_file(path):
    folder = save_images(path / "images", 8, 8, 8, 8)
    (folder / "notes.png").write_text("not an image")
    return f"folder:{folder}"


def two_sizes(path):
    return f"folder:{save_images(path / 'images', 8, 12, 8)}"


def no_file(path):
    return f"npz:{path / 'nowhere.npz'}"


def npz_without_array(path):
    np.savez(path / "x.npz", pictures=np.zeros((9, 8, 8), np.uint8))
    return f"npz:{path / 'x.npz'}"


def floats_out_of_range(path):
    np.savez(path / "x.npz", x_train=np.full((9, 8, 8), 300.0))
    return f"npz:{path / 'x.npz'}"


def folder_of_12(path):
    return f"folder:{save_images(path / 'images', 12, 12, 12, 12)}"


# Dataset, more flags, what the message holds.
DATA = {
    "missing folder": (missing_folder, [], "Received: '.*nowhere'"),
    "empty folder": (empty_folder, [], "must hold .*png.* Received: '.*empty'"),
    "text file": (text_file, [], "skip_bad_images.*Received: '.*notes.png'"),
    "two sizes": (two_sizes, [], "image_size.*Received: .*0.png.*1.png"),
    "no file": (no_file, [], "existing file. Received: '.*nowhere.npz'"),
    "no array": (npz_without_array, [], "`x_train` or `images`.*'pictures'"),
    "range": (floats_out_of_range, ["--levels=256"], r"0..255.*Received: .*300"),
    "no source": (lambda path: "cifar", [], "SOURCE.*Received: 'cifar'"),
    "flow scales": (
        folder_of_12,
        ["--preset=v_ade", "--flow_steps=1,1,1,1"],
        r"Received: .*12",
    ),
}

SETTINGS = {
    "unknown flag": (["--num_step=3"], "Unknown command line flag 'num_step'"),
    "not a number": (["--num_steps=many"], "num_steps=many"),
    "not a boolean": (["--keep_best=perhaps"], "keep_best=perhaps"),
    "out of range": (["--batch_size=0"], "`batch_size` must be.*Received: 0"),
    "not finite": (["--learning_rate=nan"], "`learning_rate` must be finite"),
    "no integers": (["--flow_steps=1,x"], "`flow_steps` must be integers.*1,x"),
    "no choice": (["--optimizer=sgd"], "`optimizer` must be one of.*'sgd'"),
    "contradiction": (
        ["--preset=vae", "--feature_map=glow"],
        "preset `vae` promises the identity.*'glow'",
    ),
    "no owner": (["--iaf_steps=3"], "iaf_steps needs posterior `iaf`.*'gaussian'"),
    "no flow": (["--preset=v_ade", "--feature_map=identity"], "promises a flow"),
    "argument": (["digits"], "arguments must be given as flags. Received: digits"),
    "no flagfile": (["--flagfile=nowhere.flags"], "nowhere.flags"),
}


def assert_refused(ended, message, out=""):
    assert ended.status == 2
    assert ended.err.startswith("error: ") and ended.err.count("error: ") == 1
    assert "Received: " in ended.err and "Traceback" not in ended.err
    assert re.search(f"(?s){message}", ended.err), ended.err
    assert ended.err.count("\n") == 1
    assert ended.out == out


@pytest.mark.parametrize(("dataset", "more", "message"), DATA.values(), ids=DATA)
def test_bad_data(tmp_path, dataset, more, message):
    run = tmp_path / "run"
    flags = [*CHEAP, f"--dataset={dataset(tmp_path)}", *more, f"--run_dir={run}"]
    assert_refused(call("train", *flags), message)
    assert not run.exists()


@pytest.mark.parametrize(("more", "message"), SETTINGS.values(), ids=SETTINGS)
def test_bad_flags(tmp_path, more, message):
    run = tmp_path / "run"
    assert_refused(call("train", *CHEAP, f"--run_dir={run}", *more), message)
    assert not run.exists()


def test_no_directory():
    assert_refused(call("train", *CHEAP), "--run_dir must name a directory")


STUDIES = ("ablation", "adversaries", "frontier", "log_dets", "systems", "toy")


@pytest.mark.parametrize("binary", [*STUDIES, "two_examples", "prepare_data"])
def test_a_page_needs_a_directory(binary, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    more = ["--source=digits"] * (binary == "prepare_data")
    for out, received in (("", "none"), ("file", "'file', a file")):
        ended = call(binary, *more, f"--out={out}")
        assert_refused(ended, f"--out must name a directory. Received: {received}")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_skipped_bad_images_are_counted(tmp_path):
    flags = [*CHEAP, f"--dataset={text_file(tmp_path)}", "--skip_bad_images"]
    ended = call("train", *flags, "--dry_run")
    assert ended.status == 0
    assert "notes.png" in ended.err
    assert "Left out 1 of 5 files" in ended.err
    assert "2 train, 1 validation, 1 test" in ended.out


CHANGES = {
    "one": (["--seed=1"], r"seed: 0 -> 1\n$"),
    "two": (["--num_steps=9", "--width=9"], r"width: 8 -> 9.*num_steps: 6 -> 9"),
    "data": (["--random_flip"], "random_flip: False -> True"),
}


@pytest.mark.parametrize(("more", "message"), CHANGES.values(), ids=CHANGES)
def test_a_changed_configuration_is_refused(finished, cheap, more, message):
    before = contents(finished)
    ended = call("train", *cheap, f"--run_dir={finished}", *more)
    assert ended.status == 2
    rule = "error: a run is resumed with the configuration it was started with"
    assert ended.err.startswith(rule) and "Received: " in ended.err
    assert re.search(f"(?s){message}", ended.err)
    assert contents(finished) == before


def test_what_the_weights_do_not_depend_on_may_change(finished, cheap):
    more = ["--checkpoint_every=1", "--keep_checkpoints=5", "--strategy=single"]
    ended = call("train", *cheap, f"--run_dir={finished}", *more)
    assert ended.status == 0 and "This run is finished (6 steps)." in ended.out


@pytest.mark.parametrize("case", ["missing folder", "text file", "no array"])
def test_bad_data_touches_nothing_of_an_earlier_run(finished, cheap, tmp_path, case):
    before = contents(finished)
    dataset, more, _ = DATA[case]
    flags = [*cheap, f"--dataset={dataset(tmp_path)}", *more]
    assert call("train", *flags, f"--run_dir={finished}").status == 2
    assert contents(finished) == before


@pytest.mark.parametrize(
    "files",
    [{"thesis.tex": "text"}, {"config.json": "{}"}, {"config.json": "\x00"}],
    ids=["other files", "other json", "no json"],
)
def test_a_directory_of_something_else_is_refused(tmp_path, files):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    before = contents(tmp_path)
    ended = call("train", *CHEAP, f"--run_dir={tmp_path}")
    assert_refused(ended, "new, empty or the directory of a run. Received: ")
    assert contents(tmp_path) == before


def test_a_file_is_no_directory(tmp_path):
    (tmp_path / "file").write_text("text")
    for where in ("file", "file/run"):
        ended = call("train", *CHEAP, f"--run_dir={tmp_path / where}")
        assert_refused(ended, "directory")
    assert contents(tmp_path) == {"file": b"text"}


def test_the_process_itself_ends_with_status_2(tmp_path):
    # In a process of its own, to see what absl and the interpreter add.
    flags = [*CHEAP, "--num_step=3", f"--run_dir={tmp_path / 'run'}"]
    process = start("train", *flags, log=tmp_path / "log")
    assert process.wait(timeout=PATIENCE) == 2
    said = [
        line
        for line in (tmp_path / "log").read_text().splitlines()
        if line.startswith("error") or "Traceback" in line
    ]
    assert len(said) == 1 and "Did you mean: num_steps" in said[0]
    assert not (tmp_path / "run").exists()


READERS = {
    "no run": ("evaluate", [], "must be the directory of a run"),
    "metric": ("evaluate", ["--metrics=beauty"], "among bits_per_dim.*'beauty'"),
    "split": ("evaluate", ["--split=all"], "train, validation, test.*'all'"),
    "samples": ("evaluate", ["--importance_samples=0"], "at least 1. Received: 0"),
    "mode": ("sample", ["--mode=dream"], "Received: .*dream"),
}


@pytest.mark.parametrize(("binary", "more", "message"), READERS.values(), ids=READERS)
def test_readers_of_runs(finished, tmp_path, binary, more, message):
    run = finished if more else tmp_path / "none"
    before = contents(finished)
    # Before anything is loaded.
    assert_refused(call(binary, f"--run_dir={run}", *more), message, "")
    assert contents(finished) == before


def test_a_run_without_a_checkpoint_cannot_be_read(finished, tmp_path):
    record = (finished / "config.json").read_text()
    assert json.loads(record)["format"]
    (tmp_path / "config.json").write_text(record)
    for binary in ("evaluate", "sample"):
        ended = call(binary, f"--run_dir={tmp_path}")
        message = "a run must have a checkpoint before it can be loaded"
        assert_refused(ended, message, f"Loading {tmp_path} ...\n")
