"""Tests of the draws that depend on a seed and a position alone."""

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.example_draws import ExampleDraws
from ade_tf.randomness import fold


def normal_per_example(shape, seed, indices):
    return ExampleDraws(seed, indices).normal(shape)


def uniform_per_example(shape, seed, indices):
    return ExampleDraws(seed, indices).uniform(shape)


KINDS = pytest.mark.parametrize(
    ("draw", "single"),
    [
        (normal_per_example, tf.random.stateless_normal),
        (uniform_per_example, tf.random.stateless_uniform),
    ],
    ids=["normal", "uniform"],
)


@KINDS
@pytest.mark.parametrize("seed", [0, 2**40 + 3, [-5, 2**31 - 1]])
def test_each_example_is_tensorflows_draw_of_its_own_seed(draw, single, seed):
    # 40 seeds have every combination of signs; 2^33 has an upper word.
    positions = [*range(40), 2**31 - 1, 2**33 + 5]
    wanted = [single([2, 3], fold(seed, i), alg="philox") for i in positions]
    found = draw([2, 3], seed, tf.constant(positions, tf.int64))
    np.testing.assert_array_equal(found, tf.stack(wanted))


@KINDS
@pytest.mark.parametrize("dtype", [tf.int32, tf.int64])
def test_neither_the_batch_nor_a_graph_shows(draw, single, dtype):
    del single
    whole = draw([3], 11, tf.range(20, dtype=dtype))
    assert len(np.unique(whole)) == 60
    graph = tf.function(
        lambda indices: draw([3], 11, indices),
        input_signature=[tf.TensorSpec([None], dtype)],
    )
    for first, last in ((0, 20), (3, 12), (4, 12), (19, 20), (5, 5)):
        indices = tf.range(first, last, dtype=dtype)
        for form in (graph, graph.python_function):
            np.testing.assert_array_equal(form(indices), whole[first:last])
    assert not np.isin(draw([3], 12, tf.range(20, dtype=dtype)), whole).any()


def test_the_shape_is_known_as_far_as_it_can_be():
    def draw(indices):
        return normal_per_example([2, 3], 0, indices)

    for count in (None, 5):
        spec = tf.TensorSpec([count], tf.int64)
        graph = tf.function(draw).get_concrete_function(spec)
        assert graph.output_shapes.as_list() == [count, 2, 3]


def test_calls_and_purposes_have_their_own_streams():
    indices = tf.range(4)
    draws = ExampleDraws(7, indices)
    calls = [draws.normal([3]) for _ in range(3)]
    np.testing.assert_array_equal(calls[0], normal_per_example([3], 7, indices))
    for call in (1, 2):
        own = normal_per_example([3], fold(7, call), indices)
        np.testing.assert_array_equal(calls[call], own)
    named = ExampleDraws(7, indices)
    named.uniform([2])
    for purpose in ("posterior", "features"):
        own = normal_per_example([3], fold(7, purpose), indices)
        np.testing.assert_array_equal(named.of(purpose).normal([3]), own)
    assert int(draws.count) == 4
