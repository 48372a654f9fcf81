"""Tools for tests of bijectors: perturbed weights, independent log-determinants."""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from ade_tf import bijectors

__all__ = [
    "Case",
    "copy_weights",
    "jacobian_log_det",
    "perturb",
    "round_trip",
]


@dataclasses.dataclass(frozen=True)
class Case:
    """A bijector to test: how to build it and what it takes.

    Attributes:
      make: Function of the dtype's name that builds it.
      shape: Event shape on the image side.
      condition_shape: Shape of one condition, or None.
      levels: Images are uniform in [0, levels]; normal where it is 0.
      feature_shape: Event shape on the feature side; None for that of the image.
    """

    make: Callable
    shape: tuple
    condition_shape: tuple | None = None
    levels: int = 0
    feature_shape: tuple | None = None

    def images(self, batch, dtype="float64", seed=1):
        """Draws images."""
        rng = np.random.default_rng(seed)
        size = (batch, *self.shape)
        values = (
            rng.uniform(0, self.levels, size) if self.levels else rng.normal(size=size)
        )
        return tf.constant(values, dtype)

    def features(self, batch, dtype="float64", seed=2):
        """Draws features."""
        size = (batch, *(self.feature_shape or self.shape))
        return tf.constant(np.random.default_rng(seed).normal(size=size), dtype)

    def condition(self, batch, dtype="float64", seed=3):
        """Draws conditions, or gives None."""
        if self.condition_shape is None:
            return None
        size = (batch, *self.condition_shape)
        return tf.constant(np.random.default_rng(seed).normal(size=size), dtype)


def perturb(bijector, scale=0.1, seed=0):
    """Adds normal noise to the trainable variables, so no layer is left at zero.

    Moderately: zero-initialised networks hide every mistake in a log-det, while large
    noise makes matrices and deep flows so ill-conditioned that float32 alone, not the
    code, would miss a tolerance.
    """
    rng = np.random.default_rng(seed)
    for variable in bijector.trainable_variables:
        variable.assign_add(rng.normal(scale=scale, size=variable.shape))
    return bijector


def copy_weights(source, target):
    """Gives `target` the values of `source`, whatever the two dtypes."""
    for old, new in zip(source.variables, target.variables, strict=True):
        new.assign(tf.cast(old, new.dtype))
    return target


def jacobian_log_det(function, x, condition=None):
    """Log |det| of the automatic Jacobian of every example of a batch.

    Each example is repeated once for each of its D outputs, and one backward pass of
    `sum_i output_i of copy i` gives the D rows of its Jacobian.

    Args:
      function: Function of `(x, condition)`; examples must not depend on each other.
      x: Tensor `[B, H, W, C]`.
      condition: Tensor `[B, ...]` or None.

    Returns:
      Array `[B]`.
    """
    batch, size = len(x), int(np.prod(x.shape[1:]))
    copies = tf.repeat(x, size, axis=0)
    if condition is not None:
        condition = tf.repeat(condition, size, axis=0)
    with tf.GradientTape() as tape:
        tape.watch(copies)
        output = tf.reshape(function(copies, condition), [batch, size, size])
        rows = tf.reduce_sum(tf.linalg.diag_part(output))
    jacobian = tf.reshape(tape.gradient(rows, copies), [batch, size, size])
    return np.linalg.slogdet(jacobian.numpy())[1]


def round_trip(bijector, start, condition=None, *, first="inverse"):
    """Applies one direction and then the other, with TFP's kind of cache defeated.

    Args:
      bijector: Any bijector.
      start: Images if `first` is "inverse", features if it is "forward".
      condition: Tensor or None.
      first: The direction that comes first.

    Returns:
      The largest error, as a share of the range of `start`.
    """
    steps = [bijectors.inverse_and_log_det, bijectors.forward_and_log_det]
    if first == "forward":
        steps.reverse()
    middle, _ = steps[0](bijector, start, condition)
    # A cache would give back the very tensor it started from.
    end, _ = steps[1](bijector, tf.identity(middle), condition)
    start = start.numpy()
    return np.max(np.abs(end.numpy() - start)) / np.ptp(start)
