"""The study of log-dets by power series, on a small residual flow."""

import json

import numpy as np
import pytest

from ade_tf.runs import RunDirectory
from ade_tf.training import train
from experiments.studies.log_dets import log_det_study
from tests.helpers.models import tiny_config


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What the study finds, and its directory."""
    root = tmp_path_factory.mktemp("study")
    settings = dict(feature_map="residual", residual_blocks=2, residual_width=4)
    config = tiny_config("flow", lipschitz_bound=0.8, num_steps=3, **settings)
    train(config, root / "run")
    run = RunDirectory(root / "run").path
    return log_det_study(run, root / "out", images=4, draws=400), root / "out"


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


def test_other_flows_are_refused(tmp_path):
    train(tiny_config("flow", num_steps=1), tmp_path / "run")
    with pytest.raises(ValueError, match="feature_map=residual. Received"):
        log_det_study(RunDirectory(tmp_path / "run").path, tmp_path / "out")
    assert not (tmp_path / "out").exists()
