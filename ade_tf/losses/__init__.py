"""Losses: the likelihood's terms, the adversary's losses and its penalties.

`GENERATOR_LOSSES` maps names to functions of the samples' logits, `PENALTIES` maps
names to functions of `(discriminator, real, fake, uniform)`; all return scalars.
"""

from ade_tf.losses.adversarial import (
    discriminator_cross_entropy,
    log_ratio,
    non_saturating,
)
from ade_tf.losses.likelihood import LikelihoodTerms, importance_weighted_bound
from ade_tf.losses.penalties import interpolates, no_penalty, r1

__all__ = [
    "GENERATOR_LOSSES",
    "PENALTIES",
    "LikelihoodTerms",
    "discriminator_cross_entropy",
    "importance_weighted_bound",
    "interpolates",
    "log_ratio",
    "no_penalty",
    "non_saturating",
    "r1",
]

GENERATOR_LOSSES = {"log_ratio": log_ratio, "non_saturating": non_saturating}

PENALTIES = {"none": no_penalty, "interpolates": interpolates, "r1": r1}
