"""A Gaussian on images with low-rank plus diagonal covariance."""

import math

import tensorflow as tf
import tensorflow_probability as tfp

__all__ = ["LowRankNormal"]

tfd = tfp.distributions


class LowRankNormal(tfd.Distribution):
    """Gaussian N(mu, diag(sigma^2) + W W^T) on `[H, W, C]`.

    With e = (y - mu) / sigma, A = W / sigma and K = I + A^T A, Woodbury's identity and
    the determinant lemma leave matrices of the rank's size:

        e^T (I + A A^T)^-1 e = |e - A c|^2 + |c|^2,   c = K^-1 A^T e
        ln det = sum ln sigma^2 + ln det K

    The quadratic form as a sum of squares loses no digits where W is far above sigma,
    as its usual form |e|^2 - e^T A c does (and TFP's
    `MultivariateNormalDiagPlusLowRankCovariance`: nats, in float32).

    Args:
      mu: Float Tensor, `[B, H, W, C]`.
      sigma: Positive Tensor that broadcasts to mu's shape.
      factors: W, `[H, W, C, rank]` or `[B, H, W, C, rank]`.
    """

    def __init__(self, mu, sigma, factors, name="LowRankNormal"):
        parameters = dict(locals())
        self._mu = tf.convert_to_tensor(mu)
        self._sigma = tf.broadcast_to(
            tf.convert_to_tensor(sigma, self._mu.dtype), tf.shape(self._mu)
        )
        self._factors = tf.convert_to_tensor(factors, self._mu.dtype)
        super().__init__(
            dtype=self._mu.dtype,
            reparameterization_type=tfd.FULLY_REPARAMETERIZED,
            validate_args=False,
            allow_nan_stats=True,
            parameters=parameters,
            name=name,
        )

    def _batch_shape(self):
        return self._mu.shape[:1]

    def _batch_shape_tensor(self):
        return tf.shape(self._mu)[:1]

    def _event_shape(self):
        return self._mu.shape[1:]

    def _event_shape_tensor(self):
        return tf.shape(self._mu)[1:]

    def _mean(self):
        return tf.identity(self._mu)

    def _sample_n(self, n, seed=None):
        seeds = tfp.random.split_seed(seed)
        shape = tf.concat([[n], tf.shape(self._mu)], 0)
        rank = self._factors.shape[-1]
        own = tf.random.stateless_normal(shape, seeds[0], dtype=self.dtype)
        size = [n, shape[1], 1, 1, 1, rank]
        shared = tf.random.stateless_normal(size, seeds[1], dtype=self.dtype)
        shared = tf.reduce_sum(self._factors * shared, axis=-1)
        return self._mu + self._sigma * own + shared

    def _log_prob(self, y):
        size, rank = math.prod(self._mu.shape[1:]), self._factors.shape[-1]
        e = tf.reshape((y - self._mu) / self._sigma, [-1, size, 1])
        a = tf.reshape(self._factors / self._sigma[..., None], [-1, size, rank])
        k = tf.eye(rank, dtype=self.dtype) + tf.matmul(a, a, transpose_a=True)
        root = tf.linalg.cholesky(k)
        c = tf.linalg.cholesky_solve(root, tf.matmul(a, e, transpose_a=True))
        squares = tf.reduce_sum((e - tf.matmul(a, c)) ** 2, axis=[1, 2])
        squares += tf.reduce_sum(c**2, axis=[1, 2])
        log_det = tf.reduce_sum(tf.math.log(self._sigma), axis=[1, 2, 3])
        log_det += tf.reduce_sum(tf.math.log(tf.linalg.diag_part(root)), axis=-1)
        return -0.5 * (squares + size * math.log(2.0 * math.pi)) - log_det
