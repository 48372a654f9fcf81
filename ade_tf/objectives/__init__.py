"""Objectives: the likelihood's terms and bounds, games, adversaries and penalties.

`ADVERSARIES` maps names to an `Adversary`, `PENALTIES` maps names to functions of
`(discriminator, real, fake, uniform)` that return scalars, and `none` to None.
"""

from ade_tf.config import games as tables
from ade_tf.objectives.adversaries import Adversary
from ade_tf.objectives.batches import MixedBatch, SeparateBatch
from ade_tf.objectives.bounds import (
    EvidenceBound,
    free_bits_kl,
    importance_weighted_bound,
)
from ade_tf.objectives.games import Game
from ade_tf.objectives.likelihood import Contribution, LikelihoodTerms
from ade_tf.objectives.penalties import RecordedPasses, interpolates, r1, r1_r2, r2

__all__ = [
    "ADVERSARIES",
    "PENALTIES",
    "Adversary",
    "Contribution",
    "EvidenceBound",
    "Game",
    "LikelihoodTerms",
    "MixedBatch",
    "RecordedPasses",
    "SeparateBatch",
    "free_bits_kl",
    "importance_weighted_bound",
    "interpolates",
    "r1",
    "r1_r2",
    "r2",
]

ADVERSARIES = {name: line.load() for name, line in tables.ADVERSARIES.items()}
PENALTIES = {name: line.load() for name, line in tables.PENALTIES.items()}
