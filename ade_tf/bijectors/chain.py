"""Composition of bijectors that keeps value and log-det together."""

import tensorflow as tf
import tensorflow_probability as tfp

from ade_tf.bijectors.base import FusedBijector
from ade_tf.bijectors.normalized_conv import folded
from ade_tf.bijectors.passes import forward_and_log_det, inverse_and_log_det

__all__ = ["FusedChain", "identity"]


class FusedChain(FusedBijector):
    """A composition of bijectors; one pass gives the value and the summed log-dets.

    `FusedChain([a, b]).forward(y) = a.forward(b.forward(y))`, in TFP's order: the first
    listed is nearest to the image. Every bijector of this package (and every
    `tfb.Invert` of one) receives the condition; other bijectors do not. An `ActNorm`
    per channel right before an `InvertibleConv` is computed with it, as a
    `NormalizedConv`.

    Args:
      bijectors: A list of `tfb.Bijector`s of image events; an empty list is the
        identity.
      dtype: "float32" or "float64"; None for that of the bijectors, and float32 if
        they have none.
      name: Name for the ops.

    Raises:
      TypeError: If an entry is not a `tfb.Bijector`.
      ValueError: If the dtypes differ.
    """

    def __init__(self, bijectors, *, dtype=None, name="fused_chain"):
        parameters = dict(locals())
        self._bijectors = list(bijectors)
        super().__init__(
            dtype=_common_dtype(self._bijectors, dtype),
            is_constant_jacobian=all(b.is_constant_jacobian for b in self._bijectors),
            parameters=parameters,
            name=name,
        )

    @property
    def bijectors(self):
        """The composed bijectors, the one nearest to the image first (a tuple)."""
        return tuple(self._bijectors)

    def _forward_and_log_det(self, y, condition):
        total = tf.zeros(tf.shape(y)[:1], y.dtype)
        for bijector in reversed(folded(self._bijectors)):
            y, log_det = forward_and_log_det(bijector, y, condition)
            total += log_det
        return y, total

    def _inverse_and_log_det(self, x, condition):
        total = tf.zeros(tf.shape(x)[:1], x.dtype)
        for bijector in folded(self._bijectors):
            x, log_det = inverse_and_log_det(bijector, x, condition)
            total += log_det
        return x, total

    def _step_back(self, back, direction, output, gradient):
        way = iter if direction == "forward" else reversed
        for bijector in way(folded(self._bijectors)):
            output, gradient = back.through(bijector, direction, output, gradient)
        return output, gradient

    def initialize(self, x, condition=None):
        """Initialises each bijector on its own input (see the base class)."""
        x = tf.convert_to_tensor(x, self.dtype)
        for bijector in self._bijectors:
            if isinstance(bijector, FusedBijector):
                x = bijector.initialize(x, condition)
            else:
                x, _ = inverse_and_log_det(bijector, x, condition)
        return x

    def _forward_event_shape(self, shape):
        for bijector in reversed(self._bijectors):
            shape = bijector.forward_event_shape(shape)
        return shape

    def _inverse_event_shape(self, shape):
        for bijector in self._bijectors:
            shape = bijector.inverse_event_shape(shape)
        return shape

    def _forward_event_shape_tensor(self, shape):
        for bijector in reversed(self._bijectors):
            shape = bijector.forward_event_shape_tensor(shape)
        return shape

    def _inverse_event_shape_tensor(self, shape):
        for bijector in self._bijectors:
            shape = bijector.inverse_event_shape_tensor(shape)
        return shape


def _common_dtype(bijectors, dtype):
    for bijector in bijectors:
        if not isinstance(bijector, tfp.bijectors.Bijector):
            raise TypeError(
                "A chain is made of tfb.Bijectors. Received: an entry of type "
                f"{type(bijector).__name__}"
            )
    dtypes = {tf.as_dtype(d).name for d in (dtype, *(b.dtype for b in bijectors)) if d}
    if len(dtypes) > 1:
        raise ValueError(
            "The bijectors of a chain, and the chain, have one dtype. "
            f"Received: dtype={', '.join(sorted(dtypes))}"
        )
    return dtypes.pop() if dtypes else "float32"


def identity(
    event_shape,
    *,
    position_maps=False,
    condition_shape=None,
    network_dtype=None,
    dtype="float32",
) -> FusedChain:
    """Builds the identity: the features are the image.

    Args:
      event_shape: `(H, W, C)`; any.
      position_maps: Taken, like the next two, as by all feature maps; there are no
        networks here.
      condition_shape: See `position_maps`.
      network_dtype: See `position_maps`.
      dtype: "float32" or "float64".

    Returns:
      A `FusedChain` of no bijectors.
    """
    del event_shape, position_maps, condition_shape, network_dtype
    return FusedChain([], dtype=dtype)
