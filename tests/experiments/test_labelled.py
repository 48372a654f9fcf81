"""Runs of which most training images have no label."""

import json
import shutil

import numpy as np
import pytest

from ade_tf.runs import load_run
from tests.helpers.binaries import call, saved_numbers, tiny_flags

SETTINGS = dict(
    preset="vae",
    network="mlp",
    labelled=100,
    classifier_weight=1.0,
    encoder_dropout=0.2,
    num_steps=6,
    checkpoint_every=3,
    validate_every=3,
)
MODELS = {
    "semi_supervised": dict(conditional=True, bound="semi_supervised"),
    "multimodal": dict(bound="multimodal"),
}


@pytest.fixture(scope="module", params=MODELS)
def run(request, tmp_path_factory):
    run = tmp_path_factory.mktemp("labelled") / request.param
    flags = tiny_flags(**SETTINGS, **MODELS[request.param])
    ended = call("train", *flags, f"--run_dir={run}")
    assert ended.status == 0, ended.err
    return run, flags


def test_a_run_goes_on_exactly(run, tmp_path):
    (run, flags), again = run, tmp_path / "again"
    shutil.copytree(run, again)
    for path in again.glob("checkpoints/step-6.*"):
        path.unlink()
    assert "Resuming from step 3" in call("train", *flags, f"--run_dir={again}").out
    here, there = saved_numbers(run, 6), saved_numbers(again, 6)
    assert [name for name in here if here[name] != there[name]] == []
    scalars = [path / "scalars.jsonl" for path in (run, again)]
    assert scalars[0].read_text() == scalars[1].read_text()


def test_a_run_keeps_its_number_of_labels(run):
    run, flags = run
    ended = call("train", *flags, "--labelled=50", f"--run_dir={run}")
    assert ended.status == 2 and "labelled: 100 -> 50" in ended.err


def test_it_is_scored_and_drawn(run, tmp_path):
    run, _ = run
    where = f"--run_dir={run}"
    ended = call(
        "evaluate", where, "--metrics=classification", "--split=test", "--cache_dir="
    )
    assert ended.status == 0, ended.err
    lines = (run / "metrics.jsonl").read_text().splitlines()
    records = {r["metric"]: r for r in map(json.loads, lines)}
    model = load_run(run).model
    assert 0 <= records["accuracy"]["value"] <= 1
    out = tmp_path / "drawn.npz"
    ended = call("sample", where, "--label=3,1", "--num_samples=8", f"--out={out}")
    assert ended.status == 0, ended.err
    with np.load(out) as found:
        assert found["labels"].tolist() == [3] * 4 + [1] * 4
        drawn = model.sample(4, labels=3)
        np.testing.assert_array_equal(found["images"][:4], drawn)


@pytest.mark.parametrize(
    ("labelled", "message"),
    [(7, "labelled=7, num_classes=10"), (1297, "images of class")],
)
def test_what_cannot_be_had_is_refused_before_anything_is_written(
    tmp_path, labelled, message
):
    settings = {**SETTINGS, **MODELS["multimodal"], "labelled": labelled}
    ended = call("train", *tiny_flags(**settings), f"--run_dir={tmp_path / 'run'}")
    assert ended.status == 2 and message in ended.err, ended.err
    assert not (tmp_path / "run").exists()
