"""An ActNorm and the 1x1 convolution behind it as one product."""

import dataclasses

import tensorflow as tf

from ade_tf.bijectors.actnorm import ActNorm
from ade_tf.bijectors.invertible_conv import InvertibleConv
from ade_tf.bijectors.passes import FusedPass

__all__ = ["NormalizedConv", "folded"]


@dataclasses.dataclass(frozen=True)
class NormalizedConv(FusedPass):
    """An `ActNorm` per channel, then an `InvertibleConv`, at every position

        y = ((x + shift) * exp(log_scale)) W = x (diag(exp(log_scale)) W) + shift'

    The scales go into the matrix of C x C: a pass over the image less, both ways.

    Attributes:
      norm: The `ActNorm`.
      conv: The `InvertibleConv`.
    """

    norm: ActNorm
    conv: InvertibleConv

    def forward_and_log_det(self, y, condition=None):
        """Returns the image and log |det dx/dy|, as a `FusedBijector` does."""
        self.norm.check_event(y)
        shift, log_scale = self.norm.shift_and_log_scale
        matrix = self.conv.inverse_matrix * tf.exp(-log_scale)
        return self.conv.mix(y, matrix, -shift), -self._log_det(y, log_scale)

    def inverse_and_log_det(self, x, condition=None):
        """Returns the features and log |det dy/dx|, as a `FusedBijector` does."""
        self.norm.check_event(x)
        shift, log_scale = self.norm.shift_and_log_scale
        matrix = tf.exp(log_scale)[:, None] * self.conv.matrix
        shift = tf.reduce_sum(shift[:, None] * matrix, 0)
        return self.conv.mix(x, matrix, shift), self._log_det(x, log_scale)

    def _log_det(self, x, log_scale):
        log_det = self.norm.log_det(log_scale) + self.conv.log_det(x.shape)
        return tf.broadcast_to(log_det, tf.shape(x)[:1])


def folded(bijectors) -> list:
    """Returns bijectors with `NormalizedConv`s in the place of their two parts."""
    found = []
    for bijector in bijectors:
        before = found[-1] if found else None
        if _is(bijector, InvertibleConv) and _is(before, ActNorm):
            if before.per_channel and before.event_shape[-1] == bijector.channels:
                bijector = NormalizedConv(found.pop(), bijector)
        found.append(bijector)
    return found


def _is(bijector, kind):
    # Not of a subclass, which may do something else.
    return type(bijector) is kind
