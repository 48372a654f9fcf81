"""An export is there whole or not at all."""

import re
import shutil

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.models import build_model
from ade_tf.runs import Checkpointer, RunDirectory
from tests.experiments.test_damage import room_of
from tests.helpers.binaries import call, contents


def loaded(path):
    model = tf.saved_model.load(str(path))
    return float(model.bits_per_dim(images())[0])


def images():
    return tf.zeros([1, 8, 8, 1], tf.uint8)


def export(run, out, *more):
    return call("export", f"--run_dir={run}", f"--out={out}", *more)


@pytest.mark.long
@pytest.mark.parametrize("room", [3000, 20_000, 40_000])
def test_without_room_nothing_is_left(finished, tmp_path, room):
    out = tmp_path / "model"
    with room_of(room):
        ended = export(finished, out)
    assert ended.status == 2 and ended.err.count("error: ") == 1
    assert "Traceback" not in ended.err
    assert not list(tmp_path.iterdir())
    assert export(finished, out).status == 0
    assert loaded(out) > 0


def test_what_stops_it_leaves_what_was_there(finished, tmp_path, monkeypatch):
    out = tmp_path / "model"
    assert export(finished, out).status == 0
    before = contents(out)

    def stop(model, path, *arguments, **keywords):
        (tmp_path / path / "half").write_text("half")
        raise SystemExit(143)

    with monkeypatch.context() as patch:
        patch.setattr(tf.saved_model, "save", stop)
        assert export(finished, out, "--overwrite").status == 143
    assert contents(tmp_path) == {f"model/{name}": before[name] for name in before}


def test_only_a_saved_model_is_overwritten_and_only_when_told(finished, tmp_path):
    out = tmp_path / "model"
    assert export(finished, out).status == 0
    ended = export(finished, out)
    assert ended.status == 2 and "new or empty directory (or overwrite" in ended.err
    (out / "old").write_text("")
    assert export(finished, out, "--overwrite").status == 0
    assert not (out / "old").exists() and loaded(out) > 0
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "thesis.tex").write_text("text")
    ended = export(finished, other, "--overwrite")
    assert ended.status == 2 and "only a SavedModel is overwritten" in ended.err
    assert contents(other) == {"thesis.tex": b"text"}


def test_the_weights_are_those_asked_for(finished, tmp_path):
    found = {}
    for weights in ("averaged", "raw"):
        out = tmp_path / weights
        assert export(finished, out, f"--weights={weights}").status == 0
        found[weights] = loaded(out)
    assert found["averaged"] != found["raw"]
    ended = export(finished, tmp_path / "none", "--weights=best")
    assert ended.status == 2 and "of which it kept none" in ended.err
    ended = export(finished, tmp_path / "none", "--weights=worst")
    assert ended.status == 2 and "averaged" in ended.err


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite_are_refused(finished, tmp_path, value):
    run = tmp_path / "run"
    shutil.copytree(finished, run)
    record = RunDirectory(run).read()
    model = build_model(record["config"], (8, 8, 1), 17, 10)
    checkpointer = Checkpointer(model, run / "checkpoints")
    assert checkpointer.restore() == 6
    bad = model.average.vector.numpy()
    bad[len(bad) // 2] = value
    model.average.vector.assign(bad)
    checkpointer.save(6)
    ended = export(run, tmp_path / "model")
    assert ended.status == 2
    assert re.search("has finite weights. Received: 1 of", ended.err)
    assert not (tmp_path / "model").exists()
