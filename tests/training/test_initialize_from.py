"""A run that begins with the weights of another, on other images."""

import numpy as np
import pytest

from ade_tf.runs import RunDirectory, load_run
from ade_tf.runs.records import read_records
from ade_tf.training import train
from tests.helpers.binaries import contents
from tests.helpers.models import digits, tiny_config


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    directory = tmp_path_factory.mktemp("source") / "run"
    train(tiny_config("v_ade", num_steps=40, learning_rate=5e-3), directory)
    return directory


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    """Zeros to fours: another set of images of the same shape."""
    path = tmp_path_factory.mktemp("data") / "few.npz"
    chosen = digits().train.labels < 5
    images, labels = digits().train.images[chosen], digits().train.labels[chosen]
    np.savez(path, images=images, labels=labels, levels=17)
    return f"npz:{path}"


def begun(source, others, preset="v_ade", **settings):
    settings = dict(dataset=others, learning_rate=0.0, num_steps=1) | settings
    return tiny_config(preset, initialize_from=str(source), **settings)


@pytest.mark.long
def test_training_begins_with_the_other_weights(source, others, tmp_path):
    before = contents(source)
    train(begun(source, others), tmp_path)
    there, here = load_run(source).model, load_run(tmp_path, "raw").model
    for old, new in zip(there.decoder.variables, here.decoder.variables, strict=True):
        np.testing.assert_array_equal(old, new)
    for old, new in zip(
        there.feature_map.variables, here.feature_map.variables, strict=True
    ):
        np.testing.assert_array_equal(old, new)
    assert int(here.step.numpy()) == 1
    assert contents(source) == before
    # And is better off for it than with weights drawn anew.
    train(begun("", others), tmp_path / "cold")
    bits = [
        read_records(RunDirectory(run).scalars)[0]["bits_per_dim"]
        for run in (tmp_path, tmp_path / "cold")
    ]
    assert bits[0] < bits[1]


def test_an_adversary_may_join_and_the_source_is_needed_once(source, others, tmp_path):
    config = begun(source, others, "av_ade", num_steps=2, learning_rate=1e-3)
    train(config, tmp_path / "run")
    moved = source.rename(source.parent / "elsewhere")
    try:
        train(config, tmp_path / "run")
    finally:
        moved.rename(source)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (dict(width=9), "another posterior, decoder$"),
        (dict(preset="flow"), "another "),
        (dict(flow_steps=(3,)), "another feature_map$"),
    ],
)
def test_what_is_built_otherwise_is_refused(
    source, others, tmp_path, settings, message
):
    config = begun(source, others, **settings)
    with pytest.raises(ValueError, match=f"parts are built alike.*{message}"):
        train(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_two_sources_are_too_many(source, others):
    with pytest.raises(ValueError, match="generator_from or by initialize_from"):
        tiny_config("vae", initialize_from=str(source), generator_from=str(source))
