"""Decoders: networks from z to the mean and scale of p(y | z)."""

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
from ade_tf.networks.decoder_output import ImageDecoder
from ade_tf.networks.layers import Conv2DTranspose

__all__ = ["Decoder", "DecoderScale", "decoder_path", "decoder_scales"]


class Decoder(ImageDecoder):
    """Network from z to mu and sigma of p(y | z) = N(mu, sigma).

    `conv`: a dense layer to the coarsest scale, then convolutions with ELU, 3x3 at
    every scale and transposed 4x4 ones of stride 2 between two scales; the scales and
    their channels are `Encoder`'s. `residual`: residual blocks in place of the 3x3
    convolutions. `mlp`: two hidden dense layers with ELU, for `[1, 1, C]` data.

    Call: z `[B, latent_size]`, condition -> (mu, sigma): mu `[B, H, W, C]`, sigma
    positive, of a shape that broadcasts to mu's; with a `covariance_rank`,
    (mu, `LowRankScale`).

    Args:
      image_shape: `(H, W, C)`.
      latent_size: Dimensions of z.
      network: `conv`, `residual` or `mlp`.
      width: Channels at full size, or hidden units of `mlp`.
      dropout: As `Encoder`'s, with all that follow; position maps are added to mu, too.
      **scale: Of the scale of p(y | z), see `ImageDecoder`.

    Raises:
      ValueError: If an argument is out of range.
    """

    def __init__(
        self,
        image_shape,
        latent_size,
        *,
        network="conv",
        width=32,
        dropout=0.0,
        position_maps=False,
        condition_shape=None,
        dtype="float32",
        **scale,
    ):
        super().__init__(dtype=dtype)
        check_choice("network", network, NETWORKS)
        shape = check_network(
            image_shape, latent_size=latent_size, width=width, dropout=dropout
        )
        self.latent_size = latent_size
        self._flat = network == "mlp"
        if self._flat:
            self._first = dense(latent_size, width, dtype=dtype)
            self._add_condition = AddCondition(
                condition_shape, width, rank=2, dtype=dtype
            )
            self._hidden = dense(width, width, dtype=dtype)
            self._dropout = Dropout(dropout, dtype=dtype)
        else:
            scales = decoder_scales(shape, width)
            self._coarsest = scales[0]
            self._first = dense(latent_size, math.prod(scales[0]), dtype=dtype)
            self._scales = decoder_path(
                scales,
                network=network,
                dropout=dropout,
                position_maps=position_maps,
                condition_shape=condition_shape,
                dtype=dtype,
            )
        self._build_output(
            shape,
            width,
            flat=self._flat,
            position_maps=position_maps,
            dtype=dtype,
            **scale,
        )
        self.built = True

    def call(self, z, condition=None):
        h = self._first(z)
        if self._flat:
            h = self._dropout(tf.nn.elu(self._add_condition(h, condition)))
            h = self._dropout(tf.nn.elu(self._hidden(h)))
        else:
            h = tf.reshape(h, [-1, *self._coarsest])
            for scale in self._scales:
                h = scale(h, condition)
        return self._output(h)


def decoder_scales(shape, width):
    """Returns `(H, W, C)` of every scale, coarsest first."""
    height, columns, _ = shape
    return [
        (height >> scale, columns >> scale, min(width << scale, 4 * width))
        for scale in reversed(range(halvings(height, columns) + 1))
    ]


def decoder_path(scales, **keywords) -> tuple:
    """Returns a `DecoderScale` for every scale, coarsest first, with its keywords."""
    pairs = zip([None, *scales[:-1]], scales, strict=True)
    return tuple(DecoderScale(before, after, **keywords) for before, after in pairs)


class DecoderScale(keras.layers.Layer):
    """One scale of a decoder; it enlarges the scale before it, if there is one.

    A call is `begin`, which enlarges and adds the condition, and then `finish`.

    Args:
      before: `(H, W, C)` of the scale before it, or None.
      after: `(H, W, C)` of this one.
      network: `conv` or `residual`.
      dropout: As in `Decoder`, with the arguments that follow.
    """

    def __init__(
        self,
        before,
        after,
        *,
        network,
        dropout,
        position_maps,
        condition_shape,
        dtype,
    ):
        super().__init__(dtype=dtype)
        channels = after[-1]
        enter = []
        if before is not None:
            enter.append(_enlarging_conv(before[-1], channels, dtype))
            if position_maps:
                enter.append(PositionMap(after, dtype=dtype))
        self._enter = tuple(enter)
        self._add_condition = AddCondition(condition_shape, channels, dtype=dtype)
        if network == "residual":
            body = [ResidualBlock(channels, dropout=dropout, dtype=dtype)]
        else:
            body = [tf.nn.elu, conv(channels, channels, dtype=dtype)]
        self._body = (*body, tf.nn.elu, Dropout(dropout, dtype=dtype))
        self.built = True

    def call(self, h, condition=None):
        return self.finish(self.begin(h, condition))

    def begin(self, h, condition=None):
        """Returns the features before the scale's own body."""
        for layer in self._enter:
            h = layer(h)
        return self._add_condition(h, condition)

    def finish(self, h):
        """Returns the features behind the scale's own body."""
        for layer in self._body:
            h = layer(h)
        return h


def _enlarging_conv(in_channels, channels, dtype):
    layer = Conv2DTranspose(
        channels,
        4,
        strides=2,
        padding="same",
        data_format="channels_last",
        dtype=dtype,
    )
    layer.build((None, None, None, in_channels))
    return layer
