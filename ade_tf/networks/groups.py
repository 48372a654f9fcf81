"""Layers that see a group of images at once, in whatever order they come."""

import keras
import tensorflow as tf

__all__ = ["WithGroupMean"]


class WithGroupMean(keras.layers.Layer):
    """Gives a layer its input and, beside it, the input's mean over the group.

        y_i = layer([x_i, mean_j x_j]),    j over the group of i

    The layer acts on each image; what it learns on the second half of its channels it
    learns of the whole group, alike for every order of the images (arXiv 1806.07185,
    with the mean as the statistic).

    Args:
      layer: Built layer of twice the channels of the input.
      group: Images of a group; a batch holds whole groups, one behind the other.
      dtype: Keras dtype policy of weights and activations.
    """

    def __init__(self, layer, group: int, *, dtype="float32"):
        super().__init__(dtype=dtype)
        self._layer = layer
        self._group = group
        self.built = True

    def call(self, x):
        if x.shape[0] is not None and x.shape[0] % self._group:
            raise ValueError(
                "a batch must hold whole groups (mixed_group divides the batch of "
                f"each replica). Received: group={self._group}, batch={x.shape[0]}"
            )
        groups = tf.reshape(x, [-1, self._group, *x.shape[1:]])
        mean = tf.reduce_mean(groups, axis=1, keepdims=True)
        both = tf.concat([groups, tf.broadcast_to(mean, tf.shape(groups))], -1)
        return self._layer(tf.reshape(both, [-1, *x.shape[1:-1], 2 * x.shape[-1]]))
