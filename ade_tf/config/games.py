"""Discriminators, what they judge, losses, penalties, weights, and their settings."""

import dataclasses

from ade_tf.config.choices import Choice
from ade_tf.config.settings import setting

__all__ = [
    "ADVERSARIAL_SCHEDULES",
    "ADVERSARIES",
    "AUGMENTATIONS",
    "DISCRIMINATORS",
    "DISCRIMINATOR_BATCHES",
    "GAMES",
    "PENALTIES",
]


@dataclasses.dataclass(frozen=True)
class DiscriminatorSettings:
    """Settings of all discriminators."""

    discriminator_width: int = setting(
        32,
        "Number of channels of the discriminator at full size.",
        minimum=1,
        keyword="width",
    )
    spectral_norm: bool = setting(
        False, "Divide every discriminator kernel by its spectral norm."
    )
    minibatch_statistics: str = setting(
        "none",
        "What a discriminator sees of the other images of its side, in the batch of a "
        "replica (with several replicas, training is then not that of one): `stddev`, "
        "their standard deviation (growing GANs); `discrimination`, how near they are "
        "in learned projections (improved GAN). A gradient penalty is then of the sum "
        "of the batch's logits.",
        choices=("none", "stddev", "discrimination"),
    )


# Every entry takes `image_shape`, `group`, `position_maps`, `condition_shape`,
# `projection`, `dtype` and its settings.
DISCRIMINATORS = {
    name: Choice(
        "ade_tf.networks.discriminator:Discriminator",
        DiscriminatorSettings,
        fixed={"network": name},
    )
    for name in ("dcgan", "residual", "mlp")
}


# What a game judges, and its discriminator: images (by the slot `discriminator`); pairs
# of an image and its code; codes of images against those of the prior. Every entry
# takes `image_shape`, `latent_size` and what discriminators take.
GAMES = {
    "image": None,
    "pair": Choice("ade_tf.networks.side_discriminators:PairDiscriminator"),
    "code": Choice("ade_tf.networks.side_discriminators:CodeDiscriminator"),
}


@dataclasses.dataclass(frozen=True)
class MixedSettings:
    """Settings of mixed batches."""

    mixed_group: int = setting(
        8,
        "Number of images in a mixed group. It must divide the batch of a replica.",
        minimum=2,
        keyword="group",
    )


DISCRIMINATOR_BATCHES = {
    "single": Choice("ade_tf.objectives.batches:SeparateBatch"),
    "mixed": Choice("ade_tf.objectives.batches:MixedBatch", MixedSettings),
}


@dataclasses.dataclass(frozen=True)
class CrossEntropySettings:
    """Settings of adversaries whose discriminator is a classifier."""

    label_smoothing: float = setting(
        0.0,
        "Share s of a real image that the discriminator is to take for a sample "
        "(one-sided label smoothing); the best D(x) is (1 - s) p_data / (p_data + "
        "p_model), so that L_Q is no longer a divergence of the two.",
        minimum=0.0,
        maximum=0.9,
    )


# Every entry loads an `Adversary`.
ADVERSARIES = {
    **{
        name: Choice(
            f"ade_tf.objectives.adversaries:{name.upper()}", CrossEntropySettings
        )
        for name in ("log_ratio", "saturating", "non_saturating")
    },
    "hinge": Choice("ade_tf.objectives.adversaries:HINGE"),
    "least_squares": Choice("ade_tf.objectives.adversaries:LEAST_SQUARES"),
    "wasserstein": Choice("ade_tf.objectives.adversaries:WASSERSTEIN"),
    "relativistic": Choice("ade_tf.objectives.adversaries:RELATIVISTIC"),
}


@dataclasses.dataclass(frozen=True)
class PenaltySettings:
    """Settings of all penalties."""

    penalty_weight: float = setting(
        1.0,
        "Weight of the gradient penalty relative to the discriminator's loss.",
        minimum=0.0,
    )
    penalty_every: int = setting(
        1,
        "Steps from one penalty to the next; its weight is multiplied by it.",
        minimum=1,
    )


# Every entry is a function of `(discriminator, real, fake, uniform)`, a scalar.
PENALTIES = {
    "none": Choice("ade_tf.objectives.penalties:NONE"),
    **{
        name: Choice(f"ade_tf.objectives.penalties:{name}", PenaltySettings)
        for name in ("interpolates", "r1", "r2", "r1_r2")
    },
}


@dataclasses.dataclass(frozen=True)
class AugmentationSettings:
    """Settings of all augmentations."""

    augmentation_strength: float = setting(
        1.0,
        "Strength of the augmentation, from 0, images as they are, to 1, that of the "
        "paper.",
        minimum=0.0,
        maximum=1.0,
        keyword="strength",
    )


# Every entry takes `image_shape` and its settings, and makes a function of images and
# draws. The names are the policies of arXiv 2006.10738.
AUGMENTATIONS = {
    "none": Choice("ade_tf.objectives.augmentation:unchanged"),
    **{
        name: Choice(
            "ade_tf.objectives.augmentation:DifferentiableAugmentation",
            AugmentationSettings,
            fixed={"changes": tuple(name.split("_"))},
        )
        for name in ("translation", "translation_cutout", "colour_translation_cutout")
    },
}


@dataclasses.dataclass(frozen=True)
class LinearSettings:
    """Settings of a weight that moves to another one."""

    last_adversarial_weight: float = setting(
        1.0,
        "Weight of L_Q at the end of training.",
        minimum=0.0,
        keyword="last",
    )


# Every entry takes `weight`, `num_steps` and its settings, and makes a function of the
# step.
ADVERSARIAL_SCHEDULES = {
    "constant": Choice("ade_tf.objectives.schedules:constant"),
    "linear": Choice("ade_tf.objectives.schedules:linear", LinearSettings),
    "balanced": Choice("ade_tf.objectives.schedules:constant", traits=("relative",)),
}
