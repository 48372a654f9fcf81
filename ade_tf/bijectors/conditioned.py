"""A bijector together with its condition."""

import tensorflow as tf

from ade_tf.bijectors.base import FusedBijector
from ade_tf.bijectors.passes import forward_and_log_det, inverse_and_log_det
from ade_tf.networks.condition import repeat_condition

__all__ = ["Conditioned"]


class Conditioned(FusedBijector):
    """A bijector with a fixed condition for each example.

        Conditioned(f, c).forward(y) = f.forward(y, condition=c)

    It takes no further condition, so that it can be used where TFP passes none, such as
    in a `tfd.TransformedDistribution`.

    Args:
      bijector: A `tfb.Bijector` that takes the condition; its parameters stay its own.
      condition: Tensor `[B, K]` or `[B, h, w, K]`; it belongs to the last leading
        dimension of what is mapped.
      name: Name for the ops.
    """

    def __init__(self, bijector, condition, *, name="conditioned"):
        parameters = dict(locals())
        super().__init__(
            dtype=bijector.dtype,
            is_constant_jacobian=bijector.is_constant_jacobian,
            parameters=parameters,
            name=name,
        )
        self._bijector = bijector
        self._condition = tf.convert_to_tensor(condition, self.dtype)

    @property
    def bijector(self):
        """The bijector that is given the condition."""
        return self._bijector

    def _forward_and_log_det(self, y, condition):
        return forward_and_log_det(self._bijector, y, self._own(y, condition))

    def _inverse_and_log_det(self, x, condition):
        return inverse_and_log_det(self._bijector, x, self._own(x, condition))

    def _own(self, batch, condition):
        if condition is not None:
            raise ValueError(
                "a bijector that holds its condition is given no other. "
                f"Received: condition of shape {condition.shape}"
            )
        return repeat_condition(self._condition, tf.shape(batch)[0])

    def _forward_event_shape(self, shape):
        return self._bijector.forward_event_shape(shape)

    def _inverse_event_shape(self, shape):
        return self._bijector.inverse_event_shape(shape)

    def _forward_event_shape_tensor(self, shape):
        return self._bijector.forward_event_shape_tensor(shape)

    def _inverse_event_shape_tensor(self, shape):
        return self._bijector.inverse_event_shape_tensor(shape)
