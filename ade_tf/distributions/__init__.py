"""Distributions of the model that TensorFlow Probability does not have ready-made.

`POSTERIORS` maps the name of each form of q(z | x), for a vector or for one level of
maps, to its constructor: `(latent_shape, **settings)`, with the settings of all forms.
What it builds has `parameters_size` and `draw(parameters, eps)`.
"""

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

POSTERIORS = {"gaussian": DiagonalGaussian, "iaf": InverseAutoregressive}
