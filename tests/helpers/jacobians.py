"""Whole automatic Jacobians of functions whose examples do not depend on each other."""

import numpy as np
import tensorflow as tf

__all__ = ["jacobian"]


def jacobian(function, x):
    """Returns d function / dx at one point, `[outputs, inputs]`, both flattened.

    The point is repeated once for each output, and one backward pass of
    `sum_i output_i of copy i` gives all rows.

    Args:
      function: Function of a batch `[B, ...]` of such points, to `[B, ...]`.
      x: Tensor, `[1, ...]`.
    """
    size = int(np.prod(function(x).shape))
    copies = tf.repeat(x, size, axis=0)
    with tf.GradientTape() as tape:
        tape.watch(copies)
        outputs = tf.reshape(function(copies), [size, size])
        rows = tf.reduce_sum(tf.linalg.diag_part(outputs))
    return tape.gradient(rows, copies).numpy().reshape(size, -1)
