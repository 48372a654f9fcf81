"""Exchange of spatial size for channels."""

import tensorflow as tf

from ade_tf.bijectors.base import FusedBijector

__all__ = ["Squeeze"]


class Squeeze(FusedBijector):
    """Moves blocks of `factor x factor` pixels into the channels, as Real NVP does.

    `inverse` takes the image `[B, H, W, C]` to `[B, H/f, W/f, C f^2]` and `forward`
    takes it back (arXiv 1605.08803, section 3.6). A permutation: its log-det is 0.

    Args:
      factor: Side of a block, at least 2.
      dtype: "float32" or "float64".
      name: Name for the ops.

    Raises:
      ValueError: At construction if `factor` is not an integer of at least 2; at a call
        if a side (or, forward, the channels) cannot be divided.
    """

    def __init__(self, factor=2, *, dtype="float32", name="squeeze"):
        parameters = dict(locals())
        if not isinstance(factor, int) or factor < 2:
            raise ValueError(
                f"`factor` is an integer of at least 2. Received: factor={factor}"
            )
        super().__init__(
            dtype=dtype, is_constant_jacobian=True, parameters=parameters, name=name
        )
        self._factor = factor

    @property
    def _is_permutation(self):
        return True

    def _forward_and_log_det(self, y, condition):
        self._forward_event_shape(y.shape[1:])
        return tf.nn.depth_to_space(y, self._factor), tf.zeros([], y.dtype)

    def _inverse_and_log_det(self, x, condition):
        self._inverse_event_shape(x.shape[1:])
        return tf.nn.space_to_depth(x, self._factor), tf.zeros([], x.dtype)

    def _forward_event_shape(self, shape):
        f = self._factor
        height, width, channels = shape
        if channels is not None and channels % (f * f):
            raise ValueError(
                f"Channels are divisible by factor^2 = {f * f} to be spread over "
                f"space. Received: shape={tuple(shape)}"
            )
        return tf.TensorShape(
            [_times(height, f), _times(width, f), channels and channels // (f * f)]
        )

    def _inverse_event_shape(self, shape):
        f = self._factor
        height, width, channels = shape
        if any(side is not None and side % f for side in (height, width)):
            raise ValueError(
                f"Height and width are divisible by factor = {f} to be squeezed. "
                f"Received: shape={tuple(shape)}"
            )
        return tf.TensorShape(
            [height and height // f, width and width // f, _times(channels, f * f)]
        )

    def _forward_event_shape_tensor(self, shape):
        f = self._factor
        return tf.stack([shape[0] * f, shape[1] * f, shape[2] // (f * f)])

    def _inverse_event_shape_tensor(self, shape):
        f = self._factor
        return tf.stack([shape[0] // f, shape[1] // f, shape[2] * f * f])


def _times(side, factor):
    return None if side is None else side * factor
