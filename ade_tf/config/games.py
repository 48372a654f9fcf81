"""Discriminators, what they judge, their losses and penalties, with their settings."""

import dataclasses

from ade_tf.config.choices import Choice
from ade_tf.config.settings import setting

__all__ = ["ADVERSARIES", "DISCRIMINATORS", "DISCRIMINATOR_BATCHES", "PENALTIES"]


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

# Every entry loads an `Adversary`.
ADVERSARIES = {
    "log_ratio": Choice("ade_tf.objectives.adversaries:LOG_RATIO"),
    "saturating": Choice("ade_tf.objectives.adversaries:SATURATING"),
    "non_saturating": Choice("ade_tf.objectives.adversaries:NON_SATURATING"),
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


# Every entry is a function of `(discriminator, real, fake, uniform)`, a scalar.
PENALTIES = {
    "none": Choice("ade_tf.objectives.penalties:NONE"),
    **{
        name: Choice(f"ade_tf.objectives.penalties:{name}", PenaltySettings)
        for name in ("interpolates", "r1", "r2", "r1_r2")
    },
}
