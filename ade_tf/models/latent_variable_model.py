"""The latent-variable model of images: its densities and its samples."""

import tensorflow as tf
import tensorflow_probability as tfp

from ade_tf.bijectors import Conditioned
from ade_tf.config import requires
from ade_tf.distributions import Density, Draw, Inference, Normal, kl_by_unit
from ade_tf.models.batch import Batch
from ade_tf.models.composed_model import ComposedModel
from ade_tf.objectives import Contribution, LikelihoodTerms
from ade_tf.randomness import Draws

__all__ = ["LatentVariableModel"]

tfd = tfp.distributions


class LatentVariableModel(ComposedModel):
    """What the parts of a model say of images together.

        u ~ q(u | x);  z ~ p(z);  y | z ~ p(y | z);  x + u = f^-1(y)

    Without a z, y ~ p(y), which is N(0, I). All densities are given what is given of an
    image. Where that is a part of it (`ImageCondition`), x is the rest, and samples are
    put together with what is given. A classifier tells the classes apart: p(c | f(x))
    with a `classifier_weight`, q(c | x) of a semi-supervised model, p(c | z) where
    labels are a modality.
    """

    def dequantize(self, batch: Batch, draws: Draws) -> Draw:
        """Returns x + u, u ~ q(u | x), in [0, levels), with ln q(u | x).

        Continuous data stay as they are.
        """
        noise = self.dequantizer.density(batch.images, batch.condition)
        u, log_prob = noise.draw(draws.of("dequantisation"))
        return Draw(batch.images + u, log_prob)

    def to_unit(self, x):
        """Scales [0, levels] to [-1, 1], for encoder and discriminator."""
        return x if self.part_levels == 0 else x * (2.0 / self.part_levels) - 1.0

    def feature_density(self, z=None, condition=None) -> Density:
        """Returns p(y | z), or p(y) where the model has no z.

        The features y of a discrete decoder are the grey levels.
        """
        if self.decoder is None:
            return self.prior.density(condition)
        return self.decoder.density(z, condition)

    def class_logits(self, batch: Batch, draws: Draws) -> tf.Tensor:
        """Returns the logits of the classifier at a draw of u (and z), `[B, K]`.

        It reads the features f(x), of a semi-supervised model the image with uniform
        noise, or where labels are a modality the code z ~ q(z | x).

        Raises:
          ValueError: If the model has no classifier.
        """
        requires(self.config, "p(c | x)", "classifier")
        if self.conditional:
            # The dequantizer would be given the class.
            noise = draws.uniform(self.image_shape) if self.levels else 0.0
            return self.classifier(self.to_unit(batch.images + noise))
        x = self.dequantize(batch, draws).value
        if self.multimodal:
            return self.classifier(self.codes(x, draws.normal([self.latent_size])))
        y, _ = self.feature_map(x, None)
        return self.classifier(tf.reshape(y, [-1, self.dims]))

    def image_distribution(self, z=None, condition=None) -> tfd.Distribution:
        """Returns p(x | z), neither Gaussian nor factorised, as a TFP distribution.

        Args:
          z: Codes, `[B, latent_size]`; None where there is no z.
          condition: What is given, `[B, ...]` (`condition`), or None.
        """
        requires(self.config, "p(x | z) as a distribution", "features")
        feature_map = self.feature_map.bijector
        if condition is not None:
            feature_map = Conditioned(feature_map, condition)
        features = self.feature_density(z, condition).distribution
        return tfd.TransformedDistribution(features, feature_map)

    def posterior_density(self, x, condition=None) -> Normal:
        """Returns q(z | x) of images in [0, levels), where it is one Gaussian.

        Raises:
          ValueError: If it is not.
        """
        needs = ("encoder", "gaussian", "vector")
        requires(self.config, "q(z | x) as one Gaussian", *needs)
        return self.posterior.density(self.to_unit(x), condition)

    def infer(self, x, noise, condition=None) -> Inference:
        """Draws z from q(z | x) and decodes it, in one pass.

        Args:
          x: Images in [0, levels), `[B, H, W, C]`.
          noise: Standard normal, `[B, latent_size]`; zeros for the mean of q (of a
            hierarchical z, the path of means; with `iaf`, where these lead to).
          condition: What is given, `[B, ...]` (`condition`), or None.
        """
        return self.posterior.infer(self.to_unit(x), noise, self.decoder, condition)

    def likelihood_terms(self, batch: Batch, draws: Draws) -> LikelihoodTerms:
        """Returns the contributions to L_C, in nats per image, at a draw of u and z.

        Of a conditional model L_C bounds -ln p(x | c). Where labels are a modality, it
        bounds -ln p of what the batch has: images, labels or both.
        """
        evidence = batch.condition
        if self.multimodal and batch.labels is not None:
            evidence = tf.one_hot(batch.labels, self.num_classes)
            if batch.images is None:
                posterior = self.posterior.density(condition=evidence)
                drawn = posterior.draw(draws.of("posterior"))
                kl = self._kl((posterior,), (drawn,), None)
                return LikelihoodTerms(self._label(evidence, drawn.value), kl)
        x, log_q = self.dequantize(batch, draws)
        # Before the networks draw their dropout.
        size = self.latent_size
        noise = draws.of("posterior").normal([size]) if size else None
        y, log_det = self.feature_map(x, batch.condition)
        if noise is None:
            density, latent = self.feature_density(None, batch.condition), ()
        else:
            found = self.infer(x, noise, evidence)
            kl = self._kl(found.posteriors, found.drawn, batch.condition)
            density, latent = found.density, (kl,)
            if self.multimodal and evidence is not None:
                latent += (self._label(evidence, found.z),)
        own = (Contribution("dequantizer", tf.reduce_sum(log_q, 1)),)
        return LikelihoodTerms(
            Contribution("reconstruction", -density.log_prob(y)),
            *latent,
            Contribution("log_det", log_det, sign=-1),
            *(own if self.dequantizer.learned else ()),
        )

    def _label(self, one_hot, z):
        """Returns the term -ln p(c | z); 0 for rows of zeros, of a missing label."""
        log_p = tf.nn.log_softmax(self.classifier(z))
        return Contribution("label", -tf.reduce_sum(one_hot * log_p, 1))

    def _kl(self, posteriors, drawn, condition):
        values = tuple(level.value for level in drawn)
        priors = self.prior.level_densities(values, condition)
        levels = list(zip(posteriors, drawn, priors, strict=True))
        units = tuple(kl_by_unit(q, drawn, p) for q, drawn, p in levels)
        return Contribution(
            "kl",
            sum(tf.reduce_sum(level, axis=1) for level in units),
            at_draw_nats=sum(
                drawn.log_prob - p.log_prob(drawn.value) for _, drawn, p in levels
            ),
            units_nats=units,
        )

    def draw_features(
        self, draws: Draws, temperature=1.0, noise=False, condition=None, codes=None
    ):
        """Draws z from the prior and returns mu(z), or with `noise` y ~ p(y | z).

        Without a z, and of a discrete decoder, it draws y. Arguments as of
        `ade_tf.models.sample`.
        """
        z = self.draw_codes(draws, temperature, condition, codes)
        return self.features_of(z, draws, temperature, noise, condition)

    def draw_codes(self, draws: Draws, temperature=1.0, condition=None, codes=None):
        """Draws z from the prior, `[B, latent_size]`; None where there is no z.

        Of `codes`, a density of z, in place of the prior where that is given.
        """
        if not self.latent_size:
            return None
        density = codes or self.prior.density(condition)
        return density.draw(draws.of("z"), temperature).value

    def features_of(self, z, draws, temperature=1.0, noise=False, condition=None):
        """Returns the features of codes, as `draw_features` does."""
        density = self.feature_density(z, condition)
        if z is not None and not (noise or density.discrete):
            return density.mean()
        return density.draw(draws.of("features"), temperature).value

    def generate(self, draws: Draws, condition=None):
        """Returns x~ = f^-1(mu(z)), the adversary's samples (f^-1(y) without a z).

        Args:
          draws: The random numbers, which say how many samples there are.
          condition: What is given, `[B, ...]` (`condition`), or None.
        """
        return self.generate_pairs(draws, condition)[0]

    def generate_pairs(self, draws: Draws, condition=None):
        """Returns samples, as `generate` does, and the codes z that they are of."""
        z = self.draw_codes(draws, condition=condition)
        y = self.features_of(z, draws, condition=condition)
        x, _ = self.feature_map.forward_and_log_det(y, condition)
        return self.with_noise(x, draws), z

    def with_noise(self, x, draws: Draws):
        """Returns samples with the noise that hides what they are in a game, if any."""
        if self.part_levels and self.config.objective.dequantize_samples:
            x += self.grown(draws.uniform(self.part_shape) - 0.5)
        return x

    def grown(self, images):
        """Returns images with what of their resolution the decoder has grown to."""
        return images if self.growth is None else self.growth.fade(images)

    def codes(self, x, noise, condition=None):
        """Returns draws from q(z | x) of images in [0, levels), of one vector z."""
        posterior = self.posterior.density(self.to_unit(x), condition)
        return posterior.from_noise(noise).value
