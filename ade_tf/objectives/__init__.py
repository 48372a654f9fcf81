"""Losses: the likelihood's terms, the adversaries and the discriminator's penalties.

`ADVERSARIES` maps names to an `Adversary`, `PENALTIES` maps names to functions of
`(discriminator, real, fake, uniform)` that return scalars.
"""

from ade_tf.objectives.adversary import Adversary
from ade_tf.objectives.cross_entropy import LOG_RATIO, NON_SATURATING, SATURATING
from ade_tf.objectives.hinge import HINGE
from ade_tf.objectives.least_squares import LEAST_SQUARES
from ade_tf.objectives.likelihood import (
    LikelihoodTerms,
    free_bits_kl,
    importance_weighted_bound,
)
from ade_tf.objectives.mixing import MixedBatch, SeparateBatch
from ade_tf.objectives.penalties import interpolates, no_penalty, r1, r1_r2, r2
from ade_tf.objectives.recorded_passes import RecordedPasses
from ade_tf.objectives.relativistic import RELATIVISTIC
from ade_tf.objectives.wasserstein import WASSERSTEIN

__all__ = [
    "ADVERSARIES",
    "PENALTIES",
    "RecordedPasses",
    "Adversary",
    "LikelihoodTerms",
    "MixedBatch",
    "SeparateBatch",
    "free_bits_kl",
    "importance_weighted_bound",
    "interpolates",
    "no_penalty",
    "r1",
    "r1_r2",
    "r2",
]

ADVERSARIES = {
    "log_ratio": LOG_RATIO,
    "saturating": SATURATING,
    "non_saturating": NON_SATURATING,
    "hinge": HINGE,
    "least_squares": LEAST_SQUARES,
    "wasserstein": WASSERSTEIN,
    "relativistic": RELATIVISTIC,
}

PENALTIES = {
    "none": no_penalty,
    "interpolates": interpolates,
    "r1": r1,
    "r2": r2,
    "r1_r2": r1_r2,
}
