"""Priors p(z) as layers."""

import keras
import tensorflow as tf

from ade_tf.distributions.density import Density
from ade_tf.distributions.normal import Normal

__all__ = ["Prior", "StandardNormal"]


class Prior(keras.layers.Layer):
    """A density of z, or of the features of a model without z.

    A subclass has `density(condition)`, and `level_densities` if z has levels.
    """

    def density(self, condition=None) -> Density:
        """Returns p(z) of whole codes, `[B, *shape]`."""
        raise NotImplementedError

    def level_densities(self, values, condition=None) -> tuple[Density, ...]:
        """Returns p of each level of z given the levels before it.

        Args:
          values: The levels' values, the coarsest first: one vector, or maps.
          condition: As in `density`.
        """
        if len(values) != 1:
            raise ValueError(
                "this prior is of one vector z. "
                f"Received: {len(values)} levels, prior={type(self).__name__}"
            )
        return (self.density(condition),)


class StandardNormal(Prior):
    """p(z) = N(0, I), at every level.

    Args:
      shape: Shape of one code (or of the features), such as `(latent_size,)`.
      level_shapes: Taken as by all priors; every level is alike.
    """

    def __init__(self, shape, *, level_shapes=None):
        del level_shapes
        super().__init__()
        self._shape = tuple(shape)
        self.built = True

    def density(self, condition=None) -> Density:
        count = 1 if condition is None else tf.shape(condition)[0]
        return Normal(tf.zeros([count, *self._shape]), tf.ones([]))

    def level_densities(self, values, condition=None) -> tuple[Density, ...]:
        del condition
        return tuple(
            Normal(
                tf.zeros([1, *value.shape[1:]], value.dtype), tf.ones([], value.dtype)
            )
            for value in values
        )
