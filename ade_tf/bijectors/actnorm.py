"""ActNorm: a learned shift and scale per channel, initialised from a batch."""

import math

import keras
import numpy as np
import tensorflow as tf

from ade_tf.bijectors.base import FusedBijector

__all__ = ["ActNorm", "norms"]

# Standard deviation of an entry, in steps between numbers of its size, below which
# rounding is no small part of it.
_LEAST_STEPS = 100


class ActNorm(FusedBijector):
    """Shifts and scales each channel, or each entry (Glow, arXiv 1807.03039, sec. 3.1).

        inverse (image to features):  y = (x + shift) * exp(log_scale)
        forward (features to image):  x = y * exp(-log_scale) - shift
        log |det dy/dx| = H * W * sum(log_scale)          per="channel"
                        = sum(log_scale)                  per="position"

    Both parameters start at zero, which is the identity. `initialize` sets them so that
    the features of its batch have mean 0 and variance 1. The first call does not do
    this by itself.

    Args:
      event_shape: `(H, W, C)`.
      per: "channel", or "position" for one pair per position and channel.
      dtype: "float32" or "float64".
      name: Name for the ops.

    Raises:
      ValueError: If `per` is neither of these.
    """

    def __init__(self, event_shape, per="channel", *, dtype="float32", name="actnorm"):
        parameters = dict(locals())
        super().__init__(
            event_shape=event_shape,
            dtype=dtype,
            is_constant_jacobian=True,
            parameters=parameters,
            name=name,
        )
        if per not in ("channel", "position"):
            raise ValueError(
                f"`per` must be 'channel' or 'position'. Received: per={per}"
            )
        shape = self.event_shape if per == "position" else self.event_shape[-1:]
        self.per_channel = per == "channel"
        self._entries_per_scale = math.prod(self.event_shape) // math.prod(shape)
        self._parameters_layer = self._track(_ShiftAndScale(shape, dtype=dtype))

    @property
    def initialized(self) -> tf.Tensor:
        """Scalar: 1 once `initialize` has run, here or before a checkpoint; else 0."""
        return tf.convert_to_tensor(self._parameters_layer.initialized)

    def initialize(self, x, condition=None):
        """Makes the features of a batch have mean 0 and variance 1, entry by entry.

        Statistics are taken in float64. Runs eagerly, under a distribution strategy in
        cross-replica context: all replicas get the same values.

        Args:
          x: Images, `[B, H, W, C]`, the whole batch.
          condition: Ignored.

        Returns:
          The features of `x`.

        Raises:
          ValueError: If `x` is not finite, or a channel (an entry) does not vary, or
            hardly more than the rounding of its numbers.
        """
        weights = self._parameters_layer
        values = np.asarray(x, np.float64)
        axes = tuple(range(4 - len(weights.shift.shape)))
        if not np.all(np.isfinite(values)):
            raise ValueError(
                "ActNorm is initialised from finite values. Received: "
                f"{np.sum(~np.isfinite(values))} non-finite ones in {self.name}"
            )
        deviation = values.std(axes)
        step = np.spacing(np.abs(values).max(axes).astype(weights.shift.dtype))
        constant = deviation < _LEAST_STEPS * step
        if np.any(constant):
            place = tuple(np.argwhere(constant)[0].tolist())
            raise ValueError(
                "ActNorm is initialised from values that vary over the batch by more "
                "than the rounding of their numbers, since zero variance has no scale. "
                f"Received: standard deviation {deviation[place]:.3g} about the mean "
                f"{values.mean(axes)[place]:.6g} at index {place} (of "
                f"{constant.shape}) in {self.name}, batch size {len(values)}"
            )
        weights.shift.assign(-values.mean(axes))
        weights.log_scale.assign(-np.log(deviation))
        weights.initialized.assign(1)
        return super().initialize(x, condition)

    @property
    def shift_and_log_scale(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Both parameters, `[C]`, or `[H, W, C]` per position."""
        weights = self._parameters_layer
        return tuple(map(tf.convert_to_tensor, (weights.shift, weights.log_scale)))

    def _forward_and_log_det(self, y, condition):
        shift, log_scale = self.shift_and_log_scale
        return y * tf.exp(-log_scale) - shift, -self.log_det(log_scale)

    def _inverse_and_log_det(self, x, condition):
        shift, log_scale = self.shift_and_log_scale
        return (x + shift) * tf.exp(log_scale), self.log_det(log_scale)

    def log_det(self, log_scale) -> tf.Tensor:
        """Returns log |det dy/dx| of these log-scales, a scalar."""
        return self._entries_per_scale * tf.reduce_sum(log_scale)


def norms(event_shape, per, dtype) -> list[ActNorm]:
    """Returns an `ActNorm` in a list, which is empty where `per` is "none"."""
    return [] if per == "none" else [ActNorm(event_shape, per, dtype=dtype)]


class _ShiftAndScale(keras.layers.Layer):
    def __init__(self, shape, *, dtype):
        # A SavedModel takes no name that begins with an underscore.
        super().__init__(dtype=dtype, name="shift_and_scale")
        self.shift = self.add_weight(shape=shape, initializer="zeros", name="shift")
        self.log_scale = self.add_weight(
            shape=shape, initializer="zeros", name="log_scale"
        )
        self.initialized = self.add_weight(
            shape=(), initializer="zeros", trainable=False, name="initialized"
        )
        self.built = True
