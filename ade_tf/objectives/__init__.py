"""Losses: the likelihood's terms, the adversaries and the discriminator's penalties.

`ADVERSARIES` maps names to an `Adversary`, `PENALTIES` maps names to functions of
`(discriminator, real, fake, uniform)` that return scalars.
"""

from ade_tf.config import games
from ade_tf.config.games import PENALTIES
from ade_tf.objectives.adversary import Adversary
from ade_tf.objectives.likelihood import (
    LikelihoodTerms,
    free_bits_kl,
    importance_weighted_bound,
)
from ade_tf.objectives.mixing import MixedBatch, SeparateBatch
from ade_tf.objectives.penalties import interpolates, no_penalty, r1, r1_r2, r2
from ade_tf.objectives.recorded_passes import RecordedPasses

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

ADVERSARIES = {name: line.load() for name, line in games.ADVERSARIES.items()}
