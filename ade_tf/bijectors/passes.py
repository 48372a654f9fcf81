"""Value and log-det of any bijector, of this package or of TFP."""

import functools

import tensorflow as tf
import tensorflow_probability as tfp

from ade_tf.bijectors.base import FusedBijector, log_det_per_example

__all__ = ["FusedPass", "forward_and_log_det", "inverse_and_log_det", "is_invert"]

tfb = tfp.bijectors


class FusedPass:
    """A part of a pass that is no bijector by itself, but has both of its methods.

    `forward_and_log_det` and `inverse_and_log_det` take `[B, H, W, C]` and a condition,
    and return the value and the log-det `[B]`.
    """


def forward_and_log_det(bijector, y, condition=None):
    """Value and log-det of any `tfb.Bijector`'s forward map.

    A bijector of this package (or a `tfb.Invert` of one) needs one pass and receives
    the condition. For others, TFP's two methods are called, without the condition.

    Args:
      bijector: A `tfb.Bijector` of events with at most three dimensions.
      y: Tensor, `[..., H, W, C]`.
      condition: None, or a tensor `[B, K]` or `[B, h, w, K]`.

    Returns:
      `bijector.forward(y)` and its log-det, of shape `[...]`, in nats.
    """
    if isinstance(bijector, FusedBijector | FusedPass):
        return bijector.forward_and_log_det(y, condition)
    if is_invert(bijector):
        return inverse_and_log_det(bijector.bijector, y, condition)
    # A new tensor is unknown to TFP's cache, which keeps values of old variables.
    y = tf.identity(y)
    log_det = bijector.forward_log_det_jacobian(y, event_ndims=3)
    return bijector.forward(y), log_det_per_example(log_det, y)


def inverse_and_log_det(bijector, x, condition=None):
    """Value and log-det of any `tfb.Bijector`'s inverse map; see the forward one.

    Args:
      bijector: A `tfb.Bijector` of events with at most three dimensions.
      x: Tensor, `[..., H, W, C]`.
      condition: None, or a tensor `[B, K]` or `[B, h, w, K]`.

    Returns:
      `bijector.inverse(x)` and its log-det, of shape `[...]`, in nats.
    """
    if isinstance(bijector, FusedBijector | FusedPass):
        return bijector.inverse_and_log_det(x, condition)
    if is_invert(bijector):
        return forward_and_log_det(bijector.bijector, x, condition)
    x = tf.identity(x)
    log_det = bijector.inverse_log_det_jacobian(x, event_ndims=3)
    return bijector.inverse(x), log_det_per_example(log_det, x)


def is_invert(bijector) -> bool:
    """Returns whether a bijector is a `tfb.Invert`."""
    return isinstance(bijector, (tfb.Invert, _invert_of_ours()))


@functools.cache
def _invert_of_ours():
    # tfb.Invert gives an instance of a parent class for most bijectors, ours too.
    return type(tfb.Invert(FusedBijector()))
