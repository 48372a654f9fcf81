"""Temperature: it reaches every level, and is exact where the log-det is constant."""

import math

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from ade_tf import bijectors
from ade_tf.config import RunConfig
from ade_tf.models import build_model
from tests.helpers.bijectors import jacobian_log_det, perturb
from tests.helpers.models import perturb as perturb_model
from tests.helpers.models import sample, tiny_config


@pytest.mark.parametrize("factor_out", [True, False])
def test_it_scales_every_feature_of_a_multi_scale_flow(factor_out):
    """Factored-out parts too, whose learned mean and scale depend on the others."""
    settings = dict(flow_steps=(2, 1), flow_factor_out=factor_out, logit_alpha=0.0)
    model = build_model(tiny_config("flow", **settings), (8, 8, 1), 256)
    perturb_model(model)
    cold, warm = (
        model.feature_map(sample(model, 200, temperature, 0) + 0.5)[0]
        for temperature in (0.2, 0.4)
    )
    np.testing.assert_allclose(np.std(cold, 0), 0.2, atol=0.05)
    # Samples are floored to their levels, 1 / 64 wide here.
    assert np.max(np.mean(np.abs(warm - 2.0 * cold), 0)) < 0.04


@pytest.mark.parametrize("noise", [False, True])
def test_it_scales_z_and_the_decoders_noise(noise):
    """A decoder made linear, so that samples are linear in the draws."""
    settings = dict(network="mlp", latent_size=2)
    config = RunConfig.from_flat(dict(preset="vae", **settings))
    model = build_model(config, (1, 1, 2), 0)
    mean, _ = model.decoder(tf.zeros([1, 2]))
    cold, warm = (sample(model, 50, t, 0, noise) for t in (1e-3, 2e-3))
    assert np.std(cold) > 0
    np.testing.assert_allclose(warm - mean, 2.0 * (cold - mean), rtol=0.02, atol=1e-6)


FLOWS = {
    "additive": (dict(coupling="additive"), True),
    "additive with learned priors": (
        dict(coupling="additive", learned_prior=True),
        False,
    ),
    "affine": (dict(coupling="affine"), False),
}


@pytest.mark.parametrize("name", FLOWS)
def test_the_law_at_a_temperature_is_a_power_of_the_density(name):
    """ln p_T = ln p / T^2 + const, with log-dets by automatic differentiation."""
    settings, exact = FLOWS[name]
    shape = (4, 4, 1)
    flow = bijectors.glow(shape, steps=(2, 2), width=8, dtype="float64", **settings)
    perturb(flow, scale=0.3)
    generator = np.random.default_rng(0)
    images = tf.constant(generator.normal(size=(6, *shape)))
    features = flow.inverse(images).numpy().reshape(6, -1)
    log_det = jacobian_log_det(lambda x, _: flow.inverse(x), images)
    temperature, dims = 0.7, 16

    def log_prob(deviation):
        return stats.norm(0.0, deviation).logpdf(features).sum(1) + log_det

    gap = log_prob(temperature) - log_prob(1.0) / temperature**2
    assert (np.ptp(gap) < 1e-9) == exact
    if exact:
        power = 1.0 / temperature**2 - 1.0
        constant = dims * (math.log(2 * math.pi) / 2 * power - math.log(temperature))
        np.testing.assert_allclose(gap, constant - power * log_det, rtol=1e-9)


@pytest.mark.parametrize(("coupling", "exact"), [("additive", True), ("affine", False)])
def test_samples_have_that_law(coupling, exact):
    """Shares of boxes of the plane against p^(1 / T^2), made to integrate to one."""
    settings = dict(
        preset="flow",
        coupling=coupling,
        coupling_network="mlp",
        coupling_width=8,
        flow_steps=(3,),
        flow_squeeze=False,
    )
    model = build_model(RunConfig.from_flat(settings), (1, 1, 2), 0)
    perturb_model(model, scale=0.5)
    temperature, count, side = 0.6, 20_000, 400
    draw = tf.function(lambda: sample(model, count, temperature, 0), autograph=False)
    points = draw().numpy().reshape(-1, 2)
    low, high = points.min(0) - 1.0, points.max(0) + 1.0
    cell = (high - low) / side
    ticks = [low[k] + cell[k] * (np.arange(side) + 0.5) for k in (0, 1)]
    lattice = np.stack(np.meshgrid(*ticks, indexing="ij"), -1).reshape(-1, 1, 1, 2)
    log_prob = model.image_distribution().log_prob(lattice.astype(np.float32))
    share = np.exp(log_prob.numpy().astype(np.float64) / temperature**2)
    share = (share / share.sum()).reshape(20, 20, 20, 20).sum((1, 3))
    edges = [np.linspace(low[k], high[k], 21) for k in (0, 1)]
    found, _, _ = np.histogram2d(*points.T, bins=edges)
    large = share * count > 20
    expected = share[large] * count
    statistic = np.sum((found[large] - expected) ** 2 / expected)
    assert (stats.chi2.sf(statistic, large.sum() - 1) > 1e-4) == exact
