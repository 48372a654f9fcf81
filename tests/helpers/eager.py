"""`tf.function`s that run as Python: a few calls take less than tracing does."""

import contextlib

import tensorflow as tf

__all__ = ["eagerly"]


@contextlib.contextmanager
def eagerly(on=True):
    """Runs every `tf.function` eagerly for a while, or (`on=False`) as a graph."""
    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(on)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)
