"""Factoring-out: which channels go where, and the learned prior."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from ade_tf import bijectors as adb
from ade_tf.networks.conditioner import CONDITIONERS
from tests.helpers.bijectors import perturb

tfb, tfd = tfp.bijectors, tfp.distributions

SHAPE = (2, 3, 5)


def make(inner=None, prior=True):
    network = CONDITIONERS["conv"]((2, 3, 3), 4, width=4) if prior else None
    inner = tfb.Scale(-2.0) if inner is None else inner
    return adb.FactorOut(SHAPE, inner, prior_network=network)


def images():
    return tf.constant(np.random.default_rng(5).normal(size=(4, *SHAPE)), "float32")


@pytest.mark.parametrize("prior", [False, True])
def test_the_first_half_goes_through_inner_and_the_rest_stays_in_place(prior):
    # A network that starts at zero gives a standard normal: the rest is left alone.
    bijector = make(prior=prior)
    x = images()
    y, log_det = bijector.inverse_and_log_det(x)
    np.testing.assert_allclose(y[..., :3], x[..., :3] / -2.0, rtol=1e-6)
    np.testing.assert_array_equal(y[..., 3:], x[..., 3:])
    np.testing.assert_allclose(log_det, np.full(4, -18 * np.log(2.0)), rtol=1e-6)


def test_the_prior_is_a_conditional_gaussian_of_the_image_side():
    network = CONDITIONERS["conv"]((2, 3, 3), 4, width=4)
    bijector = perturb(
        adb.FactorOut(SHAPE, tfb.Scale(-2.0), prior_network=network), scale=0.3
    )
    x = images()
    y, log_det = bijector.inverse_and_log_det(x)
    log_prob = tf.reduce_sum(tfd.Normal(0.0, 1.0).log_prob(y), [1, 2, 3]) + log_det

    mean, raw = np.split(network(x[..., :3]).numpy(), 2, axis=-1)
    assert np.ptp(mean) > 0.01 and np.ptp(raw) > 0.01
    conditional = tfd.Normal(mean, np.exp(2 * np.tanh(raw / 2))).log_prob(x[..., 3:])
    kept = tfd.Normal(0.0, 2.0).log_prob(x[..., :3])
    expected = sum(tf.reduce_sum(part, [1, 2, 3]) for part in (conditional, kept))
    np.testing.assert_allclose(log_prob, expected, rtol=1e-5)


def test_initialisation_reaches_the_inner_bijector():
    norm = adb.ActNorm((2, 3, 3))
    bijector = make(norm)
    y = bijector.initialize(3.0 * images() + 1.0)
    np.testing.assert_allclose(np.mean(y[..., :3], (0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(np.std(y[..., :3], (0, 1, 2)), 1, atol=1e-5)
    assert norm.initialized == 1


@pytest.mark.parametrize(
    "build, message",
    [
        (lambda: adb.FactorOut((2, 2, 1), tfb.Scale(1.0)), r"at least 2.*\(2, 2, 1\)"),
        (
            lambda: adb.FactorOut(SHAPE, tfb.Scale(1.0), log_scale_bound=0),
            "positive.*log_scale_bound=0",
        ),
    ],
)
def test_errors_state_the_rule(build, message):
    with pytest.raises(ValueError, match=message):
        build()
