"""Likelihood is not quality, on a small model."""

import math

import pytest

from ade_tf.runs import RunDirectory
from ade_tf.training import train
from experiments.studies.two_examples import two_examples
from tests.helpers.eager import eagerly
from tests.helpers.models import tiny_config


def test_what_the_two_examples_show(tmp_path):
    with eagerly():
        train(tiny_config("flow", num_steps=2), tmp_path / "run")
    run = RunDirectory(tmp_path / "run").path
    found = two_examples(run, tmp_path / "out", num_samples=300)
    lost = found["mixture"]["bits_per_dim"] - found["model"]["bits_per_dim"]
    assert 0.0 < lost <= math.log2(100) / 64 + 1e-6
    assert found["kernels"]["bits_per_dim"] > 10.0
    assert found["kernels"]["frechet_distance"] < found["mixture"]["frechet_distance"]
    page = (tmp_path / "out" / "two_examples.md").read_text()
    assert "0.104 bits/dim" in page
    assert (tmp_path / "out" / "two_examples.png").exists()


@pytest.mark.parametrize(
    ("preset", "settings", "message"),
    [
        ("gan", {}, "needs a preset with a likelihood. Received: preset='gan'"),
        ("flow", {"conditional": True}, "needs an unconditional model. Received"),
    ],
)
def test_other_runs_are_refused(tmp_path, preset, settings, message):
    with eagerly():
        train(tiny_config(preset, num_steps=1, **settings), tmp_path / "run")
    with pytest.raises(ValueError, match=message):
        two_examples(tmp_path / "run", tmp_path / "out")
    assert not (tmp_path / "out").exists()
