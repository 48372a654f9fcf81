"""Tests of the adversaries' losses as functions of logits."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit, log_expit

from ade_tf.objectives import ADVERSARIES

_REAL = np.array([0.3, -2.0, 4.0, 1.1])
_FAKE = np.array([-0.7, 1.5, -3.0, 0.2])


def _cross_entropy(real, fake):
    return -np.mean(np.log(expit(real))) - np.mean(np.log(1 - expit(fake)))


def _relu(t):
    return np.maximum(t, 0)


# name -> loss of the discriminator (real, fake), loss of the generator (real, fake).
FORMULAS = {
    "log_ratio": (
        _cross_entropy,
        lambda real, fake: -np.mean(np.log(expit(fake) / (1 - expit(fake)))),
    ),
    "saturating": (
        _cross_entropy,
        lambda real, fake: np.mean(np.log(1 - expit(fake))),
    ),
    "non_saturating": (
        _cross_entropy,
        lambda real, fake: -np.mean(np.log(expit(fake))),
    ),
    "hinge": (
        lambda real, fake: np.mean(_relu(1 - real)) + np.mean(_relu(1 + fake)),
        lambda real, fake: -np.mean(fake),
    ),
    "least_squares": (
        lambda real, fake: 0.5 * np.mean((real - 1) ** 2) + 0.5 * np.mean(fake**2),
        lambda real, fake: 0.5 * np.mean((fake - 1) ** 2),
    ),
    "wasserstein": (
        lambda real, fake: np.mean(fake) - np.mean(real),
        lambda real, fake: -np.mean(fake),
    ),
    "relativistic": (
        lambda real, fake: np.mean(np.log1p(np.exp(fake - real))),
        lambda real, fake: np.mean(np.log1p(np.exp(real - fake))),
    ),
}
every_adversary = pytest.mark.parametrize("name", ADVERSARIES)


@every_adversary
def test_losses_are_the_formulas(name):
    adversary = ADVERSARIES[name]
    discriminator, generator = FORMULAS[name]
    real, fake = tf.constant(_REAL), tf.constant(_FAKE)
    found = adversary.discriminator_loss(real, fake)
    assert found.shape == []
    np.testing.assert_allclose(found, discriminator(_REAL, _FAKE), rtol=1e-12)
    found = adversary.generator_loss(fake, real)
    assert found.shape == []
    np.testing.assert_allclose(found, generator(_REAL, _FAKE), rtol=1e-12)
    if not adversary.paired:
        np.testing.assert_array_equal(adversary.generator_loss(fake), found)


@every_adversary
def test_sides_of_different_sizes_count_alike(name):
    if ADVERSARIES[name].paired:
        pytest.skip("Pairs have as many samples as real images.")
    real, fake = tf.constant(_REAL[:1]), tf.constant(_FAKE)
    found = ADVERSARIES[name].discriminator_loss(real, fake)
    expected = FORMULAS[name][0](_REAL[:1], _FAKE)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@every_adversary
@pytest.mark.parametrize("size", [1e2, 1e4])
@pytest.mark.parametrize("right", [True, False])
def test_extreme_logits_keep_losses_and_gradients_finite(name, size, right):
    adversary = ADVERSARIES[name]
    real = tf.Variable([size if right else -size])
    fake = tf.Variable([-size if right else size])
    for loss in (adversary.discriminator_loss, adversary.generator_loss):
        with tf.GradientTape() as tape:
            value = loss(real, fake)
        assert np.isfinite(value)
        gradients = tape.gradient(value, [real, fake], unconnected_gradients="zero")
        assert np.isfinite(gradients).all()


@pytest.mark.parametrize("logit", [-1e30, -1e4, -90.0, 90.0, 1e4, 1e30])
def test_cross_entropy_and_gradient_of_extreme_logits(logit):
    real, fake = tf.Variable([logit]), tf.Variable([-logit])
    with tf.GradientTape() as tape:
        loss = ADVERSARIES["log_ratio"].discriminator_loss(real, fake)
    expected = -2 * log_expit(np.float64(logit))
    np.testing.assert_allclose(loss, expected, rtol=1e-6, atol=1e-37)
    slope = expit(np.float64(-logit))
    gradients = tape.gradient(loss, [real, fake])
    np.testing.assert_allclose(gradients, [[-slope], [slope]], rtol=1e-5, atol=1e-37)


def test_the_log_ratio_is_the_sum_of_the_two_others():
    """And D and 1 - D are the shares of its gradient that they keep."""
    t = tf.Variable(_FAKE)
    slopes = {}
    for name in ("log_ratio", "saturating", "non_saturating"):
        with tf.GradientTape() as tape:
            loss = ADVERSARIES[name].generator_loss(t)
        slopes[name] = 4 * tape.gradient(loss, t).numpy()
    np.testing.assert_allclose(slopes["log_ratio"], -np.ones(4), rtol=1e-12)
    np.testing.assert_allclose(slopes["saturating"], -expit(_FAKE), rtol=1e-12)
    np.testing.assert_allclose(slopes["non_saturating"], -expit(-_FAKE), rtol=1e-12)
