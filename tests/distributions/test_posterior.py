"""Tests of the posteriors, and of the KL to the prior."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from ade_tf.config.densities import POSTERIORS
from ade_tf.distributions import DiagonalGaussian, Normal, StandardNormal, kl_by_unit

_PARAMETERS = np.array([[0.3, -1.2, 2.0, 0.5, -0.7, 3.0], [0, 0, 0, 0, 0, 0]])


def prior_of(value):
    """Returns p(z) = N(0, I) of the values of one level."""
    (prior,) = StandardNormal([1]).level_densities((value,))
    return prior


def float64_prior():
    return prior_of(tf.zeros([1, 3], tf.float64))


CASES = [
    (name, shape)
    for name, line in POSTERIORS.items()
    for shape in (3, (2, 4, 3))
    if shape == 3 or "vector" not in line.traits
]


@pytest.mark.parametrize(("name", "shape"), CASES, ids=str)
def test_shapes_of_a_draw(name, shape):
    form = POSTERIORS[name](shape)
    latent = (shape,) if isinstance(shape, int) else shape

    @tf.function
    def draw(parameters, eps):
        density = form(parameters)
        drawn = density.from_noise(eps)
        return drawn, drawn.log_prob, kl_by_unit(density, drawn, prior_of(drawn.value))

    parameters = tf.zeros([5, *latent[:-1], form.parameters_size])
    drawn, log_prob, kl = draw(parameters, tf.random.normal([5, *latent]))
    assert drawn.value.shape == (5, *latent)
    # A log-det of a whole vector is one unit's.
    units = 1 if "vector" in POSTERIORS[name].traits else 3
    assert drawn.log_prob_by_unit.shape == kl.shape == (5, units)
    assert log_prob.shape == (5,)


@pytest.mark.parametrize(("name", "shape"), CASES, ids=str)
def test_parameters_of_zero_are_the_prior(name, shape):
    form = POSTERIORS[name](shape)
    latent = (shape,) if isinstance(shape, int) else shape
    eps = tf.random.normal([5, *latent])
    density = form(tf.zeros([5, *latent[:-1], form.parameters_size]))
    drawn = density.from_noise(eps)
    prior = prior_of(drawn.value)
    np.testing.assert_array_equal(drawn.value, eps)
    np.testing.assert_allclose(kl_by_unit(density, drawn, prior), 0.0, atol=1e-6)
    ratio = drawn.log_prob - prior.log_prob(drawn.value)
    np.testing.assert_allclose(ratio, 0.0, atol=1e-5)


def test_a_gaussian_draw_has_its_density_and_kl():
    form = DiagonalGaussian((2, 4, 3))
    parameters = np.random.default_rng(0).normal(size=[5, 2, 4, 6])
    eps = np.random.default_rng(1).normal(size=[5, 2, 4, 3])
    density = form(parameters)
    drawn = density.from_noise(eps)
    mean, raw = np.split(parameters, 2, axis=-1)
    scale = np.exp(5 * np.tanh(raw / 5))
    np.testing.assert_allclose(drawn.value, mean + scale * eps, rtol=1e-12)
    log_q = scipy.stats.norm.logpdf(drawn.value, mean, scale)
    np.testing.assert_allclose(drawn.log_prob, log_q.sum((1, 2, 3)), rtol=1e-9)
    np.testing.assert_allclose(drawn.log_prob_by_unit, log_q.sum((1, 2)), rtol=1e-9)
    kl = kl_by_unit(density, drawn, prior_of(drawn.value))
    exact = (mean**2 + scale**2 - 1) / 2 - np.log(scale)
    np.testing.assert_allclose(kl, exact.sum((1, 2)), rtol=1e-9)


def test_density_is_the_product_of_normal_densities():
    mean, raw = np.split(_PARAMETERS, 2, axis=-1)
    z = np.array([0.1, -0.4, 1.7])
    expected = scipy.stats.norm.logpdf(z, mean, np.exp(5 * np.tanh(raw / 5))).sum(-1)
    density = DiagonalGaussian(3)(_PARAMETERS)
    for log_prob in (density.log_prob(z), density.distribution.log_prob(z)):
        np.testing.assert_allclose(log_prob, expected, rtol=1e-12)


def test_prior_is_standard_normal():
    z = np.array([[0.1, -0.4, 1.7]])
    expected = scipy.stats.norm.logpdf(z).sum(-1)
    np.testing.assert_allclose(float64_prior().log_prob(z), expected, rtol=1e-12)
    whole = StandardNormal([3]).density()
    np.testing.assert_allclose(whole.log_prob(tf.cast(z, tf.float32)), expected, 1e-6)


def test_a_prior_of_one_vector_has_one_level():
    class Shifted(StandardNormal.__base__):
        def density(self, condition=None):
            return Normal(tf.ones([1, 3]), tf.ones([]))

    (density,) = Shifted().level_densities((tf.zeros([2, 3]),))
    np.testing.assert_array_equal(density.mean(), np.ones([1, 3]))
    with pytest.raises(ValueError, match="one vector z. Received: 2 levels.*Shifted"):
        Shifted().level_densities((tf.zeros([2, 3]), tf.zeros([2, 3])))


def test_kl_is_the_closed_form():
    mean, raw = np.split(_PARAMETERS, 2, axis=-1)
    log_scale = 5 * np.tanh(raw / 5)
    terms = (mean**2 + np.exp(2 * log_scale) - 1) / 2 - log_scale
    kl = DiagonalGaussian(3)(_PARAMETERS).kl_by_unit(float64_prior()).numpy()
    np.testing.assert_allclose(kl, terms, rtol=1e-12, atol=1e-14)
    assert not kl[1].any()


def test_kl_to_another_gaussian_is_the_closed_form():
    q = Normal(tf.constant([[0.3, -1.0]], tf.float64), np.float64([[0.5, 2.0]]))
    p = Normal(tf.constant([[1.0, 0.4]], tf.float64), np.float64([[1.5, 0.7]]))
    m, s, n, t = np.array([0.3, -1.0]), np.array([0.5, 2.0]), [1.0, 0.4], [1.5, 0.7]
    exact = np.log(t / s) + (s**2 + (m - n) ** 2) / (2 * np.square(t)) - 0.5
    np.testing.assert_allclose(q.kl_by_unit(p), [exact], rtol=1e-12)
    assert q.kl_by_unit(object()) is None


def test_kl_agrees_with_monte_carlo():
    posterior, prior = DiagonalGaussian(3)(_PARAMETERS[:1]), float64_prior()
    noise = np.random.default_rng(0).standard_normal([200_000, 1, 3])
    z = posterior.mean() + posterior.stddev() * noise
    ratios = posterior.distribution.log_prob(z) - prior.distribution.log_prob(z)
    error = np.std(ratios) / np.sqrt(len(noise))
    kl = np.sum(posterior.kl_by_unit(prior))
    assert error < 0.02 * kl
    assert abs(np.mean(ratios) - kl) < 4 * error


@pytest.mark.parametrize("raw", [-1e30, -50.0, 50.0, 1e30])
def test_scale_is_bounded_on_both_sides(raw):
    posterior = DiagonalGaussian(1)(tf.constant([[0.0, raw]]))
    np.testing.assert_allclose(
        np.log(posterior.stddev()), [[np.copysign(5.0, raw)]], rtol=1e-5
    )
    assert np.isfinite(posterior.kl_by_unit(prior_of(tf.zeros([1, 1])))).all()


def test_kl_sends_gradient_to_every_parameter():
    parameters = tf.Variable(_PARAMETERS[:1])
    with tf.GradientTape() as tape:
        kl = DiagonalGaussian(3)(parameters).kl_by_unit(float64_prior())
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
