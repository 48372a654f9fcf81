"""ln p of points against densities in closed form and by brute force."""

import numpy as np
import pytest
from scipy import special, stats

from ade_tf.config import RunConfig
from ade_tf.evaluation.point_density import log_prob_of_points
from ade_tf.models import build_model
from tests.helpers.models import MLP, perturb, tiny_model

POINTS = np.random.default_rng(0).normal(size=(30, 1, 1, 2)).astype(np.float32)


def model_of(preset, **settings):
    config = RunConfig.from_stored({**MLP, "preset": preset, **settings})
    model = build_model(config, (1, 1, 2), 0)
    perturb(model, scale=0.2)
    return model


@pytest.mark.parametrize("sigma", ["pixel", "from_z"])
def test_a_z_is_integrated_out(sigma):
    """Against a sum over a fine lattice of z; the flow's log-det by its own density."""
    model = model_of("v_ade", sigma=sigma)
    points = POINTS[:5]
    scores = log_prob_of_points(model, points, num_samples=2**14)
    ticks = np.linspace(-6.0, 6.0, 161)
    z = np.stack(np.meshgrid(ticks, ticks), -1).reshape(-1, 2).astype(np.float32)
    log_shares = stats.norm.logpdf(z).sum(1) + 2 * np.log(ticks[1] - ticks[0])
    features, log_det = model.feature_map(points)
    density = model.feature_density(z)
    for i in range(len(points)):
        log_p = density.log_prob(features[i : i + 1]).numpy().astype(np.float64)
        wanted = special.logsumexp(log_p + log_shares) + log_det[i].numpy()
        assert abs(scores.log_prob[i] - wanted) < 0.04
    assert np.abs(scores.bias).mean() < 0.01
    coarse = log_prob_of_points(model, POINTS, num_samples=16)
    assert coarse.bias.mean() > 3 * scores.bias.mean()


def test_without_a_z_it_is_exact():
    model = model_of("flow")
    scores = log_prob_of_points(model, POINTS)
    wanted = model.image_distribution().log_prob(POINTS)
    np.testing.assert_allclose(scores.log_prob, wanted, rtol=1e-5)
    assert not scores.bias.any()


def test_the_seed_decides():
    model = model_of("vae")
    first, again, other = (
        log_prob_of_points(model, POINTS, num_samples=8, seed=seed).log_prob
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_what_has_no_such_density_is_refused():
    with pytest.raises(ValueError, match="needs a preset with a like.*preset='gan'"):
        log_prob_of_points(model_of("gan", discriminator="mlp"), POINTS)
    with pytest.raises(ValueError, match="continuous data.*levels=17"):
        log_prob_of_points(tiny_model("vae"), np.zeros([1, 8, 8, 1]))
    with pytest.raises(ValueError, match="multiple of 4. Received: num_samples=10"):
        log_prob_of_points(model_of("vae"), POINTS, num_samples=10)
