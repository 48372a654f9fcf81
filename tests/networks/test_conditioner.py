import numpy as np
import pytest
import tensorflow as tf

from ade_tf.networks import CONDITIONERS
from tests.networks.cases import perturb


@pytest.mark.parametrize("name", CONDITIONERS)
@pytest.mark.parametrize("position_maps", [False, True])
def test_output_is_exactly_zero_at_first(name, position_maps):
    network = CONDITIONERS[name](
        (6, 4, 3),
        5,
        width=8,
        blocks=2,
        position_maps=position_maps,
        condition_shape=(2,),
    )
    y = network(tf.random.normal([3, 6, 4, 3]), tf.random.normal([3, 2]))
    np.testing.assert_array_equal(y, np.zeros([3, 6, 4, 5]))


@pytest.mark.parametrize("name, layers", [("conv", 1), ("residual", 2), ("mlp", 1)])
def test_blocks_adds_layers(name, layers):
    counts = [
        len(CONDITIONERS[name]((4, 4, 2), 2, width=4, blocks=blocks).variables)
        for blocks in (0, 1, 3)
    ]
    assert np.diff(counts).tolist() == [2 * layers, 4 * layers]
    with pytest.raises(ValueError, match="`blocks` must be at least 0.*blocks=-1"):
        CONDITIONERS[name]((4, 4, 2), 2, blocks=-1)


@pytest.mark.parametrize("name", ["conv", "residual"])
def test_position_maps_tell_positions_apart(name):
    spreads = []
    for position_maps in (False, True):
        network = CONDITIONERS[name]((11, 11, 1), 1, position_maps=position_maps)
        perturb(network, 0.05)
        y = network(tf.ones([1, 11, 11, 1])).numpy()
        # Behind the reach of the borders a convolution alone is constant.
        spreads.append(np.ptp(y[0, 4:7, 4:7]))
    assert spreads[0] < 1e-5 < 1e-3 < spreads[1]


def test_conv_is_glows_network():
    network = CONDITIONERS["conv"]((4, 4, 2), 6, width=8)
    shapes = sorted(tuple(v.shape) for v in network.trainable_variables)
    assert shapes == [(3, 3, 2, 8), (3, 3, 8, 6), (6,), (8,), (8,), (8, 8)]
    perturb(network)
    variables = {tuple(v.shape): v.value for v in network.trainable_variables}
    biases = [v.value for v in network.trainable_variables if v.shape == (8,)]
    x = tf.random.normal([2, 4, 4, 2])
    h = tf.nn.relu(tf.nn.conv2d(x, variables[3, 3, 2, 8], 1, "SAME") + biases[0])
    h = tf.nn.relu(h @ variables[8, 8] + biases[1])
    y = tf.nn.conv2d(h, variables[3, 3, 8, 6], 1, "SAME") + variables[(6,)]
    np.testing.assert_allclose(network(x), y, rtol=1e-4, atol=1e-5)
