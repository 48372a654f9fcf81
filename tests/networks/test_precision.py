"""Networks that compute in bfloat16, beside the same in float32."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from ade_tf.networks import PRECISIONS, AutoregressiveNetwork
from ade_tf.networks.blocks import Dropout, WithGroupMean, conv, dense
from ade_tf.networks.layers import Conv2DTranspose, policy_within
from ade_tf.randomness import BatchDraws
from tests.networks.cases import CASES, inputs_for, outputs_of, perturb

SHAPE, CONDITION = (12, 8, 3), (3,)
MIXED = PRECISIONS["bfloat16"]
KERNELS = ("Conv2D", "MatMul", "BatchMatMul", "BatchMatMulV2", "Conv2DBackpropInput")
ACTIVATIONS = ("Elu", "Relu", "LeakyRelu", "AvgPool")
every_network = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


def pair(case, **keywords):
    """The same network, with the same weights, in float32 and in bfloat16."""
    keywords = dict(condition_shape=CONDITION, position_maps=True, **keywords)
    networks = [case.build(SHAPE, dtype=p, **keywords) for p in PRECISIONS.values()]
    perturb(networks[0])
    for exact, mixed in zip(*(n.variables for n in networks), strict=True):
        mixed.assign(exact)
    return networks


def operations(function, *inputs):
    """The operations of a function's graph, with those of the functions it calls."""
    graph = tf.function(function).get_concrete_function(*inputs).graph
    return graph.get_operations()


def of_kind(found, kinds):
    return [op for op in found if op.type in kinds]


@every_network
def test_computes_in_bfloat16_from_and_to_float32(case):
    network = pair(case)[1]
    found = operations(network, inputs_for(case, SHAPE), tf.random.normal([3, 3]))
    kernels = [op for op in of_kind(found, KERNELS) if "spectral_norm" not in op.name]
    assert {op.outputs[0].dtype for op in kernels} == {tf.bfloat16}
    matrices = [v for v in network.trainable_variables if v.path.endswith("kernel")]
    assert len(kernels) == len(matrices) > 2
    activations = of_kind(found, ACTIVATIONS)
    assert {op.outputs[0].dtype for op in activations} == {tf.bfloat16}
    result = network(inputs_for(case, SHAPE), tf.random.normal([3, 3]))
    assert {y.dtype for y in tf.nest.flatten(result)} == {tf.float32}
    assert {v.dtype for v in network.variables} == {"float32"}


@every_network
def test_float32_has_no_bfloat16_in_it(case):
    found = operations(pair(case)[0], inputs_for(case, SHAPE), tf.random.normal([3, 3]))
    assert not [op for op in found for y in op.outputs if y.dtype == tf.bfloat16]


@every_network
def test_outputs_and_gradients_are_those_of_float32_but_for_rounding(case):
    x, condition = inputs_for(case, SHAPE, 16), tf.random.normal([16, 3])
    outputs, gradients = [], []
    for network in pair(case):
        variables = [v.value for v in network.trainable_variables]
        with tf.GradientTape() as tape:
            y = outputs_of(network(x, condition))
            # Of one sign, so that a sum that loses its small terms falls short.
            loss = tf.reduce_mean(y + 0.1 * y**2)
        outputs.append(y.numpy())
        found = tape.gradient(loss, variables, unconnected_gradients="zero")
        gradients.append(np.concatenate([np.ravel(g) for g in found]))
    assert 0 < distance(*outputs) < 0.02
    assert 0 < distance(*gradients) < 0.1


def distance(exact, other):
    return np.linalg.norm(other - exact) / np.linalg.norm(exact)


def transposed(channels, features, dtype):
    layer = Conv2DTranspose(features, 4, strides=2, padding="same", dtype=dtype)
    layer.build((None, None, None, channels))
    return layer


LAYERS = {
    "conv": conv,
    "spectral conv": functools.partial(conv, spectral_norm=True),
    "dense": dense,
    "spectral dense": functools.partial(dense, spectral_norm=True),
    "transposed": transposed,
}


@pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS.keys())
def test_the_gradient_of_a_bias_loses_no_terms(make):
    layer = make(2, 3, dtype=MIXED)
    with tf.GradientTape() as tape:
        y = layer(tf.ones([64, 32, 32, 2]))
        total = tf.reduce_sum(tf.cast(y, tf.float32))
    assert y.dtype == tf.bfloat16
    expected = np.prod(y.shape[:-1])
    np.testing.assert_array_equal(tape.gradient(total, layer.bias.value), expected)


@pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS.keys())
def test_layers_have_the_names_of_keras(make):
    names = ("Conv2D", "Conv2DTranspose", "Dense", "SpectralConv2D", "SpectralDense")
    layer = make(2, 3, dtype="float32")
    assert type(layer).__name__ in names
    assert [v.name for v in layer.trainable_variables] == ["kernel", "bias"]
    assert isinstance(layer, keras.layers.Layer)


def test_dropout_drops_the_same_at_the_same_rate():
    x = tf.ones([40, 10, 10, 10])
    kept = []
    for policy in PRECISIONS.values():
        with BatchDraws(1, 40).scope():
            kept.append(Dropout(0.003, dtype=policy)(x).numpy() != 0)
    np.testing.assert_array_equal(*kept)
    assert abs(np.mean(~kept[0]) - 0.003) < 0.001


def test_the_mean_of_a_group_is_rounded_once():
    layer = WithGroupMean(lambda x: x, 512, dtype=MIXED)
    x = tf.concat([tf.fill([256, 1], 1.0), tf.fill([256, 1], 3.0)], 0)
    np.testing.assert_array_equal(layer(x)[:, 1], 2.0)


def test_autoregressive_networks():
    networks = [
        AutoregressiveNetwork((3, 3, 2), 2, context_size=4, dtype=policy)
        for policy in PRECISIONS.values()
    ]
    perturb(networks[0])
    for exact, mixed in zip(*(n.variables for n in networks), strict=True):
        mixed.assign(exact)
    inputs = tf.random.normal([5, 3, 3, 2]), tf.random.normal([5, 3, 3, 4])
    exact, mixed = (np.stack(network(*inputs)) for network in networks)
    assert mixed.dtype == np.float32
    assert 0 < distance(exact, mixed) < 0.02
    kernels = of_kind(operations(networks[1], *inputs), KERNELS)
    assert {op.outputs[0].dtype for op in kernels} == {tf.bfloat16}


def test_a_network_in_a_bijector_is_of_the_bijectors_type():
    assert policy_within("float64") == policy_within(tf.float64) == "float64"
    assert policy_within("float32", MIXED) == MIXED
    for dtype, network_dtype in (("float64", MIXED), ("float32", "bfloat16")):
        with pytest.raises(ValueError, match=rf"own dtype .* Received: .*{dtype}"):
            policy_within(dtype, network_dtype)
