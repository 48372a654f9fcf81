"""Densities of features, also behind a map, by hand and by numerical integrals."""

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import tensorflow as tf
import tensorflow_probability as tfp

from ade_tf.distributions import LowRankNormal, feature_density
from ade_tf.networks import LowRankScale
from ade_tf.randomness import BatchDraws

tfb = tfp.bijectors
tfd = tfp.distributions

_RNG = np.random.default_rng(0)
_MU = _RNG.normal(size=[2, 4, 3, 3])
_X = _RNG.normal(size=[2, 4, 3, 3])


def image_density(mu, scale, feature_map):
    """Returns p(x | z), as `LatentVariableModel.image_distribution` makes it."""
    mu = tf.convert_to_tensor(mu)
    if not isinstance(scale, LowRankScale):
        scale = tf.convert_to_tensor(scale, mu.dtype)
    features = feature_density(mu, scale).distribution
    return tfd.TransformedDistribution(features, feature_map)


@pytest.mark.parametrize(
    "sigma_shape", [(), (3,), (4, 3, 3), (1, 1, 1, 3), (2, 1, 1, 1), (2, 4, 3, 3)]
)
def test_affine_map_by_hand_for_every_form_of_sigma(sigma_shape):
    sigma = np.asarray(_RNG.uniform(0.5, 2.0, sigma_shape))
    scale = _RNG.uniform(0.5, 2.0, [4, 3, 3])
    feature_map = tfb.Chain([tfb.Shift(tf.constant(0.7, tf.float64)), tfb.Scale(scale)])
    density = image_density(_MU, sigma, feature_map)
    normal = scipy.stats.norm.logpdf((_X - 0.7) / scale, _MU, sigma)
    expected = normal.sum((1, 2, 3)) - np.log(scale).sum()
    log_prob = density.log_prob(_X)
    assert log_prob.shape == [2]
    np.testing.assert_allclose(log_prob, expected, rtol=1e-12)


def test_log_det_of_one_scalar_scale_counts_every_dimension():
    density = image_density(_MU, 1.0, tfb.Scale(tf.constant(2.0, tf.float64)))
    normal = scipy.stats.norm.logpdf(_X / 2, _MU).sum((1, 2, 3))
    np.testing.assert_allclose(
        density.log_prob(_X), normal - 36 * np.log(2), rtol=1e-12
    )


def test_identity_map_leaves_the_gaussian():
    density = image_density(_MU, 0.5, tfb.Identity())
    expected = scipy.stats.norm.logpdf(_X, _MU, 0.5).sum((1, 2, 3))
    np.testing.assert_allclose(density.log_prob(_X), expected, rtol=1e-12)


@pytest.mark.parametrize("factors_shape", [(4, 3, 3, 2), (2, 4, 3, 3, 2)], ids=str)
@pytest.mark.parametrize("sigma_shape", [(), (3,), (4, 3, 3), (2, 4, 3, 3)], ids=str)
def test_low_rank_covariance_is_scipys(sigma_shape, factors_shape):
    sigma = np.asarray(_RNG.uniform(0.5, 2.0, sigma_shape))
    factors = _RNG.normal(size=factors_shape)
    scale = LowRankScale(tf.constant(sigma), tf.constant(factors))
    features = feature_density(tf.constant(_MU), scale).distribution
    assert features.batch_shape == [2] and features.event_shape == [4, 3, 3]
    expected = []
    for n in range(2):
        w = np.broadcast_to(factors, (2, 4, 3, 3, 2))[n].reshape(36, 2)
        variance = np.broadcast_to(sigma**2, _MU.shape)[n].ravel()
        covariance = np.diag(variance) + w @ w.T
        normal = scipy.stats.multivariate_normal(_MU[n].ravel(), covariance)
        expected.append(normal.logpdf(_X[n].ravel()))
    np.testing.assert_allclose(features.log_prob(tf.constant(_X)), expected, rtol=1e-9)
    doubled = image_density(_MU, scale, tfb.Scale(tf.constant(2.0, tf.float64)))
    np.testing.assert_allclose(
        doubled.log_prob(2.0 * _X), np.array(expected) - 36 * np.log(2), rtol=1e-9
    )


