"""Planar flows as posteriors."""

import tensorflow as tf

from ade_tf.distributions.stepped import SteppedPosterior

__all__ = ["Planar"]


class Planar(SteppedPosterior):
    """Posterior whose steps push z along one direction, by how it lies along another.

        f(z) = z + u' tanh(w z + b)
        ln |det| = ln |1 + (1 - tanh^2(w z + b)) w u'|
        u' = u + [softplus(w u) - 1 - w u] w / |w|^2

    (arXiv 1505.05770, equations 10 to 12 and appendix A.1): with u' the product w u' is
    above -1, and f is invertible.

    Args:
      latent_shape: Dimensions of z.
      planar_steps: Number of steps, at least 1.
      dtype: Keras dtype policy of the networks; this form has none.
    """

    def __init__(self, latent_shape, *, planar_steps=8, dtype="float32"):
        del dtype
        super().__init__(latent_shape, planar_steps)

    @property
    def sizes(self) -> list[int]:
        return [self.latent_size, self.latent_size, 1]

    def step(self, z, u, w, b):
        along = tf.reduce_sum(w * u, axis=1, keepdims=True)
        squares = tf.reduce_sum(w**2, axis=1, keepdims=True)
        missing = tf.nn.softplus(along) - 1.0 - along
        u += tf.math.divide_no_nan(missing, squares) * w
        bent = tf.tanh(tf.reduce_sum(w * z, axis=1, keepdims=True) + b)
        slope = (1.0 - bent**2) * tf.reduce_sum(w * u, axis=1, keepdims=True)
        return z + u * bent, tf.math.log1p(slope)[:, 0]
