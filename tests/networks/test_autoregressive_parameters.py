"""Networks of autoregressive flows: no value sees itself or what comes behind it."""

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.config.flows import AUTOREGRESSIVE_NETWORKS
from tests.helpers.models import perturb

SHAPES = [(4, 4, 1), (3, 2, 3), (1, 1, 5), (2, 5, 2)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("outputs", [2, 7])
@pytest.mark.parametrize("name", AUTOREGRESSIVE_NETWORKS)
def test_parameters_depend_on_earlier_values_alone(name, shape, outputs):
    make = AUTOREGRESSIVE_NETWORKS[name]
    network = make(shape, outputs, width=40, dtype="float64", condition_shape=(2,))
    perturb(network, scale=0.5)
    x = tf.constant(np.random.default_rng(0).normal(size=[1, *network.shape]))
    condition = tf.constant([[0.3, -0.7]], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(x)
        found = tf.add_n([output**2 for output in network(x, condition)])
    size = int(np.prod(shape))
    seen = tf.reshape(tape.jacobian(found, x), [size, size]).numpy()
    assert (seen[np.triu_indices(size)] == 0.0).all()
    # Every value but the first sees the one before it.
    assert (np.abs(np.diag(seen, -1)) > 0.0).all()


@pytest.mark.parametrize("name", AUTOREGRESSIVE_NETWORKS)
def test_a_condition_reaches_every_value(name):
    network = AUTOREGRESSIVE_NETWORKS[name](
        (2, 3, 2), 2, width=12, condition_shape=(2,)
    )
    perturb(network, scale=0.5)
    x = tf.zeros([1, *network.shape])
    one, other = network(x, tf.constant([[0.0, 1.0]])), network(x, tf.ones([1, 2]))
    assert np.all(np.any(np.array(one) != np.array(other), axis=0))
