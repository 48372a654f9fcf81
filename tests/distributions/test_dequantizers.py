"""Tests of the dequantizers: densities on [0, 1), and what they make of the bound."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ade_tf.config import RunConfig
from ade_tf.config.densities import DEQUANTIZERS
from ade_tf.data.splits import Split
from ade_tf.models import LikelihoodScorer, build_model
from ade_tf.randomness import BatchDraws
from tests.helpers.models import perturb

LEVELS = 4
every = pytest.mark.parametrize("name", DEQUANTIZERS)


def built(name, shape, scale=0.1, **context):
    layer = DEQUANTIZERS[name](shape, LEVELS, **context)
    perturb(layer, scale)
    return layer


def images(count, shape):
    return tf.constant(
        np.random.default_rng(0).integers(0, LEVELS, [count, *shape]), tf.float32
    )


@every
@pytest.mark.parametrize("shape", [(4, 6, 3), (1, 1, 2), (1, 1, 1)], ids=str)
def test_a_draw_is_in_range_and_has_its_density(name, shape):
    layer, x = built(name, shape, 0.03), images(50, shape)
    density = layer.density(x)
    u, _ = drawn = density.draw(BatchDraws(0, 50))
    assert drawn.log_prob.shape == (50,)
    assert np.all(u >= 0.0) and np.all(u < 1.0)
    log_prob = density.log_prob(u)
    np.testing.assert_allclose(log_prob, drawn.log_prob, rtol=1e-3, atol=1e-3)
    assert layer.learned == bool(np.any(drawn.log_prob))


@every
@pytest.mark.parametrize("pixels", [1, 2])
def test_the_density_integrates_to_one(name, pixels):
    shape = (1, pixels, 1)
    layer = built(name, shape)
    grid, weights = grid_on_unit_cube(200 if pixels == 1 else 120, pixels)
    for level in range(LEVELS):
        x = tf.fill([len(grid), *shape], float(level))
        density = np.exp(layer.density(x).log_prob(tf.reshape(grid, [-1, *shape])))
        assert np.sum(weights * density) == pytest.approx(1.0, abs=2e-3)


@every
def test_log_density_has_the_slope_of_a_draw_in_its_noise(name):
    """ln q(u) = ln N(noise) - ln |det du/dnoise|, by an automatic Jacobian."""
    if not built(name, (2, 2, 1)).learned:
        pytest.skip("uniform noise has no map from noise")
    layer, x = built(name, (2, 2, 1)), images(1, (2, 2, 1))
    density = layer.density(x)
    noise = tf.random.stateless_normal([1, 2, 2, 1], [0, 1])
    with tf.GradientTape() as tape:
        tape.watch(noise)
        drawn = density.from_noise(noise)
    jacobian = np.reshape(tape.jacobian(drawn.value, noise), [4, 4]).astype(np.float64)
    log_normal = -0.5 * np.sum(np.square(noise)) - 2.0 * np.log(2.0 * np.pi)
    expected = log_normal - np.linalg.slogdet(jacobian)[1]
    np.testing.assert_allclose(drawn.log_prob, [expected], rtol=1e-4)


def test_continuous_data_get_no_noise():
    density = DEQUANTIZERS["uniform"]((4, 4, 1), 0).density(None)
    assert not np.any(density.draw(BatchDraws(0, 3)).value)


@every
@pytest.mark.parametrize("pixels", [1, 2])
def test_the_bound_is_below_the_probability_and_tends_to_it(name, pixels):
    """P(x) by quadrature over u and z, of every image of 1 or 2 pixels."""
    model = small_vae(name, pixels)
    shape = (1, pixels, 1)
    values = np.stack(np.meshgrid(*[range(LEVELS)] * pixels), -1).reshape(-1, *shape)
    log_p = log_probabilities(model, values)
    # Less than 1 by what p(y | z) lays outside of the images' range.
    assert 0.9 < np.exp(log_p).sum() < 1.0 + 1e-3
    repeats = 600 if pixels == 1 else 150
    count = repeats * len(values)
    split = Split(
        np.repeat(values, repeats, 0).astype(np.uint8), np.zeros(count, np.int32)
    )
    scorer = LikelihoodScorer(model, count)
    gaps = {}
    for k in (1, 8, 64):
        scores = scorer.importance_weighted(split, k)
        nats = -scores.bits_per_dim.reshape(len(values), repeats) * np.log(2) * pixels
        error = nats.std(1) / np.sqrt(repeats)
        gaps[k] = (log_p - nats.mean(1)).mean()
        assert np.all(nats.mean(1) < log_p + 4.0 * error + 1e-3), k
    bound = scorer.bound(split).bits_per_dim * np.log(2) * pixels
    assert bound.mean() == pytest.approx(-log_p.mean() + gaps[1], abs=0.05)
    assert gaps[1] > gaps[8] > gaps[64] > -0.005
    assert gaps[64] < 0.25 * gaps[1]


def small_vae(dequantizer, pixels):
    config = RunConfig.from_flat(
        dict(
            preset="vae",
            network="mlp",
            width=8,
            latent_size=1,
            sigma="from_z",
            dequantizer=dequantizer,
            average_decay=0.0,
        )
    )
    keras.utils.set_random_seed(1)
    model = build_model(config, (1, pixels, 1), LEVELS)
    perturb(model, 0.1)
    return model


def grid_on_unit_cube(points, pixels):
    nodes, weights = np.polynomial.legendre.leggauss(points)
    nodes, weights = (nodes + 1.0) / 2.0, weights / 2.0
    grid = np.stack(np.meshgrid(*[nodes] * pixels, indexing="ij"), -1)
    joint = np.prod(np.stack(np.meshgrid(*[weights] * pixels, indexing="ij"), -1), -1)
    return grid.reshape(-1, pixels).astype(np.float32), joint.ravel()


def log_probabilities(model, values):
    """Returns ln P(x) of images: the integral of p(x + u | z) p(z) over u and z."""
    shape, step = model.image_shape, 0.2
    u, weights = grid_on_unit_cube(16, int(np.prod(shape)))
    z = np.arange(-6.0, 6.0 + step, step).astype(np.float32)
    prior = np.exp(-0.5 * z.astype(np.float64) ** 2) / np.sqrt(2.0 * np.pi) * step

    @tf.function
    def log_joint(x):
        y, log_det = model.feature_map(x[None] + tf.reshape(u, [-1, *shape]))
        code = tf.reshape(tf.repeat(z, len(u)), [-1, 1])
        rows = tf.tile(y, [len(z), 1, 1, 1])
        log_p = model.feature_density(code).log_prob(rows)
        return tf.reshape(log_p, [len(z), len(u)]) + log_det

    joints = [np.exp(log_joint(tf.constant(x, tf.float32))) for x in values]
    return np.log([prior @ joint.astype(np.float64) @ weights for joint in joints])
