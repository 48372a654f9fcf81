"""Tests of the gradient penalties on discriminators whose gradient is known."""

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.objectives import PENALTIES, interpolates, r1, r1_r2, r2

_RNG = np.random.default_rng(0)
_REAL, _FAKE = _RNG.normal(size=[2, 5, 4, 3, 2])
_UNIFORM = _RNG.uniform(size=[5, 1, 1, 1])
_IMAGES = tuple(map(tf.constant, (_REAL, _FAKE, _UNIFORM)))


def _linear(weights):
    return lambda x: tf.reduce_sum(weights * x, [1, 2, 3])


def _quadratic(scale):
    """Logit scale / 2 ||x||^2, of gradient scale * x."""
    return lambda x: scale / 2 * tf.reduce_sum(x**2, [1, 2, 3])


def _norms(images):
    """Norms over all axes but the batch."""
    return np.sqrt((images**2).sum((1, 2, 3)))


every_penalty = pytest.mark.parametrize("name", sorted({*PENALTIES} - {"none"}))


@every_penalty
def test_every_penalty_is_a_scalar_of_one_signature(name):
    penalty = PENALTIES[name](_quadratic(2.0), *_IMAGES)
    assert penalty.shape == []
    assert penalty.dtype == tf.float64
    assert penalty.numpy() > 0
    assert PENALTIES["none"] is None


@every_penalty
def test_a_side_of_two_parts_has_the_gradient_of_both(name):
    """t(x, z) = 1.7 / 2 |x|^2 + w z, beside the same network of (x, z) in one."""
    real, fake, uniform = _IMAGES
    z_real, z_fake = tf.constant(_RNG.normal(size=[2, 5, 3]))

    def of_pair(side):
        x, z = side
        return 0.85 * tf.reduce_sum(x**2, [1, 2, 3]) + 0.3 * tf.reduce_sum(z**3, 1)

    def joined(x, z):
        flat = tf.concat([tf.reshape(x, [5, -1]), z], 1)
        return flat[:, None, None, :]

    def of_one(side):
        x, z = side[:, 0, 0, :24], side[:, 0, 0, 24:]
        return 0.85 * tf.reduce_sum(x**2, 1) + 0.3 * tf.reduce_sum(z**3, 1)

    pair = PENALTIES[name](of_pair, (real, z_real), (fake, z_fake), uniform)
    one = PENALTIES[name](of_one, joined(real, z_real), joined(fake, z_fake), uniform)
    np.testing.assert_allclose(pair, one, rtol=1e-12)


@pytest.mark.parametrize("length", [0.25, 1.0, 3.0])
def test_interpolates_of_a_linear_discriminator(length):
    weights = _RNG.normal(size=[4, 3, 2])
    weights *= length / np.sqrt((weights**2).sum())
    penalty = interpolates(_linear(weights), *_IMAGES)
    np.testing.assert_allclose(penalty, (length - 1) ** 2, atol=1e-12)


def test_interpolates_takes_the_gradient_between_real_and_fake():
    between = _UNIFORM * _REAL + (1 - _UNIFORM) * _FAKE
    expected = np.mean((_norms(1.7 * between) - 1) ** 2)
    penalty = interpolates(_quadratic(1.7), *_IMAGES)
    np.testing.assert_allclose(penalty, expected, rtol=1e-12)


def test_interpolates_ends_at_real_and_fake():
    real, fake, uniform = _IMAGES
    for value, images in ((1.0, _REAL), (0.0, _FAKE)):
        penalty = interpolates(
            _quadratic(1.7), real, fake, tf.fill(uniform.shape, np.float64(value))
        )
        expected = np.mean((_norms(1.7 * images) - 1) ** 2)
        np.testing.assert_allclose(penalty, expected, rtol=1e-12)


def test_r1_of_known_gradients():
    weights = _RNG.normal(size=[4, 3, 2])
    np.testing.assert_allclose(
        r1(_linear(weights), *_IMAGES), 0.5 * (weights**2).sum(), rtol=1e-12
    )
    np.testing.assert_allclose(
        r1(_quadratic(1.7), *_IMAGES),
        0.5 * np.mean(_norms(1.7 * _REAL) ** 2),
        rtol=1e-12,
    )


def test_r2_is_r1_at_the_samples_and_r1_r2_their_sum():
    at_samples = 0.5 * np.mean(_norms(1.7 * _FAKE) ** 2)
    np.testing.assert_allclose(r2(_quadratic(1.7), *_IMAGES), at_samples, rtol=1e-12)
    both = at_samples + 0.5 * np.mean(_norms(1.7 * _REAL) ** 2)
    np.testing.assert_allclose(r1_r2(_quadratic(1.7), *_IMAGES), both, rtol=1e-12)


