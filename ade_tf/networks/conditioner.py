"""Networks that compute a coupling's parameters from the part it keeps."""

import math

import keras
import tensorflow as tf

from ade_tf.config.flows import CONDITIONERS
from ade_tf.networks.blocks import PositionMap, check_network
from ade_tf.networks.layers import to_output
from ade_tf.networks.style import NetworkStyle

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
      blocks: Depth, at least 0; see above.
      **style: Of `NetworkStyle`; position maps are behind the first layer and added to
        the output.

    Raises:
      ValueError: If an argument is out of range.
    """

    def __init__(self, input_shape, output_channels, *, blocks=1, **style):
        style = NetworkStyle(**{"width": 64, **style}).check(CONDITIONERS)
        super().__init__(dtype=style.dtype)
        height, columns, channels = check_network(
            input_shape, output_channels=output_channels, blocks=blocks
        )
        width = style.width
        self._output_shape = (height, columns, output_channels)
        self._flat = style.network == "mlp"
        make = style.conv
        if self._flat:
            make = style.dense
            channels, output_channels = (
                height * columns * n for n in (channels, output_channels)
            )
        self._first = make(channels, width)
        self._add_condition = style.add_condition(width, 2 if self._flat else 4)
        body = _body(style, blocks)
        body.append(make(width, output_channels, kernel_initializer="zeros"))
        if style.position_maps and not self._flat:
            body[:0] = style.maps((height, columns, width))
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


def _body(style, blocks):
    """Returns the layers and functions between the first layer and the last."""
    width, drop = style.width, style.drop()
    if style.network == "residual":
        return [*(style.block(width) for _ in range(blocks)), tf.nn.elu]
    if style.network == "conv":
        body = [tf.nn.relu]
        for _ in range(blocks):
            body.append(style.dense(width, width, activation="relu"))
        return [*body, drop]
    body = [tf.nn.elu, drop]
    for _ in range(blocks):
        body += [style.dense(width, width), tf.nn.elu, drop]
    return body
