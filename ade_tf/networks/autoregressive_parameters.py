"""Networks that give each value parameters computed from the values before it."""

import math

import keras
import tensorflow as tf

from ade_tf.networks.autoregressive import AutoregressiveNetwork
from ade_tf.networks.blocks import check_network
from ade_tf.networks.layers import to_output
from ade_tf.networks.pixel_cnn import PixelCNN
from ade_tf.networks.style import NetworkStyle

__all__ = ["MadeParameters", "PixelParameters"]


class MadeParameters(keras.layers.Layer):
    """A MADE on the flattened values: a masked dense network (arXiv 1502.03509).

    Call: `[B, 1, 1, H * W * C]`, condition -> `outputs` of the same, zero at first.

    Attributes:
      shape: Of an input, `(1, 1, H * W * C)`.

    Args:
      shape: `(H, W, C)`.
      outputs: Parameters of each value.
      blocks: Hidden layers, at least 1.
      **style: Of `NetworkStyle`; position maps are not needed, and taken.
    """

    def __init__(self, shape, outputs, *, blocks=2, **style):
        style = NetworkStyle(**style).check(("mlp", "conv"))
        super().__init__(dtype=style.dtype)
        shape = check_network(shape, outputs=outputs, blocks=blocks)
        self.shape = (1, 1, math.prod(shape))
        condition = style.condition_shape
        self._condition_size = math.prod(condition) if condition else 0
        self._network = AutoregressiveNetwork(
            self.shape,
            outputs,
            context_size=self._condition_size,
            width=style.width,
            blocks=blocks,
            dropout=style.dropout,
            dtype=style.dtype,
        )
        self.built = True

    def call(self, x, condition=None):
        context = None
        if self._condition_size:
            context = tf.reshape(condition, [-1, 1, 1, self._condition_size])
        return self._network(x, context)


class PixelParameters(keras.layers.Layer):
    """A `PixelCNN`, with a head for each channel that sees the channels before it.

    Call: `[B, H, W, C]`, condition -> `outputs` of the same, zero at first.

    Attributes:
      shape: Of an input, `(H, W, C)`.

    Args:
      shape: `(H, W, C)`.
      outputs: Parameters of each value.
      blocks: Blocks of the `PixelCNN`.
      **style: Of `NetworkStyle`.
    """

    def __init__(self, shape, outputs, *, blocks=5, **style):
        own = NetworkStyle(**style).check()
        super().__init__(dtype=own.dtype)
        self.shape = shape = check_network(shape, outputs=outputs)
        self._condition = None
        if own.condition_shape:
            self._condition = own.add_condition(own.width)
        style = {**style, "condition_shape": None}
        size = own.width if self._condition else 0
        self._pixels = PixelCNN(shape, context_size=size, blocks=blocks, **style)
        self._heads = tuple(
            own.dense(own.width + before, outputs, kernel_initializer="zeros")
            for before in range(shape[-1])
        )
        self.built = True

    def call(self, x, condition=None):
        context = None
        if self._condition is not None:
            maps = tf.zeros([tf.shape(x)[0], *self.shape[:2], 1], self.compute_dtype)
            context = self._condition(maps, condition)
        h = self._pixels(x, context)
        parts = [
            head(tf.concat([h, tf.cast(x[..., :channel], h.dtype)], -1))
            for channel, head in enumerate(self._heads)
        ]
        return tuple(tf.unstack(to_output(self, tf.stack(parts, axis=-2)), axis=-1))
