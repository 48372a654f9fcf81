import numpy as np
import pytest
import tensorflow as tf

from ade_tf.networks import DISCRIMINATORS
from tests.networks.cases import perturb

every_discriminator = pytest.mark.parametrize("name", DISCRIMINATORS)


def test_dcgan_layers_on_digits():
    network = DISCRIMINATORS["dcgan"]((8, 8, 1), width=5)
    kernels = [tuple(v.shape) for v in network.variables if len(v.shape) > 1]
    assert sorted(kernels) == sorted(
        [(3, 3, 1, 5), (4, 4, 5, 10), (3, 3, 10, 10), (4, 4, 10, 20), (2 * 2 * 20, 1)]
    )


@every_discriminator
def test_examples_do_not_touch_each_other(name):
    network = DISCRIMINATORS[name]((12, 8, 3), width=4)
    perturb(network)
    x = tf.random.normal([4, 12, 8, 3])
    single = tf.concat([network(x[i : i + 1]) for i in range(4)], 0)
    np.testing.assert_allclose(network(x), single, rtol=1e-4, atol=1e-4)
    assert np.ptp(single) > 1e-3


@every_discriminator
@pytest.mark.parametrize("spectral_norm", [False, True])
def test_gradient_of_a_gradient_penalty(name, spectral_norm):
    network = DISCRIMINATORS[name]((8, 8, 1), width=4, spectral_norm=spectral_norm)
    x = tf.random.normal([3, 8, 8, 1])
    variables = [v.value for v in network.trainable_variables if len(v.shape) > 1]

    @tf.function
    def penalty_gradients():
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                inner.watch(x)
                logits = network(x)
            penalty = tf.reduce_mean(inner.gradient(logits, x) ** 2)
        return outer.gradient(penalty, variables)

    for gradient in penalty_gradients():
        assert gradient is not None and np.all(np.isfinite(gradient))


@every_discriminator
def test_update_without_spectral_norm_changes_nothing(name):
    network = DISCRIMINATORS[name]((8, 8, 1), width=4)
    assert not network.non_trainable_variables
    before = [v.numpy() for v in network.variables]
    network.update_spectral_norm()
    for old, variable in zip(before, network.variables, strict=True):
        np.testing.assert_array_equal(variable.numpy(), old)
