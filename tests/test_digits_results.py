"""The results of the digits flagfiles, trained as the README says."""

import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.runs import load_run
from ade_tf.runs.records import read_records
from tests.helpers.models import digits, encode, sample
from tests.helpers.quality import classifier, flat, shares_and_confidence

pytestmark = pytest.mark.long

ROOT = pathlib.Path(__file__).parents[1]


@pytest.fixture(scope="module")
def run_of(tmp_path_factory):
    """Returns a function that trains a flagfile once and gives its run."""
    runs = {}

    def run(name):
        if name not in runs:
            directory = tmp_path_factory.mktemp(name)
            command = [sys.executable, "-m", "experiments.train"]
            flags = [f"--flagfile=flags/{name}.flags", f"--run_dir={directory}"]
            subprocess.run([*command, *flags], cwd=ROOT, check=True)
            runs[name] = load_run(directory)
        return runs[name]

    return run


def test_the_classifier_knows_digits():
    test = digits().test
    assert classifier().score(flat(test.images), test.labels) > 0.95
    _, on_real = shares_and_confidence(test.images)
    noise = np.random.default_rng(0).integers(0, 17, test.images.shape)
    _, on_noise = shares_and_confidence(noise)
    assert on_noise < 0.5 * on_real


@pytest.mark.parametrize(
    ("name", "most"),
    [("digits_flow", 2.05), ("digits_v_ade", 2.10), ("digits_av_ade", 2.35)],
)
def test_bits_per_dim(run_of, name, most):
    record = read_records(run_of(name).directory.metrics)[-1]
    assert record["split"] == "test"
    assert record["num_examples"] == 300
    assert record["value"] <= most


@pytest.mark.parametrize("name", ["digits_v_ade", "digits_av_ade"])
def test_the_code_is_used(run_of, name):
    run = run_of(name)
    assert read_records(run.directory.metrics)[-1]["kl"] >= 0.1
    model = run.model
    x = tf.constant(digits().test.images, tf.float32) + 0.5
    y, log_det = model.feature_map(x)
    z = encode(model, x - 0.5)
    own = model.feature_density(z).log_prob(y) + log_det
    others = model.feature_density(tf.roll(z, 1, 0)).log_prob(y) + log_det
    assert float(tf.reduce_mean(own - others)) > 1.0
    assert float(tf.reduce_mean(tf.cast(own > others, tf.float32))) > 0.8


def test_samples_cover_all_digits_and_look_like_them(run_of):
    images = sample(run_of("digits_av_ade").model, 1000, 1.0, 0).numpy()
    shares, confidence = shares_and_confidence(images)
    _, real_confidence = shares_and_confidence(digits().test.images)
    assert shares.min() >= 0.04, np.round(shares, 3)
    assert confidence >= 0.8 * real_confidence
