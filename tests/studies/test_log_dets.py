"""The study of log-dets by power series, on a small residual flow."""

import json

import numpy as np
import pytest

from ade_tf.training import train
from experiments.studies.log_dets import log_det_study
from tests.helpers.binaries import call
from tests.helpers.eager import eagerly
from tests.helpers.models import tiny_config

SMALL = dict(feature_map="residual", residual_blocks=2, residual_width=4)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What the study finds, and its directory, beside that of the run."""
    root = tmp_path_factory.mktemp("study")
    config = tiny_config("flow", lipschitz_bound=0.8, num_steps=3, **SMALL)
    train(config, root / "run")
    return log_det_study(root / "run", root / "out", images=4, draws=400), root / "out"


def test_the_bias_dies_out_and_is_less_for_lower_bounds(found):
    bias = found[0]["bias"]
    assert list(bias) == [0.5, 0.7, 0.8, 0.9]
    size = np.abs(list(bias.values()))
    assert np.all(size[:, 0] > 1e-3) and np.all(size[:, -1] < 1e-3 * size[:, 0])
    assert np.all(np.diff(size[:, 1]) > 0)


def test_estimates_have_the_bias_of_their_terms_and_random_ones_none(found):
    exact = dict(enumerate(found[0]["bias"][0.8], start=1))
    for each in found[0]["estimates"]:
        expected = 0.0 if each["roulette"] else exact[each["terms"]]
        assert abs(each["error"] - expected) < 4 * each["standard_error"], each


def test_a_page_a_picture_and_the_numbers_are_left(found):
    written, out = found
    page = (out / "log_dets.md").read_text()
    assert "random | 16 and more" in page and "(log_dets.png)" in page
    assert (out / "log_dets.png").stat().st_size > 10_000
    numbers = json.loads((out / "log_dets.json").read_text())
    assert numbers["estimates"] == written["estimates"]


def test_the_binary_leaves_the_same_and_its_command(found, tmp_path):
    run, out = found[1].parent / "run", tmp_path / "out"
    line = ("log_dets", f"--run_dir={run}", "--images=4", "--draws=400")
    ended = call(*line)
    assert ended.status == 2 and "--out must name a directory. Rec" in ended.err
    ended = call(*line, f"--out={out}")
    assert ended.status == 0, ended.err
    assert f"page      {out / 'log_dets.md'}" in ended.out
    numbers = json.loads((out / "log_dets.json").read_text())
    assert numbers["bias"]["0.8"] == pytest.approx(found[0]["bias"][0.8])
    assert f"experiments.log_dets --run_dir={run}" in (out / "log_dets.md").read_text()


@pytest.mark.parametrize(
    ("settings", "size", "message"),
    [
        ({}, 8, "of runs with feature_map=residual. Received: feature_map=glow"),
        ({**SMALL, "conditional": True}, 8, "unconditional model. Received: cond"),
        ({**SMALL, "condition": "visible"}, 8, "unconditional model. Rec.*'visible'"),
        (SMALL, 34, r"at most 1024 values. Received: image_shape=\(34, 34, 1\)"),
    ],
    ids=["glow", "labels", "condition", "size"],
)
def test_other_runs_are_refused(settings, size, message, tmp_path):
    path = tmp_path / "images.npz"
    images = np.random.default_rng(0).integers(0, 17, [60, size, size, 1], np.uint8)
    np.savez(path, images=images, labels=np.arange(60) % 2, levels=17)
    config = tiny_config("flow", dataset=f"npz:{path}", num_steps=1, **settings)
    with eagerly():
        train(config, tmp_path / "run")
    with pytest.raises(ValueError, match=message):
        log_det_study(tmp_path / "run", tmp_path / "out")
    assert not (tmp_path / "out").exists()
