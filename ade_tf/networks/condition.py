"""A condition brought into a network."""

import math

import keras
import tensorflow as tf

from ade_tf.networks.blocks import dense

__all__ = ["AddCondition", "repeat_condition"]


def repeat_condition(condition, count):
    """Repeats a condition `[B, ...]` to `[count, ...]`, the batch varying fastest.

    Args:
      condition: Tensor, `[B, ...]`.
      count: A multiple of B.
    """
    times = count // tf.shape(condition)[0]
    multiples = tf.concat([[times], tf.ones([tf.rank(condition) - 1], tf.int32)], 0)
    return tf.tile(condition, multiples)


class AddCondition(keras.layers.Layer):
    """Adds a learned linear map of the condition to features: h + W c.

    Features of rank 4, `[B, H, W, channels]`, take a vector `[B, K]` at every position,
    and maps `[B, h, w, K]` position by position: averaged over blocks where they shrink
    by whole factors, resized bilinearly otherwise. Features of rank 2,
    `[B, channels]`, take the flattened condition.

    It stands behind a network's first linear layer, which makes it that layer's share
    of a condition concatenated to its input, at less cost.

    Args:
      condition_shape: Shape of one condition, `(K,)` or `(h, w, K)`; None for none,
        then features pass unchanged and a condition is refused.
      channels: Channels of the features.
      rank: Rank of the features, 4 or 2.
      make_dense: Maker of the dense layer.
      dtype: Keras dtype policy of weights and activations.

    Raises:
      ValueError: If `condition_shape` is anything else, or, in the call, if the
        condition is missing or of another shape.
    """

    def __init__(
        self, condition_shape, channels, *, rank=4, make_dense=dense, dtype="float32"
    ):
        super().__init__(dtype=dtype)
        shape = None if condition_shape is None else tuple(condition_shape)
        if shape is not None and (len(shape) not in (1, 3) or min(shape) < 1):
            raise ValueError(
                "`condition_shape` must be None, (K,) or (h, w, K), all positive. "
                f"Received: condition_shape={shape}"
            )
        self._shape = shape
        if shape is not None:
            self._size = math.prod(shape) if rank == 2 else shape[-1]
            self._project = make_dense(
                self._size, channels, use_bias=False, dtype=dtype
            )
        self.built = True

    def call(self, features, condition=None):
        self._check(condition)
        if self._shape is None:
            return features
        if len(features.shape) == 2:
            condition = tf.reshape(condition, [-1, self._size])
        elif len(self._shape) == 1:
            condition = condition[:, None, None, :]
        else:
            condition = self._resize(condition, *features.shape[1:3])
        return features + self._project(condition)

    def _check(self, condition):
        if self._shape is None and condition is not None:
            raise ValueError(
                "a network built without `condition_shape` takes no condition. "
                f"Received: condition of shape {condition.shape}"
            )
        shape = None if condition is None else tuple(condition.shape[1:])
        if shape != self._shape:
            raise ValueError(
                "a condition must have the shape that the network was built for, "
                f"{self._shape}, behind the batch. Received: {shape}"
            )

    def _resize(self, maps, height, width):
        rows, columns = self._shape[:2]
        if (rows, columns) == (height, width):
            return maps
        if rows % height == 0 and columns % width == 0:
            block = [rows // height, columns // width]
            return tf.nn.avg_pool2d(maps, block, block, "VALID")
        return tf.cast(tf.image.resize(maps, [height, width]), maps.dtype)
