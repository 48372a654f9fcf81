import numpy as np
import pytest
import tensorflow as tf

from ade_tf.networks.condition import AddCondition


def with_identity(condition_shape, **keywords):
    layer = AddCondition(condition_shape, 3, dtype="float64", **keywords)
    (kernel,) = layer.trainable_variables
    kernel.assign(np.eye(*kernel.shape))
    return layer


def test_vector_is_added_at_every_position():
    features, condition = np.random.normal(size=(2, 4, 6, 3)), np.ones((2, 3))
    condition[1] = 2.0
    y = with_identity((3,))(features, condition)
    expected = features + condition[:, None, None, :]
    np.testing.assert_allclose(y, expected, rtol=1e-6)


def test_maps_are_averaged_when_they_shrink_by_whole_factors():
    maps = np.random.normal(size=(2, 8, 18, 3))
    y = with_identity((8, 18, 3))(np.zeros((2, 4, 6, 3)), maps)
    expected = maps.reshape(2, 4, 2, 6, 3, 3).mean((2, 4))
    np.testing.assert_allclose(y, expected, rtol=1e-6, atol=1e-7)


def test_maps_of_the_right_size_are_added_as_they_are():
    maps = np.random.normal(size=(2, 4, 6, 3))
    y = with_identity((4, 6, 3))(np.zeros((2, 4, 6, 3)), maps)
    np.testing.assert_allclose(y, maps, rtol=1e-6)


@pytest.mark.parametrize("sides", [(3, 5), (2, 3), (1, 1), (7, 9)])
def test_resized_maps_keep_place_and_constants(sides):
    maps = np.ones((1, *sides, 3))
    maps[..., 1] = np.arange(sides[0])[:, None]
    maps[..., 2] = np.arange(sides[1])[None, :]
    y = with_identity((*sides, 3))(np.zeros((1, 4, 6, 3)), maps).numpy()
    np.testing.assert_allclose(y[..., 0], 1.0, rtol=1e-6)
    assert np.all(np.diff(y[..., 1], axis=1) >= 0.0)
    assert np.all(np.diff(y[..., 2], axis=2) >= 0.0)
    middle = (sides[0] - 1) / 2, (sides[1] - 1) / 2
    np.testing.assert_allclose(y[..., 1:].mean((0, 1, 2)), middle, atol=0.1)


def test_flat_features_take_the_flattened_condition():
    layer = AddCondition((2, 1, 2), 3, rank=2)
    assert layer.trainable_variables[0].shape == (4, 3)
    maps = tf.random.normal([5, 2, 1, 2])
    expected = tf.reshape(maps, [5, 4]) @ layer.trainable_variables[0].value
    np.testing.assert_allclose(layer(tf.zeros([5, 3]), maps), expected, rtol=1e-5)
