import numpy as np
import pytest
import tensorflow as tf

from ade_tf.networks import DISCRIMINATORS
from ade_tf.networks.blocks import WithGroupMean, dense
from tests.networks.cases import perturb

SHAPE = (8, 8, 1)


def discriminator(name, **keywords):
    network = DISCRIMINATORS[name](SHAPE, width=4, group=4, **keywords)
    perturb(network)
    return network


def test_a_layer_sees_each_input_and_the_mean_of_its_group():
    layer = dense(6, 2)
    x = tf.random.normal([4, 3])
    mean = tf.repeat(tf.reduce_mean(tf.reshape(x, [2, 2, 3]), 1), 2, axis=0)
    kernel, bias = layer.kernel.numpy(), layer.bias.numpy()
    expected = x @ kernel[:3] + mean @ kernel[3:] + bias
    np.testing.assert_allclose(WithGroupMean(layer, 2)(x), expected, rtol=1e-5)


@pytest.mark.parametrize("name", DISCRIMINATORS)
@pytest.mark.parametrize("spectral_norm", [False, True])
def test_the_order_in_a_group_is_of_no_consequence(name, spectral_norm):
    network = discriminator(name, spectral_norm=spectral_norm)
    x = tf.random.normal([8, *SHAPE])
    order = [2, 0, 3, 1, 4, 5, 6, 7]
    logits = network(x).numpy()
    turned = network(tf.gather(x, order)).numpy()
    np.testing.assert_allclose(turned, logits[order], rtol=1e-4, atol=1e-5)
    assert np.ptp(logits[:4]) > 1e-3


@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_logits_depend_on_the_own_group_alone(name):
    network = discriminator(name)
    x = tf.random.normal([8, *SHAPE])
    other = tf.concat([x[:7], x[7:] + 1.0], 0)
    change = np.abs(network(other) - network(x))
    np.testing.assert_allclose(change[:4], 0.0, atol=1e-5)
    assert change[4:].min() > 1e-3


@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_any_number_of_groups_in_one_trace(name):
    network = discriminator(name)
    traced = tf.function(network, input_signature=[tf.TensorSpec([None, *SHAPE])])
    for groups in (1, 3):
        x = tf.random.normal([4 * groups, *SHAPE])
        np.testing.assert_allclose(traced(x), network(x), rtol=1e-4, atol=1e-5)


def test_a_batch_holds_whole_groups():
    with pytest.raises(ValueError, match=r"whole groups.*Received: group=4, batch=6"):
        discriminator("dcgan")(tf.zeros([6, *SHAPE]))
    with pytest.raises(ValueError, match="`group` must be at least 1"):
        DISCRIMINATORS["dcgan"](SHAPE, group=0)
