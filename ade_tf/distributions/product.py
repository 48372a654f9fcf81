"""Posteriors given an image, its label, or both: products of experts."""

import tensorflow as tf

from ade_tf.distributions.encoders import Inference, VectorEncoder
from ade_tf.distributions.normal import Normal

__all__ = ["ProductEncoder", "product_with_prior"]


def product_with_prior(experts) -> Normal:
    """Returns the normalised product of N(0, I) and of Gaussian experts.

        q(z) ~ N(z; 0, 1) prod_e N(z; m_e, 1 / t_e)
             = N(z; sum_e t_e m_e / T, 1 / T),   T = 1 + sum_e t_e

    (arXiv 1802.05335, section 2.1.) An expert of precision 0 has no say.

    Args:
      experts: Pairs (m_e, t_e) of Tensors `[B, latent_size]`, at least one.
    """
    precision = 1.0 + tf.add_n([t for _, t in experts])
    mean = tf.add_n([t * m for m, t in experts]) / precision
    return Normal(mean, tf.math.rsqrt(precision))


class ProductEncoder(VectorEncoder):
    """Encoder whose q(z | x, c) is a product with what the label says of z.

        q(z | x, c) ~ p(z) N(z; m(x), s(x)^2) N(z; m_c, s_c^2)

    of the evidence that there is: the expert of what is missing is left out.

    Args:
      image_shape: `(H, W, C)`.
      form: The `DiagonalGaussian` of the experts.
      num_classes: Classes K of the labels.
      **keywords: As of `VectorEncoder`, without a condition.
    """

    def __init__(self, image_shape, form, num_classes, **keywords):
        super().__init__(image_shape, form, **keywords)
        self._of_class = self.add_weight(
            shape=[num_classes, form.parameters_size],
            initializer="zeros",
            dtype="float32",
            name="label_expert",
        )

    def density(self, images=None, condition=None) -> Normal:
        """Returns q(z | x, c), q(z | x) or q(z | c).

        Args:
          images: `[B, H, W, C]` in [-1, 1], or None.
          condition: One-hot labels, `[B, K]`, rows of zeros where one is missing; or
            None.
        """
        experts = []
        if images is not None:
            experts.append(_expert(*self.form.mean_and_log_scale(self(images))))
        if condition is not None:
            table = self.form.mean_and_log_scale(self._of_class.value)
            mean, precision = _expert(*table)
            experts.append((condition @ mean, condition @ precision))
        return product_with_prior(experts)

    def infer(self, images, noise, decoder, condition=None) -> Inference:
        """Draws z and decodes it, without the label; see `VectorEncoder`."""
        posterior = self.density(images, condition)
        drawn = posterior.from_noise(noise)
        density = decoder.density(drawn.value)
        return Inference(drawn.value, (posterior,), (drawn,), density)


def _expert(mean, log_scale):
    return mean, tf.exp(-2.0 * log_scale)
