"""The latent-variable model of images: its parts, its densities and its samples."""

import keras
import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from ade_tf.bijectors import Conditioned
from ade_tf.config import RunConfig
from ade_tf.distributions import feature_density, image_density
from ade_tf.models.labels import checked_labels, one_hot_labels
from ade_tf.models.parts import build_parts
from ade_tf.networks import Inference
from ade_tf.objectives import LikelihoodTerms
from ade_tf.randomness import Draws

__all__ = ["LatentVariableModel"]

tfd = tfp.distributions


class LatentVariableModel(keras.Model):
    """The parts of a model, and what they say of images together.

        z ~ N(0, I);  y | z ~ N(mu(z), sigma);  x = f^-1(y)

    Without a z, y ~ N(0, I). With the setting `conditional`, decoder, encoder, feature
    map and discriminator are also given the class c of an image: p(x | z, c),
    q(z | x, c), f_c and D(x, c). Then every method that takes `labels` needs them,
    integers `[B]` in 0 .. num_classes-1; an unconditional model takes None.

    Args:
      config: The run's resolved configuration.
      image_shape: `(H, W, C)`.
      levels: Grey levels of the images; 0 for continuous data, which gets no noise.
      num_classes: Classes of the data; only a conditional model asks for them.

    Raises:
      ValueError: If the configuration does not fit the images or the classes.
    """

    def __init__(
        self, config: RunConfig, image_shape, levels: int, num_classes: int = 0
    ):
        super().__init__(name=config.model.preset)
        if config.model.conditional and num_classes < 2:
            raise ValueError(
                "a conditional model needs data with labels of at least 2 classes. "
                f"Received: dataset={config.data.dataset!r}, num_classes={num_classes}"
            )
        self.config = config
        self.image_shape = tuple(int(n) for n in image_shape)
        self.levels = int(levels)
        self.num_classes = int(num_classes) if config.model.conditional else 0
        self.dims = int(np.prod(self.image_shape))
        self.parts = build_parts(
            config, self.image_shape, self.levels, self.num_classes
        )
        self.encoder = self.parts.encoder
        self.decoder = self.parts.decoder
        self.feature_map = self.parts.feature_map
        self.discriminator = self.parts.discriminator

    @property
    def conditional(self) -> bool:
        """Whether the model is one of images given their class."""
        return self.num_classes > 0

    def own_labels(self, labels):
        """Returns the labels of data where the model is conditional, else None.

        Raises:
          ValueError: If it is, and they are none of its classes.
        """
        if not self.conditional:
            return None
        return None if labels is None else checked_labels(labels, self.num_classes)

    def condition(self, labels) -> tf.Tensor | None:
        """Returns labels as the networks take them, see `one_hot_labels`."""
        return one_hot_labels(labels, self.num_classes)

    def dequantize(self, images, draws: Draws):
        """Returns images + u, u ~ U[0, 1), in [0, levels); continuous data as it is."""
        if self.levels == 0:
            return images
        return images + draws.uniform(tf.shape(images))

    def to_unit(self, x):
        """Scales [0, levels] to [-1, 1], for encoder and discriminator."""
        return x if self.levels == 0 else x * (2.0 / self.levels) - 1.0

    def feature_distribution(self, z, labels=None):
        """Returns p(y | z), or N(0, I) where the model has no z.

        Then z is None and labels are not looked at: they act in the feature map.
        """
        condition = None if self.decoder is None else self.condition(labels)
        return feature_density(*self._features(z, condition))

    def image_distribution(self, z, labels=None) -> tfd.TransformedDistribution:
        """Returns p(x | z), neither Gaussian nor factorised, as a TFP distribution."""
        condition = self.condition(labels)
        feature_map = self.feature_map.bijector
        if condition is not None:
            feature_map = Conditioned(feature_map, condition)
        return image_density(*self._features(z, condition), feature_map)

    def _features(self, z, condition):
        if self.decoder is None:
            count = 1 if condition is None else tf.shape(condition)[0]
            return tf.zeros([count, *self.image_shape]), tf.ones([])
        return self.decoder(z, condition)

    @property
    def latent_size(self) -> int:
        """Dimensions of z, of all levels together; 0 where there is no z."""
        return 0 if self.decoder is None else self.decoder.latent_size

    @property
    def gaussian_posterior(self) -> bool:
        """Whether q(z | x) is one Gaussian, and its KL to p(z) in closed form."""
        model = self.config.model
        return model.posterior == "gaussian" and model.latent_levels == (0,)

    def posterior(self, x, labels=None) -> tfd.Distribution:
        """Returns q(z | x) of images in [0, levels), where it is one Gaussian.

        Raises:
          ValueError: If it is not.
        """
        if not self.gaussian_posterior:
            model = self.config.model
            raise ValueError(
                "q(z | x) as a distribution needs posterior `gaussian` and one vector "
                f"z. Received: posterior={model.posterior!r}, "
                f"latent_levels={model.latent_levels}"
            )
        parameters = self.encoder(self.to_unit(x), self.condition(labels))
        return self.encoder.form(parameters)

    def infer(self, x, eps, labels=None) -> Inference:
        """Draws z from q(z | x) and decodes it, in one pass.

        Args:
          x: Images in [0, levels), `[B, H, W, C]`.
          eps: Standard normal draws, `[B, latent_size]`; zeros for the mean of q (of
            a hierarchical z, the path of means; with `iaf`, where these lead to).
          labels: Of a conditional model, `[B]`.

        Returns:
          z, its KL by level and unit, ln q(z | x) - ln p(z), and p(y | z).
        """
        condition = self.condition(labels)
        return self.encoder.infer(self.to_unit(x), eps, self.decoder, condition)

    def likelihood_terms(self, x, eps, labels=None) -> LikelihoodTerms:
        """Returns the three parts of L_C, in nats per image.

        Args:
          x: Dequantised images, `[B, H, W, C]`.
          eps: Standard normal draws, `[B, latent_size]`; None where there is no z.
          labels: Of a conditional model, `[B]`: L_C then bounds -ln p(x | c).
        """
        y, log_det = self.feature_map(x, self.condition(labels))
        if self.decoder is None:
            reconstruction = -self.feature_distribution(None).log_prob(y)
            return LikelihoodTerms(reconstruction, tf.zeros_like(log_det), log_det)
        found = self.infer(x, eps, labels)
        reconstruction = -feature_density(*found.features).log_prob(y)
        kl = sum(tf.reduce_sum(level, axis=1) for level in found.kl_nats)
        return LikelihoodTerms(reconstruction, kl, log_det, found.kl_nats)

    def generate(self, count, draws: Draws, labels=None):
        """Returns x~ = f^-1(mu(z)), the adversary's samples (f^-1(y) without a z).

        Args:
          count: Number of samples.
          draws: The draws of z, or of y.
          labels: Of a conditional model, `[count]`.
        """
        condition = self.condition(labels)
        if self.decoder is None:
            y = draws.normal([count, *self.image_shape])
        else:
            y, _ = self.decoder(draws.normal([count, self.latent_size]), condition)
        x, _ = self.feature_map.forward_and_log_det(y, condition)
        if self.levels and self.config.objective.dequantize_samples:
            x += draws.uniform(tf.shape(x)) - 0.5
        return x
