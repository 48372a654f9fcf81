"""An encoder fitted to a generator that stays as it is."""

import json
import shutil

import numpy as np
import pytest

from ade_tf.runs import RunDirectory, load_run
from ade_tf.runs.records import read_records
from ade_tf.training import train
from tests.helpers.models import tiny_config


def generator_weights(model):
    scale = {id(v) for v in model.decoder.scale_variables}
    variables = model.decoder.variables + model.feature_map.variables
    return [v.numpy() for v in variables if id(v) not in scale]


@pytest.fixture(scope="module")
def gan(tmp_path_factory):
    directory = tmp_path_factory.mktemp("given") / "gan"
    train(tiny_config("gan", num_steps=3), directory)
    return directory


def fitted(gan, **settings):
    return tiny_config("gan", num_steps=30).replace(
        **dict(preset="vae", sigma="scalar", generator_from=str(gan))
        | dict(learning_rate=1e-2, average_decay=0.0, warmup_steps=0)
        | settings
    )


def test_only_encoder_and_sigma_learn(gan, tmp_path):
    given = generator_weights(load_run(gan).model)
    train(fitted(gan), tmp_path / "run")
    model = load_run(tmp_path / "run").model
    for old, new in zip(given, generator_weights(model), strict=True):
        np.testing.assert_array_equal(old, new)
    (raw_sigma,) = model.decoder.trainable_variables
    assert raw_sigma.shape == (1, 1, 1) and raw_sigma.numpy() != 0.0
    assert not model.feature_map.trainable_variables
    bits = [
        record["bits_per_dim"]
        for record in read_records(RunDirectory(tmp_path / "run").scalars)
        if "bits_per_dim" in record
    ]
    assert bits[-1] < bits[0]


def test_resuming_needs_the_generator_no_more(gan, tmp_path):
    copy = tmp_path / "gan"
    train(tiny_config("gan", num_steps=3), copy)
    config = fitted(copy)
    train(config, tmp_path / "run")
    copy.rename(tmp_path / "elsewhere")
    train(config, tmp_path / "run")
    assert load_run(tmp_path / "run").step == 30


def test_a_generator_that_does_not_fit_is_refused_before_the_run_exists(gan, tmp_path):
    with pytest.raises(ValueError, match="like its own. Received: width 8 -> 9"):
        train(fitted(gan, width=9), tmp_path / "run")
    with pytest.raises(ValueError, match="directory of a run"):
        train(fitted(tmp_path / "none"), tmp_path / "run")
    unfinished = tmp_path / "unfinished"
    shutil.copytree(gan, unfinished)
    flat = json.loads((unfinished / "config.json").read_text())
    flat["config"]["num_steps"] = 4
    (unfinished / "config.json").write_text(json.dumps(flat))
    with pytest.raises(ValueError, match="a finished run. .*at 3 of 4 steps"):
        train(fitted(unfinished), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_an_adversary_has_no_place_beside_a_given_generator(gan):
    with pytest.raises(ValueError, match="generator_from needs .*='av_gde'"):
        fitted(gan, preset="av_gde")
