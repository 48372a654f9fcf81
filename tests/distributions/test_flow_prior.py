"""A learned prior: its density, its draws, and the KL that it is given."""

import numpy as np
import pytest
import scipy.integrate
import tensorflow as tf

from ade_tf.distributions import DiagonalGaussian, StandardNormal, kl_by_unit
from ade_tf.distributions.flow_prior import AutoregressivePrior
from ade_tf.randomness import BatchDraws
from tests.helpers.models import batch, bound_terms, log_weights, perturb, tiny_model


def prior(shape=(2,), scale=0.3, **keywords):
    made = AutoregressivePrior(shape, **{"prior_width": 8, **keywords})
    perturb(made, scale=scale)
    return made


@pytest.mark.parametrize("coupling", ["affine", "spline", "sigmoidal"])
def test_the_density_integrates_to_one(coupling):
    density = prior(prior_coupling=coupling, prior_steps=2).density()
    axis = np.linspace(-20, 20, 801)
    z = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2).astype(np.float32)
    values = np.exp(density.log_prob(z)).reshape(801, 801)
    rows = scipy.integrate.trapezoid(values, axis)
    assert scipy.integrate.trapezoid(rows, axis) == pytest.approx(1.0, abs=2e-3)


def test_draws_have_the_moments_of_the_density():
    density = prior().density()
    drawn = density.draw(BatchDraws(0, 20_000))
    np.testing.assert_allclose(drawn.log_prob, density.log_prob(drawn.value), atol=1e-4)
    axis = np.linspace(-8, 8, 321)
    z = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2).astype(np.float32)
    weights = np.exp(density.log_prob(z))
    mean = (weights[:, None] * z).sum(0) / weights.sum()
    found = drawn.value.numpy().mean(0)
    np.testing.assert_allclose(found, mean, atol=5 * drawn.value.numpy().std() / 141)


def test_a_new_prior_is_the_standard_normal():
    z = np.random.default_rng(0).normal(size=[5, 3]).astype(np.float32)
    new = AutoregressivePrior((3,)).density().log_prob(z)
    np.testing.assert_allclose(
        new, StandardNormal((3,)).density().log_prob(z), rtol=1e-5
    )


def test_the_kl_is_the_plain_estimate_in_the_mean_and_varies_less():
    density = prior((2,), scale=0.1).density()
    count = 100_000
    posterior = DiagonalGaussian(2)(tf.repeat([[0.5, -0.3, -0.2, 0.1]], count, 0))
    eps = tf.constant(np.random.default_rng(1).normal(size=[count, 2]), tf.float32)
    drawn = posterior.from_noise(eps)
    controlled = kl_by_unit(posterior, drawn, density).numpy().ravel()
    plain = (drawn.log_prob - density.log_prob(drawn.value)).numpy()
    error = (controlled - plain).std() / np.sqrt(count)
    assert abs(controlled.mean() - plain.mean()) < 4 * error
    assert controlled.std() < 0.8 * plain.std()


def test_a_model_with_it_scores_and_samples():
    model = tiny_model("v_ade", prior="autoregressive", prior_width=8)
    images = batch()["image"]
    terms = bound_terms(model, images, 0, tf.range(8))
    assert terms["kl"].units_nats[0].shape == (8, 1)
    weights = log_weights(model, images, 0, tf.range(8))
    assert np.isfinite(weights).all()
    standard = tiny_model("v_ade")
    assert (model.sample(4) != standard.sample(4)).any()
    # The very draw counts in the weights, not the mean that the bound has.
    found = terms.log_weights_nats()
    np.testing.assert_allclose(found, weights, rtol=1e-5)
