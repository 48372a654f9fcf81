"""Distributions of the model that TensorFlow Probability does not have ready-made.

`POSTERIORS` maps the name of each form of q(z | x) to its constructor, which takes the
size of z.
"""

from ade_tf.distributions.image_density import image_density
from ade_tf.distributions.posterior import DiagonalGaussian

__all__ = ["POSTERIORS", "DiagonalGaussian", "image_density"]

POSTERIORS = {"gaussian": DiagonalGaussian}