def test_low_rank_samples_have_their_covariance():
    factors = _RNG.normal(size=[1, 1, 3, 2])
    sigma = tf.constant([0.5, 1.0, 2.0], tf.float64)
    density = LowRankNormal(_MU[:, :1, :1], sigma, factors)
    drawn = density.sample(40_000, seed=[1, 2])
    assert drawn.shape == [40_000, 2, 1, 1, 3]
    w = factors.reshape(3, 2)
    expected = np.diag([0.25, 1.0, 4.0]) + w @ w.T
    for n in range(2):
        found = np.cov(drawn[:, n, 0, 0].numpy().T)
        np.testing.assert_allclose(found, expected, rtol=0.05, atol=0.05)
    np.testing.assert_allclose(
        np.mean(drawn, 0), density.mean(), atol=6 * np.sqrt(expected.max() / 40_000)
    )


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_a_low_rank_draw_has_its_covariance_and_density(temperature):
    factors = _RNG.normal(size=[1, 1, 3, 2]).astype(np.float32)
    sigma = tf.constant([0.5, 1.0, 2.0])
    mean = tf.repeat(tf.constant(_MU[:1, :1, :1], tf.float32), 40_000, 0)
    density = feature_density(mean, LowRankScale(sigma, tf.constant(factors)))
    value, _ = drawn = density.draw(BatchDraws(3, 40_000), temperature)
    w = factors.reshape(3, 2)
    expected = temperature**2 * (np.diag([0.25, 1.0, 4.0]) + w @ w.T)
    found = np.cov(value[:, 0, 0].numpy().T)
    np.testing.assert_allclose(found, expected, rtol=0.05, atol=0.05 * temperature)
    np.testing.assert_allclose(drawn.log_prob, density.log_prob(value), rtol=1e-6)


def test_low_rank_covariance_keeps_its_digits_in_float32():
    # Factors far above a sigma at its floor, e^-4.
    factors = _RNG.normal(scale=3.0, size=[8, 8, 1, 8]).astype(np.float32)
    scale = LowRankScale(tf.fill([8, 8, 1], np.float32(np.exp(-4.0))), factors)
    y = (factors @ _RNG.normal(size=8) + 0.02 * _RNG.normal(size=[8, 8, 1]))[None]
    y = y.astype(np.float32)
    covariance = np.exp(-8.0) * np.eye(64) + (
        factors.reshape(64, 8).astype(np.float64) @ factors.reshape(64, 8).T
    )
    exact = scipy.stats.multivariate_normal(np.zeros(64), covariance).logpdf(y.ravel())
    found = feature_density(tf.zeros([1, 8, 8, 1]), scale).log_prob(y)
    np.testing.assert_allclose(found, [exact], rtol=1e-4)


def test_sample_is_the_map_of_a_gaussian():
    density = image_density(_MU, 0.5, tfb.Exp())
    samples = density.sample(4000, seed=[1, 2])
    assert samples.shape == [4000, 2, 4, 3, 3]
    errors = (np.log(samples).mean(0) - _MU) / (0.5 / np.sqrt(4000))
    assert np.abs(errors).max() < 5


def _curved(scale, tilt):
    """A nonlinear map of [1, 1, 2] images that mixes the two channels."""
    return tfb.Chain(
        [
            tfb.SinhArcsinh(skewness=np.float64(0.3), tailweight=np.float64(1.1)),
            tfb.ScaleMatvecTriL(np.array([[scale, 0.0], [tilt, 0.8]])),
            tfb.SinhArcsinh(skewness=np.float64(-0.2), tailweight=np.float64(0.8)),
        ]
    )


@pytest.mark.parametrize(("scale", "tilt"), [(1.0, 0.0), (0.6, -0.9)])
def test_density_of_two_dimensions_integrates_to_one(scale, tilt):
    mu = tf.constant([[[[0.3, -0.5]]]], tf.float64)
    sigma = tf.constant([0.7, 1.1], tf.float64)
    density = image_density(mu, sigma, _curved(scale, tilt))
    axis = np.linspace(-25.0, 25.0, 801)
    x = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 1, 1, 1, 2)
    values = np.exp(density.log_prob(x)).reshape(801, 801)
    rows = scipy.integrate.trapezoid(values, axis)
    assert abs(scipy.integrate.trapezoid(rows, axis) - 1) < 1e-5


def test_density_of_one_dimension_integrates_to_one():
    mu = tf.fill([1, 1, 1, 1], tf.constant(-0.2, tf.float64))
    density = image_density(mu, 0.8, tfb.Chain([tfb.Sigmoid(), tfb.Scale(mu[0] * 3)]))
    x = np.linspace(0, 1, 20_001)[1:-1]
    values = np.exp(density.log_prob(x.reshape(-1, 1, 1, 1, 1)))[:, 0]
    assert abs(scipy.integrate.trapezoid(values, x) - 1) < 1e-6


def test_unknown_batch_size_in_a_graph():
    @tf.function(input_signature=[tf.TensorSpec([None, 4, 3, 3], tf.float64)] * 2)
    def log_prob(mu, x):
        return image_density(mu, tf.ones([3], tf.float64), tfb.Exp()).log_prob(x)

    x = np.exp(_X)
    expected = scipy.stats.lognorm.logpdf(x, 1.0, scale=np.exp(_MU)).sum((1, 2, 3))
    np.testing.assert_allclose(log_prob(_MU, x), expected, rtol=1e-10)
