"""Encoders: networks from images to the parameters of a posterior."""

import math

import keras
import tensorflow as tf

from ade_tf.networks.blocks import check_network, halvings
from ade_tf.networks.layers import to_output
from ade_tf.networks.style import NetworkStyle

__all__ = ["Encoder"]


class Encoder(keras.layers.Layer):
    """Network from images to a vector, such as the parameters of q(z | x).

    `conv`: convolutions with ELU, 3x3 at every scale and 4x4 of stride 2 between two
    scales. A scale has half the sides and twice the channels of the one before, up to
    four times `width`; the last is the first with an odd side or one of at most 4.
    `residual`: residual blocks in place of the 3x3 convolutions. `mlp`: two hidden
    dense layers with ELU, for `[1, 1, C]` data.

    Call: images `[B, H, W, C]` in [-1, 1], condition -> `[B, output_size]`.

    Args:
      image_shape: `(H, W, C)`.
      output_size: Size of the output.
      **style: Of `NetworkStyle`. Dropout is at the end of every scale (of every hidden
        layer of `mlp`) and in residual blocks, position maps are at every scale.

    Raises:
      ValueError: If an argument is out of range.
    """

    def __init__(self, image_shape, output_size, **style):
        style = NetworkStyle(**style).check()
        super().__init__(dtype=style.dtype)
        shape = check_network(image_shape, output_size=output_size)
        self._flat = style.network == "mlp"
        if self._flat:
            self._first = style.dense(math.prod(shape), style.width)
            body, features = _dense_body(style)
        else:
            self._first = style.conv(shape[-1], style.width)
            body, features = _conv_body(shape, style)
        self._add_condition = style.add_condition(style.width, 2 if self._flat else 4)
        self._body = tuple(body)
        self._last = style.dense(features, output_size)
        self.built = True

    def call(self, images, condition=None):
        if self._flat:
            images = tf.reshape(images, [-1, math.prod(images.shape[1:])])
        h = self._add_condition(self._first(images), condition)
        for layer in self._body:
            h = layer(h)
        h = self._last(tf.reshape(h, [-1, math.prod(h.shape[1:])]))
        return to_output(self, h)


def _dense_body(style):
    """Returns the layers and functions behind the first layer, and their features."""
    drop, hidden = style.drop(), style.dense(style.width, style.width)
    return [tf.nn.elu, drop, hidden, tf.nn.elu, drop], style.width


def _conv_body(shape, style):
    """Returns the layers and functions behind the first layer, and their features."""
    height, columns, _ = shape
    channels = style.width
    body = []
    for scale in range(halvings(height, columns) + 1):
        if scale > 0:
            height, columns, before = height // 2, columns // 2, channels
            channels = min(2 * channels, 4 * style.width)
            body.append(style.conv(before, channels, 4, strides=2))
        body += style.maps((height, columns, channels))
        body += style.scale_body(channels, plain=scale > 0)
    return body, height * columns * channels
