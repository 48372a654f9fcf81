"""Densities of the family's slots, and distributions that TFP does not have.

Prior, posterior, decoder and dequantizer are Keras layers whose method `density` takes
a context and returns a `Density`. The tables of `ade_tf.config.densities` name them.
"""

from ade_tf.config.densities import DEQUANTIZERS, POSTERIORS, PRIORS
from ade_tf.distributions.decoders import GaussianDecoder, TopDownGaussianDecoder
from ade_tf.distributions.density import Density, Draw, Reparameterized, kl_by_unit
from ade_tf.distributions.dequantizers import Dequantizer, UniformNoise
from ade_tf.distributions.encoders import Inference, TopDownEncoder, VectorEncoder
from ade_tf.distributions.iaf import InverseAutoregressive
from ade_tf.distributions.low_rank_normal import LowRankNormal
from ade_tf.distributions.normal import LowRank, Normal, feature_density
from ade_tf.distributions.posterior import DiagonalGaussian
from ade_tf.distributions.priors import Prior, StandardNormal

__all__ = [
    "DEQUANTIZERS",
    "POSTERIORS",
    "PRIORS",
    "Density",
    "Dequantizer",
    "DiagonalGaussian",
    "Draw",
    "GaussianDecoder",
    "Inference",
    "InverseAutoregressive",
    "LowRank",
    "LowRankNormal",
    "Normal",
    "Prior",
    "Reparameterized",
    "StandardNormal",
    "TopDownEncoder",
    "TopDownGaussianDecoder",
    "UniformNoise",
    "VectorEncoder",
    "feature_density",
    "kl_by_unit",
]
