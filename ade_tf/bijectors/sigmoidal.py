"""Deep sigmoidal transform: a monotone network for each entry."""

import math

import tensorflow as tf

__all__ = ["Sigmoidal"]

_MARGIN = 1e-4
_FARTHEST = 100.0
_HALVINGS = 30
# softplus of it is 1.
_RAW_ONE = math.log(math.e - 1.0)


class Sigmoidal:
    """Monotone network of one hidden layer (NAF, arXiv 1804.00779, equation 8).

        y = logit(p),   p = (1 - 2 e) sum_k w_k sigmoid(a_k x + b_k) + e

    with a = softplus(r + 0.54), w = softmax(s), and e = 1e-4, which keeps p off 0 and
    1. All-zero parameters give a = 1, w = 1 / K and b from -1 to 1, so that no two
    units learn the same. The other direction has no closed form: x is found by
    bisection, and one step of Newton's method gives the result its gradient. y stays
    within logit(1 - e) = 9.2; what lies beyond comes back as an end of the search,
    |x| = 100.

    Args:
      sigmoidal_units: Hidden units of each entry, at least 1.
    """

    def __init__(self, sigmoidal_units: int = 8):
        if sigmoidal_units < 1:
            raise ValueError(
                "a sigmoidal transform has at least 1 unit. "
                f"Received: sigmoidal_units={sigmoidal_units}"
            )
        self.units = sigmoidal_units
        self.parameters_per_entry = 3 * sigmoidal_units

    def inverse_and_log_det(self, x, raw):
        """Takes image-side entries to feature-side ones, as `Additive` does."""
        return self._run(x, self._parts(raw, x.shape[-1]))

    def forward_and_log_det(self, y, raw):
        """Undoes `inverse_and_log_det` for the same `raw`, with its own log-det."""
        parts = self._parts(raw, y.shape[-1])
        low = tf.fill(tf.shape(y), tf.constant(-_FARTHEST, y.dtype))
        high = -low

        def halve(turn, low, high):
            middle = 0.5 * (low + high)
            below = self._run(middle, parts)[0] < y
            return (
                turn + 1,
                tf.where(below, middle, low),
                tf.where(below, high, middle),
            )

        turns = 2 * _HALVINGS if y.dtype == tf.float64 else _HALVINGS
        _, low, high = tf.while_loop(
            lambda turn, low, high: turn < turns, halve, (0, low, high)
        )
        x = tf.stop_gradient(0.5 * (low + high))
        value, log_det = self._run(x, parts)
        x -= (value - y) * tf.stop_gradient(tf.exp(-log_det))
        # Once more, for the log-det's gradient with respect to x.
        return x, -self._run(x, parts)[1]

    def _run(self, x, parts):
        log_weights, scale, log_scale, shift = parts
        inner = scale * x[..., None] + shift
        terms = log_weights + tf.math.log_sigmoid(inner)
        others = log_weights + tf.math.log_sigmoid(-inner)
        inside = 1.0 - 2.0 * _MARGIN
        p = inside * tf.exp(tf.reduce_logsumexp(terms, -1)) + _MARGIN
        q = inside * tf.exp(tf.reduce_logsumexp(others, -1)) + _MARGIN
        slope = tf.math.log_sigmoid(inner) + tf.math.log_sigmoid(-inner)
        log_slope = tf.reduce_logsumexp(log_weights + log_scale + slope, -1)
        log_slope += tf.math.log(tf.constant(inside, x.dtype))
        y = tf.math.log(p) - tf.math.log(q)
        return y, log_slope - tf.math.log(p) - tf.math.log(q)

    def _parts(self, raw, channels):
        first, second, rest = tf.split(raw, [channels, channels, -1], axis=-1)
        shape = [-1, *raw.shape[1:-1], channels, self.parameters_per_entry - 2]
        raw = tf.concat(
            [first[..., None], second[..., None], tf.reshape(rest, shape)], -1
        )
        shift, raw_scale, raw_weight = tf.split(raw, 3, axis=-1)
        scale = tf.nn.softplus(raw_scale + _RAW_ONE)
        shift += tf.linspace(tf.constant(-1.0, raw.dtype), 1.0, self.units)
        return tf.nn.log_softmax(raw_weight), scale, tf.math.log(scale), shift
