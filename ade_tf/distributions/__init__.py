"""Distributions of the model that TensorFlow Probability does not have ready-made."""

from ade_tf.config.posteriors import POSTERIORS
from ade_tf.distributions.draw import LatentDraw
from ade_tf.distributions.iaf import InverseAutoregressive
from ade_tf.distributions.image_density import feature_density, image_density
from ade_tf.distributions.low_rank_normal import LowRankNormal
from ade_tf.distributions.posterior import DiagonalGaussian

__all__ = [
    "POSTERIORS",
    "DiagonalGaussian",
    "InverseAutoregressive",
    "LatentDraw",
    "LowRankNormal",
    "feature_density",
    "image_density",
]
