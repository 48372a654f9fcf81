"""Factoring out: half of the channels end at a scale, the others continue."""

import tensorflow as tf

from ade_tf.bijectors.base import FusedBijector
from ade_tf.bijectors.passes import forward_and_log_det, inverse_and_log_det
from ade_tf.bijectors.transforms import bounded
from ade_tf.private_doors import untracked
from ade_tf.randomness import draws_scope

__all__ = ["FactorOut"]


class FactorOut(FusedBijector):
    """Passes the first half of the channels through `inner` and ends the second half.

    With `a` the first `ceil(C / 2)` channels of the image side and `b` the others:

        y_a = inner^-1(a)
        y_b = b                                       without a prior
        y_b = (b - mean(a)) * exp(-log_scale(a))      with a learned prior

    and `y = concat(y_a, y_b)`, so features have the image's shape (arXiv 1605.08803,
    section 3.6, where the parts are kept apart). A standard normal on `y_b` then is
    Glow's learned conditional Gaussian of `b` (arXiv 1807.03039, section 3). Deviation:
    `log_scale = bound * tanh(r / bound)` is bounded on both sides.

    Args:
      event_shape: `(H, W, C)`, `C` at least 2.
      inner: A bijector of events `(H, W, ceil(C / 2))`.
      prior_network: None, or a built Keras layer: `network(a, condition)` is
        `[B, H, W, 2 floor(C / 2)]`, the means and then the raw log-scales. One that
        gives zeros at first makes the prior a standard normal at first.
      log_scale_bound: Limit of `|log_scale|`, positive.
      dtype: "float32" or "float64".
      name: Name for the ops.

    Raises:
      ValueError: If there are fewer than 2 channels, or the bound is not positive.
    """

    def __init__(
        self,
        event_shape,
        inner,
        *,
        prior_network=None,
        log_scale_bound=2.0,
        dtype="float32",
        name="factor_out",
    ):
        parameters = dict(locals())
        super().__init__(
            event_shape=event_shape,
            dtype=dtype,
            is_constant_jacobian=prior_network is None and inner.is_constant_jacobian,
            parameters=parameters,
            name=name,
        )
        channels = self.event_shape[-1]
        if channels < 2:
            raise ValueError(
                "Factoring out halves the channels, so there are at least 2. "
                f"Received: event_shape={self.event_shape}"
            )
        if not log_scale_bound > 0:
            raise ValueError(
                "`log_scale_bound` is positive. "
                f"Received: log_scale_bound={log_scale_bound}"
            )
        self._sizes = untracked(self, [channels - channels // 2, channels // 2])
        self._bound = log_scale_bound
        self._inner = inner
        self._network = None
        if prior_network is not None:
            self._network = self._track(prior_network)

    @property
    def inner(self):
        """The bijector of the channels that continue."""
        return self._inner

    def _forward_and_log_det(self, y, condition):
        y_on, y_end = tf.split(y, self._sizes, axis=-1)
        on, log_det = forward_and_log_det(self._inner, y_on, condition)
        if self._network is None:
            return tf.concat([on, y_end], -1), log_det
        end, prior_log_det = self._through_prior(
            "forward", y_end, self._prior(on, condition)
        )
        return tf.concat([on, end], -1), log_det + prior_log_det

    def _inverse_and_log_det(self, x, condition):
        on, end = tf.split(x, self._sizes, axis=-1)
        y_on, log_det = inverse_and_log_det(self._inner, on, condition)
        if self._network is None:
            return tf.concat([y_on, end], -1), log_det
        y_end, prior_log_det = self._through_prior(
            "inverse", end, self._prior(on, condition)
        )
        return tf.concat([y_on, y_end], -1), log_det + prior_log_det

    def _step_back(self, back, direction, output, gradient):
        on, end = tf.split(output, self._sizes, axis=-1)
        d_on, d_end = tf.split(gradient, self._sizes, axis=-1)
        # In both directions the network ran last, on the image side of the inner one.
        draws = None if self._network is None else back.next_draws()
        if direction == "inverse":
            on, d_on = back.through(self._inner, direction, on, d_on)
        if self._network is not None:
            with back.tape(on, d_on) as tape, draws_scope(draws):
                tape.watch(on)
                prior = self._prior(on, back.condition)
                with tape.stop_recording():
                    undo = "inverse" if direction == "forward" else "forward"
                    end, _ = self._through_prior(undo, end, prior)
                tape.watch(end)
                again, log_det = self._through_prior(direction, end, prior)
            d_end, d_prior = back.pull(tape, again, d_end, log_det, [end, on])
            d_on += d_prior
        if direction == "forward":
            on, d_on = back.through(self._inner, direction, on, d_on)
        return tf.concat([on, end], -1), tf.concat([d_on, d_end], -1)

    def initialize(self, x, condition=None):
        """Initialises the inner bijector on the channels that continue."""
        x = tf.convert_to_tensor(x, self.dtype)
        if isinstance(self._inner, FusedBijector):
            self._inner.initialize(tf.split(x, self._sizes, axis=-1)[0], condition)
        return self.inverse_and_log_det(x, condition)[0]

    def _prior(self, on, condition):
        with self._drawing():
            mean, raw = tf.split(self._network(on, condition), 2, axis=-1)
        return mean, bounded(raw, self._bound)

    def _through_prior(self, direction, end, prior):
        mean, log_scale = prior
        log_det = tf.reduce_sum(log_scale, axis=[1, 2, 3])
        if direction == "forward":
            return end * tf.exp(log_scale) + mean, log_det
        return (end - mean) * tf.exp(-log_scale), -log_det
