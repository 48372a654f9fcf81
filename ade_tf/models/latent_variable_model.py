"""The latent-variable model of images: its parts, its densities and its samples."""

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from ade_tf.bijectors import Conditioned
from ade_tf.config import RunConfig, missing, requires
from ade_tf.config.conditions import CONDITIONS
from ade_tf.distributions import Density, Draw, Inference, Normal, kl_by_unit
from ade_tf.models.batch import Batch, checked_labels, one_hot_labels
from ade_tf.models.parts import build_parts
from ade_tf.objectives import Contribution, LikelihoodTerms
from ade_tf.private_doors import BuiltModel
from ade_tf.randomness import Draws

__all__ = ["LatentVariableModel"]

tfd = tfp.distributions


class LatentVariableModel(BuiltModel):
    """The parts of a model, and what they say of images together.

        u ~ q(u | x);  z ~ p(z);  y | z ~ p(y | z);  x + u = f^-1(y)

    Without a z, y ~ p(y), which is N(0, I). With the setting `conditional`, decoder,
    posterior, feature map and discriminator are also given a condition c of an image,
    its class: p(x | z, c), q(z | x, c), f_c and D(x, c). `batch` makes it of labels.
    With a `condition`, c is given of each image, and x is the part that is not (see
    `ImageCondition`): all densities are of it, and samples are put together with c.
    A classifier tells the classes apart: p(c | f(x)) with a `classifier_weight`,
    q(c | x) of a semi-supervised model, p(c | z) where labels are a modality.

    Args:
      config: The run's resolved configuration.
      image_shape: `(H, W, C)`.
      levels: Grey levels of the images; 0 for continuous data, which gets no noise.
      num_classes: Classes of the data; only a model that is conditional or has a
        classifier asks for them.

    Raises:
      ValueError: If the configuration does not fit the images or the classes.
    """

    def __init__(
        self, config: RunConfig, image_shape, levels: int, num_classes: int = 0
    ):
        super().__init__(name=config.model.preset)
        if config.needs_labels and num_classes < 2:
            kind = "model trained with labels"
            if config.model.conditional:
                kind = "conditional model"
            elif not missing(config, "classifier"):
                kind = "classifier"
            raise ValueError(
                f"a {kind} needs data with labels of at least 2 classes. "
                f"Received: dataset={config.data.dataset!r}, num_classes={num_classes}"
            )
        self.config = config
        self.image_shape = tuple(int(n) for n in image_shape)
        self.levels = int(levels)
        self.num_classes = int(num_classes) if config.needs_labels else 0
        # What is modelled of each image: all of it, or the part that is not given.
        self.part_shape, self.part_levels = self.image_shape, self.levels
        condition_shape = (self.num_classes,) if self.conditional else None
        self.image_condition = None
        if config.model.condition:
            form = CONDITIONS[config.model.condition](
                self.image_shape, self.levels, **config.of("condition")
            )
            self.part_shape, self.part_levels = form.part_shape, form.part_levels
            condition_shape, self.image_condition = form.condition_shape, form
        self.dims = int(np.prod(self.part_shape))
        self.parts = build_parts(
            config,
            self.part_shape,
            self.part_levels,
            self.num_classes,
            condition_shape,
        )
        self.prior = self.parts.prior
        self.posterior = self.parts.posterior
        # Its name in the checkpoints of earlier runs.
        self.encoder = self.posterior
        self.decoder = self.parts.decoder
        self.dequantizer = self.parts.dequantizer
        self.feature_map = self.parts.feature_map
        self.discriminator = self.parts.discriminator
        self.pair_discriminator = self.parts.pair_discriminator
        self.code_discriminator = self.parts.code_discriminator
        self.classifier = self.parts.classifier
        self.code_reader = self.parts.code_reader
        self.growth = self.parts.growth

    def domains(self) -> "tuple[LatentVariableModel, ...]":
        """Returns the models of each domain of images: itself alone.

        No property: Keras would save what it holds, without end.
        """
        return (self,)

    @property
    def conditional(self) -> bool:
        """Whether the model is one of images given their class."""
        return self.config.model.conditional

    @property
    def multimodal(self) -> bool:
        """Whether labels are a modality beside the images, p(x | z) p(c | z)."""
        return missing(self.config, "modalities") is None

    @property
    def is_given(self) -> bool:
        """Whether the model is given something of each image, a class or a part."""
        return self.conditional or self.image_condition is not None

    @property
    def latent_size(self) -> int:
        """Dimensions of z, of all levels together; 0 where there is no z."""
        return 0 if self.decoder is None else self.decoder.latent_size

    def batch(self, images, labels=None, indices=None) -> Batch:
        """Returns images as the methods take them, with the condition that is theirs.

        Args:
          images: `[B, H, W, C]` in 0 .. levels-1, of any type.
          labels: Of a conditional model, their labels, `[B]` (`own_labels`); one with a
            classifier is trained with them, and some may be missing, -1.
          indices: Their positions in their set, `[B]`, if known.

        Raises:
          ValueError: As `condition` does.
        """
        images = tf.cast(images, tf.float32)
        if self.image_condition is not None:
            one_hot_labels(labels, 0)
            _, part = self.image_condition.split(images)
            return Batch(part, self.condition(images), indices)
        if self.classifier is None:
            return Batch(images, self.condition(labels), indices)
        condition, labels = None, self.training_labels(labels)
        if self.conditional and labels is not None:
            condition = tf.one_hot(labels, self.num_classes)
        return Batch(images, condition, indices, labels)

    def own_labels(self, labels):
        """Returns the labels of data where the model is conditional, else None.

        Raises:
          ValueError: If it is, and they are none of its classes.
        """
        if not self.conditional or labels is None:
            return None
        return checked_labels(labels, self.num_classes)

    def training_labels(self, labels):
        """Returns the labels of data where the model is trained with labels, else None.

        With a classifier, some may be missing, -1.

        Raises:
          ValueError: If it is, and they are none of its classes.
        """
        if self.classifier is None:
            return self.own_labels(labels)
        if labels is None:
            return None
        return checked_labels(labels, self.num_classes, lowest=-1)

    def condition(self, given) -> tf.Tensor | None:
        """Returns what is given as the networks take it, `[B, ...]`.

        Args:
          given: Of a `conditional` model, labels (see `one_hot_labels`); of one with a
            `condition`, images that have it (see `ImageCondition.condition`); of
            another None.

        Raises:
          ValueError: If a model gets none of what it is to be given, or what is not its
            classes or images.
        """
        if self.image_condition is None:
            return one_hot_labels(given, self.num_classes if self.conditional else 0)
        if given is None:
            raise ValueError(
                "a model with a condition needs images that have it. Received: None"
            )
        return self.image_condition.condition(given)

    def given(self, given) -> dict:
        """Returns what makes samples of what they are given, as arguments of `sample`.

        Args:
          given: As of `condition`; where labels are a modality, integers `[B]`, or None
            for samples of p(x).

        Raises:
          ValueError: As `condition`, of a model that has no samples of classes.
        """
        if not self.multimodal or given is None:
            return {"condition": self.condition(given)}
        labels = tf.one_hot(checked_labels(given, self.num_classes), self.num_classes)
        return {"codes": self.posterior.density(condition=labels)}

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
