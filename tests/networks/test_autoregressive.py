"""Tests of the masked networks by their automatic Jacobians, in float64."""

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.networks import AutoregressiveNetwork
from tests.helpers.jacobians import jacobian
from tests.networks.cases import perturb

SHAPES = [(1, 1, 5), (1, 1, 9), (3, 4, 2), (3, 1, 3), (1, 4, 1)]
CONTEXT = 3


def make(shape, perturbed=True, **keywords):
    keywords = {"width": 7, "context_size": CONTEXT, "dtype": "float64", **keywords}
    network = AutoregressiveNetwork(shape, 2, **keywords)
    if perturbed:
        perturb(network)
    return network


def inputs(shape, batch=1):
    z = tf.random.normal([batch, *shape], dtype=tf.float64)
    context = tf.random.normal([batch, *shape[:2], CONTEXT], dtype=tf.float64)
    return z, context


def jacobians(network, shape):
    """Returns d output / dz of both outputs, `[D, D]` in raster order."""
    z, context = inputs(shape)

    def output(z, number):
        return network(z, tf.repeat(context, len(z), 0))[number]

    return [jacobian(lambda z, n=n: output(z, n), z) for n in range(2)]


@pytest.mark.parametrize("blocks", [0, 1, 2])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_jacobian_is_strictly_triangular(shape, reverse, blocks):
    for found in jacobians(make(shape, reverse=reverse, blocks=blocks), shape):
        free = np.tri(len(found), k=-1, dtype=bool)
        free = free.T if reverse else free
        assert not found[~free].any()
        assert np.abs(found[free]).max() > 1e-3


@pytest.mark.parametrize("blocks", [0, 2])
def test_values_of_a_vector_depend_on_all_before_them(blocks):
    shape = (1, 1, 5)
    for found in jacobians(make(shape, width=20, blocks=blocks), shape):
        assert np.all(found[np.tri(5, k=-1, dtype=bool)])


def test_values_of_maps_depend_on_their_neighbours_before_them():
    height, columns, channels = shape = (3, 4, 2)
    for found in jacobians(make(shape, width=8), shape):
        seen = np.any(found.reshape(*shape, *shape), axis=(2, 5))
        for row, column in np.ndindex(height, columns):
            for i, j in np.ndindex(height, columns):
                near = abs(j - column) < 2 and row - i in (0, 1)
                if near and (i, j) < (row, column):
                    assert seen[row, column, i, j]


@pytest.mark.parametrize("blocks", [0, 2])
@pytest.mark.parametrize("reverse", [False, True])
def test_every_value_depends_on_the_context(reverse, blocks):
    for shape in SHAPES:
        network = make(shape, reverse=reverse, blocks=blocks)
        z, context = inputs(shape)
        for first, second in zip(
            network(z, context), network(z, context + 1.0), strict=True
        ):
            assert np.all(first.numpy() != second.numpy())


@pytest.mark.parametrize("blocks", [0, 2])
def test_outputs_are_zero_at_first(blocks):
    network = make((2, 2, 3), perturbed=False, blocks=blocks)
    assert not any(np.any(output) for output in network(*inputs((2, 2, 3))))


def test_without_hidden_layers_it_is_linear():
    shape = (2, 3, 2)
    network = make(shape, blocks=0)
    (a, h), (b, g) = inputs(shape), inputs(shape)
    middle = network((a + b) / 2, (h + g) / 2)
    for m, x, y in zip(middle, network(a, h), network(b, g), strict=True):
        np.testing.assert_allclose(m, (x + y) / 2, rtol=1e-10, atol=1e-12)


def test_every_variable_gets_a_gradient():
    network = make((3, 3, 2), dtype="float32")
    z, context = (tf.cast(x, tf.float32) for x in inputs((3, 3, 2)))
    with tf.GradientTape() as tape:
        loss = tf.add_n([tf.reduce_sum(tf.sin(o)) for o in network(z, context)])
    variables = [v.value for v in network.trainable_variables]
    assert all(np.any(gradient) for gradient in tape.gradient(loss, variables))


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="`outputs` must be at least 1"):
        AutoregressiveNetwork((1, 1, 2), 0)
    with pytest.raises(ValueError, match=r"must be \(height, width, channels\)"):
        AutoregressiveNetwork((2,), 2, context_size=1)
