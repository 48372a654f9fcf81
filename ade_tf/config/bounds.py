"""Bounds on -ln p(x) that the likelihood minimises, with their settings."""

import dataclasses

from ade_tf.config.choices import Choice
from ade_tf.config.settings import setting

__all__ = ["BOUNDS"]


@dataclasses.dataclass(frozen=True)
class ElboSettings:
    """Settings of the evidence bound's KL."""

    kl_weight: float = setting(
        1.0,
        "Weight of the KL term in L_C. 1 gives the evidence lower bound.",
        minimum=0.0,
        needs="encoder",
    )
    kl_warmup_steps: int = setting(
        0,
        "Number of steps over which the KL weight rises linearly, from a tenth of its "
        "value.",
        minimum=0,
        needs="encoder",
    )
    free_bits: float = setting(
        0.0,
        "Free nats of KL for each dimension of z (each map of a level). While its KL, "
        "averaged over the batch, is lower than this, it is not trained. The logged KL "
        "includes the free nats.",
        minimum=0.0,
        needs="encoder",
    )


@dataclasses.dataclass(frozen=True)
class IwaeSettings:
    """Settings of the importance-weighted bound."""

    bound_samples: int = setting(
        5,
        "Number of draws of noise and z for each image and step of `iwae`.",
        minimum=1,
    )


@dataclasses.dataclass(frozen=True)
class MultimodalSettings(ElboSettings):
    """Settings of the bounds on images and labels."""

    label_weight: float = setting(
        1.0,
        "Weight of -ln p(c | z) in the bounds of `multimodal`. Above 1, the few nats "
        "of a label count against the many of an image.",
        minimum=0.0,
    )


# Every entry takes its settings; what it makes is a function of a model's terms, a
# batch and its draws, see `EvidenceBound`.
BOUNDS = {
    "elbo": Choice("ade_tf.objectives.bounds:EvidenceBound", ElboSettings),
    "iwae": Choice(
        "ade_tf.objectives.importance_weighted:ImportanceWeightedBound", IwaeSettings
    ),
    "semi_supervised": Choice(
        "ade_tf.objectives.semi_supervised:SemiSupervisedBound", ElboSettings
    ),
    "multimodal": Choice(
        "ade_tf.objectives.multimodal:MultimodalBound", MultimodalSettings
    ),
}
