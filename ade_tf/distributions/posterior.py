"""Gaussian posteriors q(z | x)."""

import tensorflow as tf

from ade_tf.distributions.normal import Normal
from ade_tf.networks.blocks import bounded

__all__ = ["DiagonalGaussian"]

_LOG_SCALE_BOUND = 5.0


class DiagonalGaussian:
    """Gaussian posterior with independent dimensions.

        q(z | x) = N(z; m, diag(s^2)),   ln s = 5 tanh(r / 5)

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

    def __call__(self, parameters) -> Normal:
        """Returns q(z | x) for a batch of the encoder's outputs.

        Args:
          parameters: Float Tensor, `[B, parameters_size]` or
            `[B, h, w, parameters_size]`: m, then r.

        Raises:
          ValueError: If the last axis is not `parameters_size` long.
        """
        mean, log_scale = self.mean_and_log_scale(parameters)
        return Normal(mean, tf.exp(log_scale))

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
        return mean, bounded(raw, _LOG_SCALE_BOUND)
