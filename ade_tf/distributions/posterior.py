"""Posteriors q(z | x) over the latent vector."""

import tensorflow as tf
import tensorflow_probability as tfp

from ade_tf.distributions.draw import LatentDraw, sum_positions

__all__ = ["DiagonalGaussian"]

tfd = tfp.distributions

_LOG_SCALE_BOUND = 5.0


class DiagonalGaussian:
    """Gaussian posterior with independent dimensions, against a standard normal prior.

        q(z | x) = N(z; m, diag(s^2)),   p(z) = N(z; 0, I)
        ln s = 5 tanh(r / 5)

    where m and r, both `[B, latent_size]`, are the two halves of the encoder's output
    (arXiv 1312.6114, section 3). The bound on ln s is ours: it keeps s within
    [e^-5, e^5], so that neither a density nor a KL can overflow.

    Args:
      latent_shape: Dimensions of a vector z, or `(h, w, maps)`; all at least 1.
      dtype: Keras dtype policy of the networks; this form has none.

    Raises:
      ValueError: If the shape is anything else.
    """

    def __init__(self, latent_shape, *, dtype="float32"):
        del dtype
        flat = isinstance(latent_shape, int)
        shape = (latent_shape,) if flat else tuple(latent_shape)
        if len(shape) not in (1, 3) or min(shape) < 1:
            raise ValueError(
                "A latent vector has at least 1 dimension, latent maps are "
                f"(h, w, maps). Received: latent_shape={latent_shape}"
            )
        self.latent_shape = shape
        self.latent_size = shape[-1]

    @property
    def parameters_size(self) -> int:
        """Values that the encoder puts out for each image (and position)."""
        return 2 * self.latent_size

    def __call__(self, parameters) -> tfd.Distribution:
        """Returns q(z | x) for a batch of the encoder's outputs.

        Args:
          parameters: Float Tensor, `[..., parameters_size]`: m, then r.

        Returns:
          A distribution of batch shape `[...]` and event shape `[latent_size]`.

        Raises:
          ValueError: If the last axis is not `parameters_size` long.
        """
        mean, log_scale = self.mean_and_log_scale(parameters)
        return tfd.Independent(tfd.Normal(mean, tf.exp(log_scale)), 1)

    def mean_and_log_scale(self, parameters):
        """Returns m and ln s, each `[..., latent_size]`; as in the call."""
        parameters = tf.convert_to_tensor(parameters)
        if parameters.shape[-1] != self.parameters_size:
            raise ValueError(
                f"The last axis holds a mean and a raw log-scale for each of "
                f"{self.latent_size} dimensions, {self.parameters_size} values. "
                f"Received: parameters.shape={parameters.shape}"
            )
        mean, raw = tf.split(parameters, 2, axis=-1)
        return mean, _LOG_SCALE_BOUND * tf.tanh(raw / _LOG_SCALE_BOUND)

    def draw(self, parameters, eps) -> LatentDraw:
        """Returns the draw m + s eps from q(z | x), with its KL in closed form.

        Args:
          parameters: Float Tensor, `[B, parameters_size]` or
            `[B, h, w, parameters_size]`: m, then r.
          eps: Standard normal draws, of z's shape.
        """
        mean, log_scale = self.mean_and_log_scale(parameters)
        normal = tfd.Normal(mean, tf.exp(log_scale))
        z = mean + normal.scale * eps
        kl = tfd.kl_divergence(normal, self.prior(z.dtype).distribution)
        # The constants of ln q and ln p cancel.
        log_ratio = sum_positions(0.5 * (z**2 - eps**2) - log_scale)
        return LatentDraw(z, sum_positions(kl), tf.reduce_sum(log_ratio, axis=-1))

    def prior(self, dtype=tf.float32) -> tfd.Distribution:
        """Returns p(z), of event shape `[latent_size]`."""
        zeros = tf.zeros([self.latent_size], dtype)
        return tfd.Independent(tfd.Normal(zeros, tf.ones_like(zeros)), 1)

    def kl_nats(self, posterior: tfd.Distribution) -> tf.Tensor:
        """Returns KL(q(z | x) || p(z)) of each example in closed form.

            KL = sum_i (m_i^2 + s_i^2 - 1) / 2 - ln s_i      (arXiv 1312.6114, app. B)

        Args:
          posterior: What calling this object returned.

        Returns:
          Float Tensor of the posterior's batch shape, in nats, at least 0.
        """
        return tfd.kl_divergence(posterior, self.prior(posterior.dtype))
