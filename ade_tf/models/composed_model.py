"""What a model is made of, and what it takes: images, labels, what is given of them."""

import numpy as np
import tensorflow as tf

from ade_tf.config import RunConfig, missing
from ade_tf.config.conditions import CONDITIONS
from ade_tf.models.batch import Batch, checked_labels, one_hot_labels
from ade_tf.models.parts import build_parts
from ade_tf.private_doors import BuiltModel

__all__ = ["ComposedModel"]


class ComposedModel(BuiltModel):
    """The parts of a model, and the batches that they take.

    With the setting `conditional`, decoder, posterior, feature map and discriminator
    are also given a condition c of an image, its class: p(x | z, c), q(z | x, c), f_c
    and D(x, c). `batch` makes it of labels. With a `condition`, c is given of each
    image, and x is the part that is not (see `ImageCondition`).

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

    def domains(self) -> "tuple[ComposedModel, ...]":
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
    def takes_condition(self) -> bool:
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

    def sample_arguments(self, given) -> dict:
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
