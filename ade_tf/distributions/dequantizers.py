"""Dequantizers: the density of the noise that makes grey levels continuous."""

import keras
import tensorflow as tf

from ade_tf.distributions.density import Density, Draw
from ade_tf.randomness import Draws

__all__ = ["NoNoise", "UniformNoise"]


class UniformNoise(keras.layers.Layer):
    """Uniform noise, q(u | x) = 1 on [0, 1)^D.

        -E_x ln P(x) <= -E_x,u ln p(x + u)       (arXiv 1511.01844, section 3.1)

    Args:
      image_shape: `(H, W, C)`.

    Attributes:
      learned: Whether ln q(u | x) is a term of the likelihood; here it is zero.
    """

    learned = False

    def __init__(self, image_shape):
        super().__init__()
        self._shape = tuple(image_shape)
        self.built = True

    def density(self, images, condition=None) -> Density:
        """Returns q(u | x) of images `[B, H, W, C]`, the same for all."""
        del images, condition
        return _Uniform(self._shape)


class NoNoise(UniformNoise):
    """No noise: continuous data are taken as they are, u = 0."""

    def density(self, images, condition=None) -> Density:
        del images, condition
        return _Point(self._shape)


class _Uniform(Density):
    def __init__(self, shape):
        self._shape = shape

    def draw(self, draws: Draws, temperature=1.0) -> Draw:
        del temperature
        return Draw(draws.uniform(self._shape), tf.zeros([draws.count, 1]))

    def log_prob(self, value) -> tf.Tensor:
        return tf.zeros([tf.shape(value)[0]])


class _Point(_Uniform):
    def draw(self, draws: Draws, temperature=1.0) -> Draw:
        del temperature
        return Draw(tf.zeros([]), tf.zeros([draws.count, 1]))
