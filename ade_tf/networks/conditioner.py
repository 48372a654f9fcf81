"""Networks that compute a coupling's parameters from the part it keeps."""

import functools
import math

import keras
import tensorflow as tf

from ade_tf.config.flows import CONDITIONERS
from ade_tf.networks.blocks import (
    Dropout,
    PositionMap,
    ResidualBlock,
    check_choice,
    check_network,
    conv,
    dense,
)
from ade_tf.networks.condition import AddCondition
from ade_tf.networks.layers import to_output

__all__ = ["Conditioner"]


class Conditioner(keras.layers.Layer):
    """Network from maps to maps of the same size, exactly zero at first.

    `conv`: 3x3, `blocks` times 1x1, and 3x3 convolutions with ReLU. It is Glow's
    network (arXiv 1807.03039, section B) at `blocks=1`, without the ActNorm behind its
    hidden layers and the learned scale of its output; dropout acts before the last
    layer. `residual`: a 3x3 convolution, `blocks` residual blocks, ELU and a 3x3
    convolution; dropout acts inside the blocks. `mlp`: `blocks` + 1 hidden dense
    layers with ELU on the flattened input, each followed by dropout, for
    `[1, 1, C]` data. The last layer starts at zero.

    Call: `[B, H, W, C]`, condition -> `[B, H, W, output_channels]`.

    Args:
      input_shape: `(H, W, C)` of the input.
      output_channels: Channels of the output.
      network: `conv`, `residual` or `mlp`.
      width: Hidden channels or units.
      blocks: Depth, at least 0; see above.
      dropout: Dropout rate, in [0, 1).
      position_maps: Whether learned maps per position are added behind the first
        layer and to the output (dense layers tell positions apart without).
      condition_shape: As `Encoder`'s, and so is the dtype policy.

    Raises:
      ValueError: If an argument is out of range.
    """

    def __init__(
        self,
        input_shape,
        output_channels,
        *,
        network="conv",
        width=64,
        blocks=1,
        dropout=0.0,
        position_maps=False,
        condition_shape=None,
        dtype="float32",
    ):
        super().__init__(dtype=dtype)
        check_choice("network", network, CONDITIONERS)
        height, columns, channels = check_network(
            input_shape,
            output_channels=output_channels,
            width=width,
            blocks=blocks,
            dropout=dropout,
        )
        self._output_shape = (height, columns, output_channels)
        self._flat = network == "mlp"
        if self._flat:
            make, position_maps = dense, False
            channels, output_channels = (
                height * columns * n for n in (channels, output_channels)
            )
        else:
            make = conv
        self._first = make(channels, width, dtype=dtype)
        self._add_condition = AddCondition(
            condition_shape, width, rank=2 if self._flat else 4, dtype=dtype
        )
        body = _body(network, width, blocks, dropout, dtype)
        body.append(
            make(width, output_channels, kernel_initializer="zeros", dtype=dtype)
        )
        if position_maps:
            body.insert(0, PositionMap((height, columns, width), dtype=dtype))
            # Behind the last kernel, so of the output's type.
            body.append(PositionMap(self._output_shape, dtype=self.variable_dtype))
        self._body = tuple(body)
        self.built = True

    def call(self, x, condition=None):
        if self._flat:
            x = tf.reshape(x, [-1, math.prod(x.shape[1:])])
        x = self._add_condition(self._first(x), condition)
        for layer in self._body:
            x = layer(x)
        x = to_output(self, x)
        return tf.reshape(x, [-1, *self._output_shape]) if self._flat else x


def _body(network, width, blocks, dropout, dtype):
    """Returns the layers and functions between the first layer and the last."""
    drop = Dropout(dropout, dtype=dtype)
    if network == "residual":
        block = functools.partial(ResidualBlock, width, dropout=dropout, dtype=dtype)
        return [*(block() for _ in range(blocks)), tf.nn.elu]
    if network == "conv":
        body = [tf.nn.relu]
        for _ in range(blocks):
            body.append(dense(width, width, activation="relu", dtype=dtype))
        return [*body, drop]
    body = [tf.nn.elu, drop]
    for _ in range(blocks):
        body += [dense(width, width, dtype=dtype), tf.nn.elu, drop]
    return body
