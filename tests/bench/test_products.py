import collections

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.models import build_model
from experiments.bench import flops, products_alone, products_of
from experiments.bench.model_calls import model_calls
from tests.bench.cases import config, images


def work(function, *arguments):
    products = products_of(tf.function(function), *arguments)
    return sum(flops(product) * n for product, n in products.items())


def convolved(x, kernel, strides=1):
    return tf.nn.conv2d(x, kernel, strides, "SAME")


@pytest.mark.parametrize("strides", [1, 2])
def test_a_convolution_counts_two_for_each_multiply_add(strides):
    x, kernel = tf.zeros([2, 8, 6, 3]), tf.zeros([4, 4, 3, 5])
    positions = 2 * (8 // strides) * (6 // strides)
    forward = 2 * positions * 4 * 4 * 3 * 5
    assert work(lambda x, k: convolved(x, k, strides), x, kernel) == forward

    def both(x, kernel):
        with tf.GradientTape() as tape:
            tape.watch([x, kernel])
            y = tf.reduce_sum(convolved(x, kernel, strides) ** 2)
        return tape.gradient(y, [x, kernel])

    # The gradients of image and kernel are as much work each.
    assert work(both, x, kernel) == 3 * forward


@pytest.mark.parametrize("transposed", [False, True])
def test_a_product_of_matrices_counts_two_for_each_multiply_add(transposed):
    first = tf.zeros([7, 3] if transposed else [3, 7])
    second = tf.zeros([7, 5])
    assert (
        work(lambda a, b: tf.matmul(a, b, transpose_a=transposed), first, second)
        == 2 * 3 * 7 * 5
    )


def test_what_is_never_used_is_not_counted():
    def function(x):
        tf.matmul(x, x)
        return tf.reduce_sum(x)

    assert work(function, tf.zeros([4, 4])) == 0


def test_counts_agree_with_the_formula_of_a_glow():
    """Multiply-adds of couplings and 1x1 convolutions, written out by scale."""
    settings = dict(flow_steps=(2, 2), coupling_width=16, batch_size=3)
    model = build_model(config(**settings), (8, 8, 3), 256)
    call = model_calls(model, tf.constant(np.floor(images(3))))["log_prob"]
    expected = 0
    for side, channels in ((4, 12), (2, 24)):
        network = 9 * channels // 2 * 16 + 16 * 16 + 9 * 16 * channels
        expected += 2 * side**2 * (network + channels**2)
    found = products_of(call.function, *call.arguments)
    total = sum(flops(p) * n for p, n in found.items()) / 3
    # Beyond it, the matrices P L U themselves are multiplied once a batch.
    matrices = 2 * 2 * (12**3 + 24**3) * 2 / 3
    assert total == pytest.approx(2 * expected + matrices, rel=1e-9)


def test_unknown_shapes_are_refused():
    @tf.function(input_signature=[tf.TensorSpec([None, 4])])
    def function(x):
        return tf.matmul(x, tf.ones([4, 4]))

    with pytest.raises(ValueError, match="all shapes are known. Received: MatMul"):
        products_of(function)


def test_alone_the_same_products_are_computed():
    def both(x, kernel, matrix):
        with tf.GradientTape() as tape:
            tape.watch([x, kernel])
            y = convolved(convolved(x, kernel), kernel, 2)
        return tape.gradient(y, [x, kernel]), tf.matmul(matrix, matrix)

    arguments = (tf.ones([2, 4, 4, 3]), tf.ones([3, 3, 3, 3]), tf.ones([6, 6]))
    products = products_of(tf.function(both), *arguments)
    alone = products_alone(products)
    assert np.isfinite(alone())
    assert products_of(alone.function, *alone.arguments) == products
    kinds = collections.Counter()
    for product, count in products.items():
        kinds[product.kind] += count
    assert kinds["MatMul"] == 1
    assert kinds["Conv2DBackpropFilter"] == kinds["Conv2DBackpropInput"] == 2