def test_the_norm_is_over_all_axes_but_the_batch():
    """The slope 1/2 at each of 4 x 3 x 2 places: a norm of sqrt(24) / 2 an image.

    Over rows, columns or channels alone it would be 1, sqrt(3) / 2 or sqrt(2) / 2.
    """
    network = _linear(np.full([4, 3, 2], 0.5))
    by_hand = (np.sqrt(4 * 3 * 2 * 0.5**2) - 1) ** 2
    np.testing.assert_allclose(interpolates(network, *_IMAGES), by_hand, rtol=1e-12)
    np.testing.assert_allclose(r1(network, *_IMAGES), 0.5 * 24 / 4, rtol=1e-12)


def test_penalties_train_the_discriminator():
    """Gradient with respect to the scale of the quadratic, by hand."""
    between = _UNIFORM * _REAL + (1 - _UNIFORM) * _FAKE
    n = _norms(between)
    expected = {
        "interpolates": np.mean(2 * (1.7 * n - 1) * n),
        "r1": np.mean(1.7 * _norms(_REAL) ** 2),
        "r2": np.mean(1.7 * _norms(_FAKE) ** 2),
        "r1_r2": np.mean(1.7 * (_norms(_REAL) ** 2 + _norms(_FAKE) ** 2)),
    }
    scale = tf.Variable(1.7, dtype=tf.float64)
    for name, slope in expected.items():
        with tf.GradientTape() as tape:
            penalty = PENALTIES[name](_quadratic(scale), *_IMAGES)
        np.testing.assert_allclose(tape.gradient(penalty, scale), slope, rtol=1e-12)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("name", ["interpolates", "r1", "r2", "r1_r2"])
def test_penalties_are_finite_where_the_gradient_vanishes(name, compiled):
    """Compiled too: only there is the gradient of a lone square root NaN."""
    zeros = tf.zeros([5, 4, 3, 2])
    scale = tf.Variable(1.7)
    weights = tf.Variable(tf.zeros([4, 3, 2]))

    def discriminator(x):
        return _quadratic(scale)(x) + _linear(weights)(x)

    @tf.function(jit_compile=compiled)
    def penalty_and_gradients():
        uniform = tf.zeros([5, 1, 1, 1])
        with tf.GradientTape() as tape:
            penalty = PENALTIES[name](discriminator, zeros, zeros, uniform)
        return penalty, tape.gradient(penalty, [scale, weights])

    penalty, gradients = penalty_and_gradients()
    assert penalty == (1.0 if name == "interpolates" else 0.0)
    for gradient in gradients:
        np.testing.assert_array_equal(gradient, tf.zeros_like(gradient))


@pytest.mark.parametrize("name", ["interpolates", "r1", "r2", "r1_r2"])
def test_penalties_do_not_train_what_made_the_images(name):
    real, fake, uniform = _IMAGES
    factor = tf.Variable(1.0, dtype=tf.float64)
    with tf.GradientTape() as tape:
        penalty = PENALTIES[name](
            _quadratic(1.7), factor * real, factor * fake, uniform
        )
    assert tape.gradient(penalty, factor) is None


def test_penalties_in_a_graph_of_unknown_batch_size():
    @tf.function(
        input_signature=[tf.TensorSpec([None, 4, 3, 2], tf.float64)] * 2
        + [tf.TensorSpec([None, 1, 1, 1], tf.float64)]
    )
    def penalty(real, fake, uniform):
        return interpolates(_quadratic(1.7), real, fake, uniform)

    np.testing.assert_allclose(
        penalty(*_IMAGES), interpolates(_quadratic(1.7), *_IMAGES), rtol=1e-12
    )


@pytest.mark.parametrize(
    ("fake", "uniform", "message"),
    [
        ([1, 4, 3, 2], [5, 1, 1, 1], r"as many samples.*fake.shape=\(1, 4, 3, 2\)"),
        ([5, 4, 3, 2], [5], r"one number per image.*uniform.shape=\(5,\)"),
        ([5, 4, 3, 2], [5, 4, 3, 2], "one number per image"),
    ],
)
def test_shapes_are_checked(fake, uniform, message):
    with pytest.raises(ValueError, match=message):
        interpolates(
            _quadratic(1.0), tf.zeros([5, 4, 3, 2]), tf.zeros(fake), tf.zeros(uniform)
        )
