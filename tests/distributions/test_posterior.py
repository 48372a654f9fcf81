"""Tests of the posteriors."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from ade_tf.distributions import POSTERIORS, DiagonalGaussian

_SMALL = {"iaf": dict(iaf_steps=2, iaf_width=5)}
_PARAMETERS = np.array([[0.3, -1.2, 2.0, 0.5, -0.7, 3.0], [0, 0, 0, 0, 0, 0]])


@pytest.mark.parametrize("shape", [3, (2, 4, 3)], ids=str)
@pytest.mark.parametrize("name", POSTERIORS)
def test_shapes_of_a_draw(name, shape):
    form = POSTERIORS[name](shape, **_SMALL.get(name, {}))
    latent = (shape,) if isinstance(shape, int) else shape

    @tf.function
    def draw(parameters, eps):
        return form.draw(parameters, eps)

    parameters = tf.zeros([5, *latent[:-1], form.parameters_size])
    drawn = draw(parameters, tf.random.normal([5, *latent]))
    assert drawn.z.shape == (5, *latent)
    assert drawn.kl_nats.shape == (5, 3)
    assert drawn.log_ratio_nats.shape == (5,)


@pytest.mark.parametrize("shape", [3, (2, 4, 3)], ids=str)
@pytest.mark.parametrize("name", POSTERIORS)
def test_parameters_of_zero_are_the_prior(name, shape):
    form = POSTERIORS[name](shape, **_SMALL.get(name, {}))
    latent = (shape,) if isinstance(shape, int) else shape
    eps = tf.random.normal([5, *latent])
    drawn = form.draw(tf.zeros([5, *latent[:-1], form.parameters_size]), eps)
    np.testing.assert_array_equal(drawn.z, eps)
    np.testing.assert_allclose(drawn.kl_nats, 0.0, atol=1e-6)
    np.testing.assert_allclose(drawn.log_ratio_nats, 0.0, atol=1e-6)


def test_a_gaussian_draw_has_its_densities_and_kl():
    form = DiagonalGaussian((2, 4, 3))
    parameters = np.random.default_rng(0).normal(size=[5, 2, 4, 6])
    eps = np.random.default_rng(1).normal(size=[5, 2, 4, 3])
    drawn = form.draw(parameters, eps)
    posterior, prior = form(parameters), form.prior(tf.float64)
    ratio = posterior.log_prob(drawn.z) - prior.log_prob(drawn.z)
    np.testing.assert_allclose(
        drawn.log_ratio_nats, tf.reduce_sum(ratio, [1, 2]), rtol=1e-9
    )
    np.testing.assert_allclose(
        tf.reduce_sum(drawn.kl_nats, 1),
        tf.reduce_sum(form.kl_nats(posterior), [1, 2]),
        rtol=1e-12,
    )
    np.testing.assert_allclose(
        drawn.z, posterior.mean() + posterior.stddev() * eps, rtol=1e-12
    )


def test_density_is_the_product_of_normal_densities():
    mean, raw = np.split(_PARAMETERS, 2, axis=-1)
    z = np.array([0.1, -0.4, 1.7])
    expected = scipy.stats.norm.logpdf(z, mean, np.exp(5 * np.tanh(raw / 5))).sum(-1)
    np.testing.assert_allclose(
        DiagonalGaussian(3)(_PARAMETERS).log_prob(z), expected, rtol=1e-12
    )


def test_prior_is_standard_normal():
    z = np.array([[0.1, -0.4, 1.7]])
    np.testing.assert_allclose(
        DiagonalGaussian(3).prior(tf.float64).log_prob(z),
        scipy.stats.norm.logpdf(z).sum(-1),
        rtol=1e-12,
    )


def test_kl_is_the_closed_form():
    mean, raw = np.split(_PARAMETERS, 2, axis=-1)
    log_scale = 5 * np.tanh(raw / 5)
    terms = (mean**2 + np.exp(2 * log_scale) - 1) / 2 - log_scale
    form = DiagonalGaussian(3)
    kl = form.kl_nats(form(_PARAMETERS)).numpy()
    np.testing.assert_allclose(kl, terms.sum(-1), rtol=1e-12, atol=1e-14)
    assert kl[1] == 0.0


def test_kl_agrees_with_monte_carlo():
    form = DiagonalGaussian(3)
    posterior = form(_PARAMETERS[:1])
    noise = np.random.default_rng(0).standard_normal([200_000, 1, 3])
    z = posterior.mean() + posterior.stddev() * noise
    ratios = posterior.log_prob(z) - form.prior(tf.float64).log_prob(z)
    error = np.std(ratios) / np.sqrt(len(noise))
    kl = form.kl_nats(posterior).numpy()[0]
    assert error < 0.02 * kl
    assert abs(np.mean(ratios) - kl) < 4 * error


@pytest.mark.parametrize("raw", [-1e30, -50.0, 50.0, 1e30])
def test_scale_is_bounded_on_both_sides(raw):
    form = DiagonalGaussian(1)
    posterior = form(tf.constant([[0.0, raw]]))
    np.testing.assert_allclose(
        np.log(posterior.stddev()), [[np.copysign(5.0, raw)]], rtol=1e-5
    )
    assert np.isfinite(form.kl_nats(posterior)).all()


def test_kl_sends_gradient_to_every_parameter():
    form = DiagonalGaussian(3)
    parameters = tf.Variable(_PARAMETERS[:1])
    with tf.GradientTape() as tape:
        kl = form.kl_nats(form(parameters))
    mean, raw = np.split(_PARAMETERS[:1], 2, axis=-1)
    slope = 1 / np.cosh(raw / 5) ** 2
    expected = np.concatenate(
        [mean, (np.exp(10 * np.tanh(raw / 5)) - 1) * slope], axis=-1
    )
    np.testing.assert_allclose(tape.gradient(kl, parameters), expected, rtol=1e-9)


def test_sizes_are_checked():
    with pytest.raises(ValueError, match="at least 1 dimension.*latent_shape=0"):
        DiagonalGaussian(0)
    with pytest.raises(ValueError, match=r"6 values.*parameters.shape=\(2, 5\)"):
        DiagonalGaussian(3)(tf.zeros([2, 5]))
