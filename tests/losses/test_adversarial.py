"""Tests of the adversarial losses against closed forms and numerical integrals."""

import numpy as np
import pytest
import scipy.integrate
import scipy.special
import scipy.stats
import tensorflow as tf

from ade_tf.losses import GENERATOR_LOSSES, discriminator_cross_entropy, log_ratio

_REAL = np.array([0.3, -2.0, 4.0, 1.1], "float32")
_FAKE = np.array([-0.7, 1.5, -3.0, 0.2], "float32")

_CLOSED_FORMS = {
    "log_ratio": lambda d: -np.mean(np.log(d / (1 - d))),
    "non_saturating": lambda d: -np.mean(np.log(d)),
}


def test_cross_entropy_of_moderate_logits():
    real = scipy.special.expit(_REAL.astype("float64"))
    fake = scipy.special.expit(_FAKE.astype("float64"))
    expected = -np.mean(np.log(real)) - np.mean(np.log(1 - fake))
    loss = discriminator_cross_entropy(tf.constant(_REAL), tf.constant(_FAKE))
    assert loss.shape == []
    np.testing.assert_allclose(loss, expected, rtol=1e-6)


def test_cross_entropy_of_a_blind_discriminator_is_two_ln_two():
    loss = discriminator_cross_entropy(tf.zeros([3]), tf.zeros([5]))
    np.testing.assert_allclose(loss, 2 * np.log(2), rtol=1e-6)


@pytest.mark.parametrize("logit", [-1e30, -1e4, -90.0, 90.0, 1e4, 1e30])
def test_cross_entropy_and_gradient_of_extreme_logits(logit):
    real, fake = tf.Variable([logit]), tf.Variable([-logit])
    with tf.GradientTape() as tape:
        loss = discriminator_cross_entropy(real, fake)
    expected = -2 * scipy.special.log_expit(np.float64(logit))
    np.testing.assert_allclose(loss, expected, rtol=1e-6, atol=1e-37)
    slope = scipy.special.expit(np.float64(-logit))
    gradients = tape.gradient(loss, [real, fake])
    np.testing.assert_allclose(gradients, [[-slope], [slope]], rtol=1e-5, atol=1e-37)


def test_cross_entropy_averages_each_side_by_itself():
    loss = discriminator_cross_entropy(tf.constant(_REAL[:1]), tf.constant(_FAKE))
    expected = -scipy.special.log_expit(_REAL[0]) - np.mean(
        scipy.special.log_expit(-_FAKE)
    )
    np.testing.assert_allclose(loss, expected, rtol=1e-6)


@pytest.mark.parametrize("name", GENERATOR_LOSSES)
def test_generator_losses_of_moderate_logits(name):
    expected = _CLOSED_FORMS[name](scipy.special.expit(_FAKE.astype("float64")))
    loss = GENERATOR_LOSSES[name](tf.constant(_FAKE))
    assert loss.shape == []
    np.testing.assert_allclose(loss, expected, rtol=1e-6)


@pytest.mark.parametrize("name", GENERATOR_LOSSES)
@pytest.mark.parametrize("logit", [-1e4, 1e4])
def test_generator_losses_of_extreme_logits(name, logit):
    expected = {"log_ratio": -logit, "non_saturating": max(0.0, -logit)}[name]
    variable = tf.Variable([logit])
    with tf.GradientTape() as tape:
        loss = GENERATOR_LOSSES[name](variable)
    np.testing.assert_allclose(loss, expected)
    slope = -1.0 if expected else 0.0
    np.testing.assert_allclose(tape.gradient(loss, variable), [slope], atol=1e-30)


def test_log_ratio_of_the_optimal_discriminator_is_the_divergence_of_the_model():
    model, data = scipy.stats.norm(0.5, 0.8), scipy.stats.norm(-0.2, 1.3)

    def integrand(x):
        return model.pdf(x) * (model.logpdf(x) - data.logpdf(x))

    divergence = scipy.integrate.quad(integrand, -10, 10)[0]
    # Equally likely points of the model, so that their mean is its expectation.
    samples = model.ppf((np.arange(200_000) + 0.5) / 200_000)
    d = data.pdf(samples) / (data.pdf(samples) + model.pdf(samples))
    loss = log_ratio(tf.constant(scipy.special.logit(d)))
    np.testing.assert_allclose(loss, divergence, atol=1e-4)


def test_optimal_discriminator_has_the_least_cross_entropy():
    model, data = scipy.stats.norm(0.5, 0.8), scipy.stats.norm(-0.2, 1.3)
    quantiles = (np.arange(20_000) + 0.5) / 20_000

    def loss(tilt, shift):
        logits = [
            (1 + tilt) * (data.logpdf(x) - model.logpdf(x)) + shift
            for x in (data.ppf(quantiles), model.ppf(quantiles))
        ]
        return discriminator_cross_entropy(*map(tf.constant, logits)).numpy()

    for change in [(0.05, 0.0), (-0.05, 0.0), (0.0, 0.05), (0.0, -0.05)]:
        assert loss(*change) > loss(0.0, 0.0)
