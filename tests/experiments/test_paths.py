"""Directories by any name: every command writes there, and reads what it wrote."""

import pathlib
import shutil

import pytest
import tensorflow as tf

from tests.extractors.cases import save_model
from tests.helpers.binaries import call, saved_numbers

# TensorFlow's readers take the first three for patterns that match no file.
NAME = "a\\b/lr[1e-3]/all*of?{them}/~nobody/über 1,2=3"


def test_a_run_is_trained_gone_on_with_and_read(finished, cheap, tmp_path):
    run = tmp_path / NAME / "run"
    assert call("train", *cheap, f"--run_dir={run}").status == 0
    # As after step 4.
    for part in run.glob("checkpoints/step-6.*"):
        part.unlink()
    ended = call("train", *cheap, f"--run_dir={run}")
    assert ended.status == 0 and "Resuming from step 4 of" in ended.out, ended.err
    picture, scores = tmp_path / NAME / "grid.png", tmp_path / NAME / "scores.jsonl"
    for binary, *more in [
        ("evaluate", f"--out={scores}"),
        ("sample", "--num_samples=4", f"--out={picture}"),
        ("export", f"--out={tmp_path / 'model'}"),
    ]:
        ended = call(binary, f"--run_dir={run}", *more)
        assert ended.status == 0, ended.err
    assert picture.exists() and scores.read_text().count("\n") == 1
    assert hasattr(tf.saved_model.load(str(tmp_path / "model")), "bits_per_dim")
    there = finished / "checkpoints" / "step-6.index"
    if there.exists():
        link = tmp_path / "plain"
        link.symlink_to(run)
        assert saved_numbers(link, 6) == saved_numbers(finished, 6)


@pytest.mark.parametrize("name", ["lr[1e-3]", "a\\b", "lr[1e-3]/model"])
def test_a_model_that_tensorflow_could_not_load_is_not_exported(
    finished, tmp_path, name
):
    out = tmp_path / name
    ended = call("export", f"--run_dir={finished}", f"--out={out}")
    assert ended.status == 2
    assert "loads no SavedModel from a path with [ or " in ended.err
    assert not out.exists()


def test_an_extractor_loads_from_anywhere(finished, tmp_path):
    path = tmp_path / "net[1]"
    shutil.copytree(save_model(tmp_path / "net"), path)
    ended = call(
        *("evaluate", f"--run_dir={finished}", "--metrics=frechet_distance"),
        *("--extractor=savedmodel", f"--extractor_path={path}", "--cache_dir="),
        *("--num_samples=20", f"--out={tmp_path / 'scores.jsonl'}"),
    )
    assert ended.status == 0, ended.err


def test_a_tilde_is_the_home(finished, cheap, tmp_path, monkeypatch):
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(here)
    shutil.copytree(finished, home / "run")
    ended = call("train", *cheap, "--run_dir=~/run")
    assert ended.status == 0 and "This run is finished" in ended.out
    ended = call("sample", "--run_dir=~/run", "--out=~/grid.png", "--num_samples=4")
    assert ended.status == 0 and (home / "grid.png").exists()
    ended = call("train", *cheap, "--dataset=npz:~/none.npz", "--run_dir=~/other")
    assert f"'{home}/none.npz'" in ended.err
    (home / "mine.flags").write_text("--dataset=folder:~/none\n")
    ended = call("train", *cheap[1:], "--flagfile=~/mine.flags", "--run_dir=~/other")
    assert f"'{home}/none'" in ended.err
    assert not list(here.iterdir())
    # Of nobody's, which is a name like others.
    for name in ("~nobody/none", "x~/none"):
        ended = call("evaluate", f"--run_dir={name}")
        assert ended.status == 2 and f"Received: {name!r}" in ended.err
    for source in ("folder", "npz", "prepared"):
        flags = [f"--dataset={source}:~no-such-user/none", "--run_dir=~/other"]
        ended = call("train", *cheap, *flags)
        assert ended.status == 2 and "Received: '~no-such-user/none'" in ended.err
    ended = call("prepare_data", "--source=zip:~no-such-user/none", "--out=out")
    assert ended.status == 2 and "Received: '~no-such-user/none'" in ended.err
    ended = call("prepare_data", "--source=digits", "--out=~no-such-user/out")
    assert ended.status == 0 and (here / "~no-such-user" / "out").exists(), ended.err


PLACES = {
    "beside": "mine/inner.flags",
    "here": "inner.flags",
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_flagfile_names_others_beside_it_or_here(tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    pathlib.Path("mine").mkdir()
    pathlib.Path("mine/outer.flags").write_text("--flagfile=inner.flags\n--seed=7\n")
    pathlib.Path(place).write_text("--width=9\n")
    ended = call("train", "--flagfile=mine/outer.flags", "--preset=vae", "--dry_run")
    assert "--width=9\n" in ended.out and "--seed=7\n" in ended.out


@pytest.mark.parametrize(
    "name", ["flags/digits_av_ade.flags", "digits_av_ade.flags", "base/digits.flags"]
)
def test_flagfiles_of_the_package_are_found_from_anywhere(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    ended = call("train", f"--flagfile={name}", "--dry_run")
    assert ended.status == 0 and "--dataset=digits\n" in ended.out


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("--flagfile=nowhere.flags", "in the package. Received: 'nowhere.flags'"),
        ("--flagfile=mine.flags", "must not lead back to itself"),
        ("--flagfile=", "in the package. Received: ''"),
    ],
)
def test_flagfiles_that_lead_nowhere_are_refused(tmp_path, monkeypatch, lines, message):
    monkeypatch.chdir(tmp_path)
    pathlib.Path("mine.flags").write_text(lines)
    ended = call("train", "--flagfile=mine.flags", "--dry_run")
    assert ended.status == 2 and message in ended.err and ended.err.count("\n") == 1


ENCODINGS = ["utf-8-sig", "latin-1", "utf-16"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_flagfiles_are_read_as_any_editor_saves_them(tmp_path, encoding, end):
    text = end.join(["# Größe", "--preset=vae", "", "--width=9", "// end"])
    (tmp_path / "mine.flags").write_bytes(text.encode(encoding))
    ended = call("train", f"--flagfile={tmp_path / 'mine.flags'}", "--dry_run")
    assert ended.status == 0 and "--width=9\n" in ended.out, ended.err
