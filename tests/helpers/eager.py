"""`tf.function`s that run as Python: a few calls take less than tracing does."""

import contextlib
import functools
from unittest import mock

import tensorflow as tf

from ade_tf import example_draws
from ade_tf.randomness import fold

__all__ = ["eagerly"]

_draw = example_draws._draw


@contextlib.contextmanager
def eagerly(on=True):
    """Runs every `tf.function` eagerly for a while, or (`on=False`) as a graph.

    The draws of single examples stay in graphs: as Python they are long loops.
    """
    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(on)
    try:
        with mock.patch.object(example_draws, "_draw", _traced if on else _draw):
            yield
    finally:
        tf.config.run_functions_eagerly(before)


def _traced(draw, shape, seed, indices):
    if not tf.executing_eagerly():
        return _draw(draw, shape, seed, indices)
    indices = tf.convert_to_tensor(indices)
    return _graph(draw, tuple(shape), indices.dtype)(fold(seed), indices)


@functools.cache
def _graph(draw, shape, dtype):
    """Returns the draws of a kind, as a graph wherever it is called."""
    function = tf.function(
        lambda seed, indices: _draw(draw, shape, seed, indices), autograph=False
    )
    return function.get_concrete_function(
        tf.TensorSpec([2], tf.int32), tf.TensorSpec([None], dtype)
    )
