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
        "Weight of the KL term inside L_C (1 is the evidence bound).",
        minimum=0.0,
        needs="encoder",
    )
    kl_warmup_steps: int = setting(
        0,
        "Steps over which the KL weight rises linearly from a tenth.",
        minimum=0,
        needs="encoder",
    )
    free_bits: float = setting(
        0.0,
        "Nats of KL that each dimension of z (each map of a level) has free: below it, "
        "in the mean over the batch, its KL is not trained. The whole KL is logged.",
        minimum=0.0,
        needs="encoder",
    )


@dataclasses.dataclass(frozen=True)
class IwaeSettings:
    """Settings of the importance-weighted bound."""

    bound_samples: int = setting(
        5, "Draws of noise and z for each image and step, in `iwae`.", minimum=1
    )


# Every entry takes its settings; what it makes is a function of a model's terms, a
# batch and its draws, see `EvidenceBound`.
BOUNDS = {
    "elbo": Choice("ade_tf.objectives.bounds:EvidenceBound", ElboSettings),
    "iwae": Choice(
        "ade_tf.objectives.importance_weighted:ImportanceWeightedBound", IwaeSettings
    ),
}
