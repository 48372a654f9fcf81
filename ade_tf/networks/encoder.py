"""Encoders: networks from images to the parameters of a posterior."""

import math

import keras
import tensorflow as tf

from ade_tf.config.networks import NETWORKS
from ade_tf.networks.blocks import (
    Dropout,
    PositionMap,
    ResidualBlock,
    check_choice,
    check_network,
    conv,
    dense,
    halvings,
)
from ade_tf.networks.condition import AddCondition
from ade_tf.networks.layers import to_output

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
      network: `conv`, `residual` or `mlp`.
      width: Channels at full size, or hidden units of `mlp`.
      dropout: Dropout rate, in [0, 1): at the end of every scale (of every hidden
        layer of `mlp`) and in residual blocks.
      position_maps: Whether a learned map per position is added at every scale (dense
        layers tell positions apart without).
      condition_shape: Shape of one condition: None, `(K,)` or `(h, w, K)`.
      dtype: Keras dtype policy of weights and activations.

    Raises:
      ValueError: If an argument is out of range.
    """

    def __init__(
        self,
        image_shape,
        output_size,
        *,
        network="conv",
        width=32,
        dropout=0.0,
        position_maps=False,
        condition_shape=None,
        dtype="float32",
    ):
        super().__init__(dtype=dtype)
        check_choice("network", network, NETWORKS)
        shape = check_network(
            image_shape, output_size=output_size, width=width, dropout=dropout
        )
        self._flat = network == "mlp"
        if self._flat:
            self._first = dense(math.prod(shape), width, dtype=dtype)
            body, features = _dense_body(width, dropout, dtype)
        else:
            self._first = conv(shape[-1], width, dtype=dtype)
            body, features = _conv_body(
                shape, network, width, dropout, position_maps, dtype
            )
        self._add_condition = AddCondition(
            condition_shape, width, rank=2 if self._flat else 4, dtype=dtype
        )
        self._body = tuple(body)
        self._last = dense(features, output_size, dtype=dtype)
        self.built = True

    def call(self, images, condition=None):
        if self._flat:
            images = tf.reshape(images, [-1, math.prod(images.shape[1:])])
        h = self._add_condition(self._first(images), condition)
        for layer in self._body:
            h = layer(h)
        h = self._last(tf.reshape(h, [-1, math.prod(h.shape[1:])]))
        return to_output(self, h)


def _dense_body(width, dropout, dtype):
    """Returns the layers and functions behind the first layer, and their features."""
    drop = Dropout(dropout, dtype=dtype)
    hidden = dense(width, width, dtype=dtype)
    return [tf.nn.elu, drop, hidden, tf.nn.elu, drop], width


def _conv_body(shape, network, width, dropout, position_maps, dtype):
    """Returns the layers and functions behind the first layer, and their features."""
    height, columns, _ = shape
    channels = width
    body = []
    for scale in range(halvings(height, columns) + 1):
        if scale > 0:
            height, columns, before = height // 2, columns // 2, channels
            channels = min(2 * channels, 4 * width)
            body.append(conv(before, channels, 4, strides=2, dtype=dtype))
        if position_maps:
            body.append(PositionMap((height, columns, channels), dtype=dtype))
        if network == "residual":
            body.append(ResidualBlock(channels, dropout=dropout, dtype=dtype))
        elif scale > 0:
            body += [tf.nn.elu, conv(channels, channels, dtype=dtype)]
        body += [tf.nn.elu, Dropout(dropout, dtype=dtype)]
    return body, height * columns * channels
