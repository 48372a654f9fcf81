"""The image side of a feature map: from pixel levels to the flow's scale."""

import math

import tensorflow as tf

from ade_tf.bijectors.base import FusedBijector

__all__ = ["ImageSpace"]


class ImageSpace(FusedBijector):
    """Maps images with values in `[0, levels]` to the scale of the flow.

    In the inverse direction, with `v = x / levels`:

        y = logit(alpha + (1 - 2 alpha) v)    if alpha > 0 (arXiv 1605.08803, 4.1)
        y = (v - 1/2) scale                   if alpha = 0

    and `y = x` for continuous data, `levels = 0`. The log-det includes the division by
    `levels`, so densities are per unit of level. With the logit, `forward` can leave
    `[0, levels]` by the fraction alpha on each side, and `inverse` accepts such values.

    Args:
      levels: Number of levels of a pixel, e.g. 256; 0 for continuous data.
      alpha: Distance kept from 0 and 1 before the logit, in [0, 1/2); 0 for no logit.
      scale: Range of the features without the logit, positive.
      dtype: "float32" or "float64".
      name: Name for the ops.

    Raises:
      ValueError: If an argument is out of range.
    """

    def __init__(
        self, levels, *, alpha=0.05, scale=4.0, dtype="float32", name="image_space"
    ):
        parameters = dict(locals())
        if levels < 0 or levels == 1 or levels != int(levels):
            raise ValueError(
                "`levels` is 0 (continuous data) or an integer of at least 2. "
                f"Received: levels={levels}"
            )
        if not 0 <= alpha < 0.5:
            raise ValueError(
                f"`alpha` is at least 0 and below 1/2. Received: alpha={alpha}"
            )
        if not (math.isfinite(scale) and scale > 0):
            raise ValueError(f"`scale` is positive and finite. Received: scale={scale}")
        super().__init__(
            dtype=dtype,
            is_constant_jacobian=levels == 0 or alpha == 0,
            parameters=parameters,
            name=name,
        )
        self._levels = int(levels)
        self._alpha = float(alpha)
        self._scale = float(scale)

    def _forward_and_log_det(self, y, condition):
        if self._levels and self._alpha:
            inner = 1 - 2 * self._alpha
            x = (tf.sigmoid(y) - self._alpha) * (self._levels / inner)
            return x, -self._logit_log_det(y)
        if self._levels:
            x = (y / self._scale + 0.5) * self._levels
            return x, -self._linear_log_det(y)
        return y, tf.zeros([], y.dtype)

    def _inverse_and_log_det(self, x, condition):
        if self._levels and self._alpha:
            inner = 1 - 2 * self._alpha
            p = self._alpha + x * (inner / self._levels)
            q = self._alpha + (self._levels - x) * (inner / self._levels)
            y = tf.math.log(p) - tf.math.log(q)
            return y, self._logit_log_det(y)
        if self._levels:
            y = (x / self._levels - 0.5) * self._scale
            return y, self._linear_log_det(y)
        return x, tf.zeros([], x.dtype)

    def _logit_log_det(self, y):
        """log |det dy/dx|: -ln sigmoid'(y) + ln((1 - 2 alpha) / levels) a value."""
        per_value = tf.nn.softplus(y) + tf.nn.softplus(-y)
        total = tf.reduce_sum(per_value, axis=[1, 2, 3])
        return total + _size(y) * math.log((1 - 2 * self._alpha) / self._levels)

    def _linear_log_det(self, y):
        return _size(y) * math.log(self._scale / self._levels)


def _size(y):
    """Number of values of an image, as a tensor of its dtype."""
    return tf.cast(tf.reduce_prod(tf.shape(y)[1:]), y.dtype)
