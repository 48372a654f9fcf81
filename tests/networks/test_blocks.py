import numpy as np
import pytest
import tensorflow as tf

from ade_tf.networks.blocks import Dropout, PositionMap, ResidualBlock, halvings
from ade_tf.randomness import BatchDraws
from tests.networks.cases import perturb


def test_dropout_is_the_identity_outside_a_scope_and_at_rate_zero():
    x = tf.random.normal([2, 3, 3, 1])
    np.testing.assert_array_equal(Dropout(0.5)(x), x)
    with BatchDraws(1, 2).scope():
        np.testing.assert_array_equal(Dropout(0.0)(x), x)


@pytest.mark.parametrize("rate", [0.1, 0.6])
def test_dropout_drops_its_share_and_keeps_the_mean(rate):
    with BatchDraws(3, 64).scope():
        y = Dropout(rate)(tf.ones([64, 16, 16, 4])).numpy()
    dropped = y == 0.0
    assert abs(dropped.mean() - rate) < 0.01
    np.testing.assert_allclose(y[~dropped], 1.0 / (1.0 - rate), rtol=1e-6)
    assert abs(y.mean() - 1.0) < 0.02
    # No example, position or channel is dropped or kept as a whole.
    for axis in range(4):
        others = tuple(a for a in range(4) if a != axis)
        assert np.max(np.abs(dropped.mean(others) - rate)) < 0.06


def test_dropout_draws_anew_for_each_layer():
    with BatchDraws(3, 8).scope():
        x = tf.ones([8, 4, 4, 2])
        assert np.any(Dropout(0.5)(x).numpy() != Dropout(0.5)(x).numpy())


def test_dropout_of_two_halves_is_that_of_the_whole():
    block = ResidualBlock(4, dropout=0.5)
    perturb(block)
    x = tf.random.normal([6, 4, 4, 4])
    with BatchDraws(5, 6).scope():
        whole = block(x).numpy()
    for index, half in enumerate(np.split(x.numpy(), 2)):
        with BatchDraws(5, 3, (index, 2)).scope():
            y = block(tf.constant(half))
        np.testing.assert_allclose(y, whole[3 * index : 3 * index + 3], atol=1e-5)


def test_dropout_has_a_gradient_only_where_it_keeps():
    x = tf.ones([4, 8])
    with tf.GradientTape() as tape, BatchDraws(1, 4).scope():
        tape.watch(x)
        y = Dropout(0.5)(x)
    np.testing.assert_array_equal(tape.gradient(y, x), y)


def test_position_map_adds_its_values():
    layer = PositionMap((2, 3, 1))
    x = tf.random.normal([4, 2, 3, 1])
    np.testing.assert_array_equal(layer(x), x)
    values = np.arange(6.0).reshape(2, 3, 1)
    layer.map.assign(values)
    np.testing.assert_allclose(layer(x), x.numpy() + values, rtol=1e-6)


def test_residual_block_by_hand():
    block = ResidualBlock(2, dtype="float64")
    perturb(block)
    w1, b1, w2, b2 = (v.numpy() for v in block.trainable_variables)
    x = np.random.normal(size=(3, 1, 1, 2))

    def elu(a):
        return np.where(a > 0, a, np.expm1(a))

    # On a 1x1 image a 3x3 convolution sees its centre only.
    h = elu(elu(x) @ w1[1, 1] + b1)
    expected = x + h @ w2[1, 1] + b2
    np.testing.assert_allclose(block(tf.constant(x)), expected, rtol=1e-10)


@pytest.mark.parametrize(
    "sides, smallest, count",
    [
        ((8, 8), 4, 1),
        ((12, 8), 4, 1),
        ((64, 64), 4, 4),
        ((64, 16), 4, 2),
        ((28, 28), 4, 2),
        ((8, 8), 2, 2),
        ((7, 8), 4, 0),
        ((1, 1), 4, 0),
    ],
)
def test_halvings(sides, smallest, count):
    assert halvings(*sides, smallest) == count
