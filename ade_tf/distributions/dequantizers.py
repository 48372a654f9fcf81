"""Dequantizers: the density of the noise that makes grey levels continuous."""

import keras
import tensorflow as tf

from ade_tf.distributions.density import Density, Draw
from ade_tf.randomness import Draws

__all__ = ["Dequantizer", "UniformNoise"]


class Dequantizer(keras.layers.Layer):
    """A density q(u | x) of noise that is added to grey levels.

        -ln P(x) <= E_u [ln q(u | x) - ln p(x + u)],   u ~ q(u | x) on [0, 1)^D

    (arXiv 1902.00275, section 3.1). A subclass has `density`.

    Args:
      image_shape: `(H, W, C)`.
      levels: Grey levels of the images; 0 for continuous data.
      condition_shape: Shape of one condition: None, `(K,)` or `(h, w, K)`.
      dtype: Keras dtype policy of the networks.

    Attributes:
      learned: Whether ln q(u | x) is a term of the likelihood; else it is zero.
    """

    learned = True

    def __init__(self, image_shape, levels, *, condition_shape=None, dtype="float32"):
        super().__init__(dtype=dtype)
        self.image_shape = tuple(image_shape)
        self.levels = int(levels)
        self.condition_shape = condition_shape
        self.built = True

    def density(self, images, condition=None) -> Density:
        """Returns q(u | x).

        Args:
          images: `[B, H, W, C]` in 0 .. levels-1.
          condition: Of a conditional model, or None.
        """
        raise NotImplementedError


class UniformNoise(Dequantizer):
    """Uniform noise, q(u | x) = 1 (arXiv 1511.01844, section 3.1).

    Continuous data get no noise, u = 0.
    """

    learned = False

    def density(self, images, condition=None) -> Density:
        del images, condition
        return _Uniform(self.image_shape) if self.levels else _Point(self.image_shape)


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
