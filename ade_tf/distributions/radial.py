"""Radial flows as posteriors."""

import tensorflow as tf

from ade_tf.distributions.stepped import SteppedPosterior

__all__ = ["Radial"]


class Radial(SteppedPosterior):
    """Posterior whose steps draw z towards a point, or push it away.

        f(z) = z + beta h (z - c),   h = 1 / (alpha + r),   r = |z - c|
        ln |det| = (d - 1) ln(1 + beta h) + ln(1 + beta h - beta r h^2)

    (arXiv 1505.05770, equations 13 and 14 and appendix A.2). alpha = softplus(a) and
    beta = softplus(b) - alpha, so beta is above -alpha, and f is invertible.

    Args:
      latent_shape: Dimensions of z.
      radial_steps: Number of steps, at least 1.
      dtype: Keras dtype policy of the networks; this form has none.
    """

    def __init__(self, latent_shape, *, radial_steps=8, dtype="float32"):
        del dtype
        super().__init__(latent_shape, radial_steps)

    @property
    def sizes(self) -> list[int]:
        return [self.latent_size, 1, 1]

    def step(self, z, centre, a, b):
        alpha = tf.nn.softplus(a)
        beta = tf.nn.softplus(b) - alpha
        away = z - centre
        # Not 0, where the gradient of the root is infinite.
        r = tf.sqrt(tf.reduce_sum(away**2, axis=1, keepdims=True) + 1e-12)
        h = 1.0 / (alpha + r)
        log_det = (self.latent_size - 1) * tf.math.log1p(beta * h)
        log_det += tf.math.log1p(beta * h - beta * r * h**2)
        return z + beta * h * away, log_det[:, 0]
