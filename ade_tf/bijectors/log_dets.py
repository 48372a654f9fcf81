"""ln |det(I + J)| of a contraction's Jacobian J: by its power series, or exactly."""

import math

import tensorflow as tf

__all__ = ["LARGEST_EXACT", "Exact", "PowerSeries"]

# Values of an image up to which whole Jacobians are computed.
LARGEST_EXACT = 1024
# Chance that a random series goes on, term by term.
_GOES_ON = 0.5


class PowerSeries:
    """Estimates ln |det(I + J)| by its power series and a random vector v of signs.

        ln |det(I + J)| = sum_k (-1)^(k+1) tr(J^k) / k
        estimate   sum_{k=1}^{n} (-1)^(k+1) c_k v^T J^k v / k
        gradient   v^T (dJ) w,   w = sum_{k=0}^{n} (-1)^k c_k J^k v

    The gradient is that of tr((I + J)^-1 dJ), with w held fixed, so that its memory
    does not grow with n. Without `roulette` n is `terms` and c_k is 1 (i-ResNet, arXiv
    1811.00995): the bias is that of the terms left out. With it, each image draws how
    many terms follow the first ones, P(n >= k) = 1/2^(k - terms), and c_k = 1 / P(n >=
    k): value and gradient are unbiased (Residual Flow, arXiv 1906.02735, equations 6
    and 8).

    Args:
      terms: Number of terms that are always computed, n_0 in the paper.
      roulette: Whether more terms follow at random.

    Raises:
      ValueError: If `terms` is below 1.
    """

    def __init__(self, *, terms=2, roulette=False):
        if terms < 1:
            raise ValueError(f"`terms` must be at least 1. Received: terms={terms}")
        self.terms = terms
        self._roulette = roulette

    def __call__(self, jacobian, shape, dtype, draws):
        """Returns the estimate for each image, `[B]`, in nats.

        Args:
          jacobian: A `Jacobian` of B images.
          shape: `(H, W, C)` of the images.
          dtype: Their type.
          draws: `Draws` of v and n.
        """
        v = tf.where(draws.uniform(shape) < 0.5, -1.0, 1.0)
        v = tf.cast(v, dtype)
        last = tf.fill(tf.shape(v)[:1], float(self.terms))
        if self._roulette:
            # In float64, whose uniforms have digits for long series.
            tail = tf.math.log1p(-draws.uniform([], tf.float64)) / math.log(_GOES_ON)
            last += tf.cast(tf.floor(tail), tf.float32)

        def add_term(k, power, value, w):
            power = -jacobian.product(power)
            sure = _GOES_ON ** tf.minimum(self.terms - k, 0.0)
            weight = tf.cast(tf.where(k <= last, sure, 0.0), dtype)
            value -= weight / tf.cast(k, dtype) * _dot(v, power)
            return k + 1.0, power, value, w + weight[:, None, None, None] * power

        _, _, value, w = tf.while_loop(
            lambda k, *_: k <= tf.reduce_max(last),
            add_term,
            (1.0, v, tf.zeros_like(v[:, 0, 0, 0]), v),
        )
        with_gradient = _dot(v, jacobian.product(tf.stop_gradient(w)))
        return tf.stop_gradient(value - with_gradient) + with_gradient


class Exact:
    """Computes ln |det(I + J)| of the whole Jacobian, one image after the other."""

    terms = None

    def __call__(self, jacobian, shape, dtype, draws=None):
        """Returns the log-det of each image, `[B]`; arguments as of `PowerSeries`."""
        del draws
        size = math.prod(shape)
        basis = tf.reshape(tf.eye(size, dtype=dtype), [size, *shape])

        def of_one(slopes):
            own = jacobian._replace(slopes=slopes)
            rows = tf.reshape(basis + own.product(basis), [size, size])
            return tf.linalg.slogdet(rows)[1]

        return tf.map_fn(of_one, jacobian.slopes, fn_output_signature=dtype)


def _dot(a, b):
    return tf.reduce_sum(a * b, axis=[1, 2, 3])
