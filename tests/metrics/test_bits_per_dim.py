"""Tests of bits per dimension."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf
import tensorflow_probability as tfp

from ade_tf.metrics import bits_per_dim, mean_and_standard_error

tfd = tfp.distributions
tfb = tfp.bijectors


@pytest.mark.parametrize(
    ("levels", "bits"), [(2, 1.0), (17, 4.08746284125034), (256, 8)]
)
def test_uniform_model_has_exactly_the_bits_of_its_levels(levels, bits):
    """A real density on [0, levels)^D, through the nats and back."""
    edges = tf.zeros([8, 8, 3], tf.float64), tf.fill([8, 8, 3], np.float64(levels))
    images = np.random.default_rng(0).integers(levels, size=[5, 8, 8, 3]) + 0.5
    log_prob = tfd.Independent(tfd.Uniform(*edges), 3).log_prob(images)
    np.testing.assert_allclose(bits_per_dim(log_prob, 192), [bits] * 5, rtol=1e-14)


@pytest.mark.parametrize("scale", [1 / 256, 2 / 255, 7.0])
def test_rescaling_inside_the_density_cancels(scale):
    """The scale of a model's own space is in its log-det and changes no bits."""
    images = np.random.default_rng(0).normal(100, 9, size=[4, 6])
    expected = scipy.stats.norm.logpdf(images, 100, 9).sum(-1) / (-6 * np.log(2))
    inner = tfd.Normal(np.full(6, 100 * scale), 9 * scale)
    model = tfd.TransformedDistribution(
        tfd.Independent(inner, 1), tfb.Scale(np.float64(1 / scale))
    )
    np.testing.assert_allclose(
        bits_per_dim(model.log_prob(images), 6), expected, rtol=1e-12
    )


def test_uniform_bits_bound_the_quantised_likelihood():
    """With uniform noise the density's bits are at least those of the pixel values."""
    values = np.arange(17)
    cells = np.diff(scipy.stats.norm.cdf(np.arange(18), 8, 3))
    cells /= cells.sum()
    u = (np.arange(100) + 0.5) / 100
    log_density = scipy.stats.norm.logpdf(values[:, None] + u, 8, 3).mean(1)
    discrete = -(cells * np.log2(cells)).sum()
    continuous = (cells * bits_per_dim(log_density, 1)).sum()
    assert discrete <= continuous < discrete + 0.02


def test_keeps_the_kind_and_shape_it_is_given():
    assert bits_per_dim(-np.log(2.0) * 12, 12) == 1.0
    log_prob = tf.constant([[-1.0, 2.0]])
    np.testing.assert_allclose(
        bits_per_dim(log_prob, 3), -log_prob / np.log(8), rtol=1e-6
    )


@pytest.mark.parametrize("values", [[1.0, 2.0, 4.0, 4.5], np.float32([[1, 2], [3, 7]])])
def test_mean_and_standard_error(values):
    mean, error = mean_and_standard_error(values, "bits_per_dim")
    assert mean == pytest.approx(np.mean(values))
    assert error == pytest.approx(scipy.stats.sem(np.ravel(values)))


def test_mean_is_summed_in_float64():
    values = np.concatenate([np.float32([2**24]), np.ones(1000, "float32")])
    mean, _ = mean_and_standard_error(values, "bits_per_dim")
    assert mean == (2**24 + 1000) / 1001


def test_one_value_has_no_standard_error():
    assert mean_and_standard_error([2.5], "bits_per_dim") == (2.5, None)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_fails_by_name(bad):
    with pytest.raises(ValueError, match=rf"kl_nats.*finite.*kl_nats\[1\]={bad}.*2 of"):
        mean_and_standard_error([1.0, bad, 2.0, np.nan], "kl_nats")


def test_impossible_arguments_are_refused():
    with pytest.raises(ValueError, match="at least 1 dimension.*dims=0"):
        bits_per_dim(-1.0, 0)
    with pytest.raises(ValueError, match="recall needs at least one value"):
        mean_and_standard_error([], "recall")
