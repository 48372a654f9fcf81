"""Decoders: networks from z to the mean and scale of p(y | z)."""

import functools
import math

import keras
import tensorflow as tf

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

__all__ = ["DECODERS", "SIGMAS", "Decoder", "floored_sigma"]

SIGMAS = ("scalar", "channel", "pixel", "from_z")


def floored_sigma(raw, log_sigma_floor):
    """Maps unbounded values to scales: ln sigma = f + softplus(raw + ln(e^-f - 1)).

    Here f is the floor. Every sigma is at least e^f, and sigma = 1 where raw = 0.

    Args:
      raw: Float Tensor of any shape.
      log_sigma_floor: Lower bound f of ln sigma, below 0.
    """
    start = math.log(math.expm1(-log_sigma_floor))
    return tf.exp(log_sigma_floor + tf.nn.softplus(raw + start))


class Decoder(keras.layers.Layer):
    """Network from z to mu and sigma of p(y | z) = N(mu, sigma).

    `conv`: a dense layer to the coarsest scale, then convolutions with ELU, 3x3 at
    every scale and transposed 4x4 ones of stride 2 between two scales; the scales and
    their channels are `Encoder`'s. `residual`: residual blocks in place of the 3x3
    convolutions. `mlp`: two hidden dense layers with ELU, for `[1, 1, C]` data. The
    last layer of mu starts at a tenth of Glorot's scale.

    Call: z `[B, latent_size]`, condition -> (mu, sigma): mu `[B, H, W, C]`, sigma
    positive, of a shape that broadcasts to mu's.

    Args:
      image_shape: `(H, W, C)`.
      latent_size: Dimensions of z.
      network: `conv`, `residual` or `mlp`.
      width: Channels at full size, or hidden units of `mlp`.
      sigma: `scalar`, `channel` or `pixel`: one free parameter for all, per channel,
        or per position and channel; `from_z`: computed like mu. It is 1 at first.
      log_sigma_floor: Lower bound of ln sigma, below 0.
      dropout: Dropout rate, in [0, 1): at the end of every scale (of every hidden
        layer of `mlp`) and in residual blocks.
      position_maps: Whether a learned map per position is added at every scale and to
        mu (dense layers tell positions apart without).
      condition_shape: Shape of one condition: None, `(K,)` or `(h, w, K)`.
      dtype: Type of weights and activations.

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
        sigma="pixel",
        log_sigma_floor=-4.0,
        dropout=0.0,
        position_maps=False,
        condition_shape=None,
        dtype="float32",
    ):
        super().__init__(dtype=dtype)
        check_choice("network", network, DECODERS)
        check_choice("sigma", sigma, SIGMAS)
        if not log_sigma_floor < 0.0:
            raise ValueError(
                "`log_sigma_floor` must be below 0, for sigma is 1 at first. "
                f"Received: log_sigma_floor={log_sigma_floor}"
            )
        shape = check_network(
            image_shape, latent_size=latent_size, width=width, dropout=dropout
        )
        self._shape = shape
        self._floor = log_sigma_floor
        self._flat = network == "mlp"
        if self._flat:
            self._first = dense(latent_size, width, dtype=dtype)
            self._add_condition = AddCondition(
                condition_shape, width, rank=2, dtype=dtype
            )
            self._hidden = dense(width, width, dtype=dtype)
            self._dropout = Dropout(dropout, dtype=dtype)
            head = functools.partial(dense, width, math.prod(shape), dtype=dtype)
        else:
            scales = _scale_shapes(shape, width)
            self._coarsest = scales[0]
            self._first = dense(latent_size, math.prod(scales[0]), dtype=dtype)
            self._scales = tuple(
                _Scale(
                    before,
                    after,
                    network=network,
                    dropout=dropout,
                    position_maps=position_maps,
                    condition_shape=condition_shape,
                    dtype=dtype,
                )
                for before, after in zip([None, *scales[:-1]], scales, strict=True)
            )
            head = functools.partial(conv, width, shape[-1], dtype=dtype)
        tenth = keras.initializers.VarianceScaling(1.0, "fan_avg", "uniform")
        self._mu = head(kernel_initializer=tenth)
        self._map = None
        if position_maps and not self._flat:
            self._map = PositionMap(shape, dtype=dtype)
        if sigma == "from_z":
            self._raw_sigma = head(kernel_initializer="zeros")
        else:
            sizes = {"scalar": (1, 1, 1), "channel": (1, 1, shape[-1]), "pixel": shape}
            self._raw_sigma = self.add_weight(
                shape=sizes[sigma], initializer="zeros", name="raw_sigma"
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
        mu = tf.reshape(self._mu(h), [-1, *self._shape])
        if self._map is not None:
            mu = self._map(mu)
        if isinstance(self._raw_sigma, keras.layers.Layer):
            raw = tf.reshape(self._raw_sigma(h), [-1, *self._shape])
        else:
            raw = tf.convert_to_tensor(self._raw_sigma)
        return mu, floored_sigma(raw, self._floor)


def _scale_shapes(shape, width):
    """Returns `(H, W, C)` of every scale, coarsest first."""
    height, columns, _ = shape
    return [
        (height >> scale, columns >> scale, min(width << scale, 4 * width))
        for scale in reversed(range(halvings(height, columns) + 1))
    ]


class _Scale(keras.layers.Layer):
    """One scale of a decoder; it enlarges the scale before it, if there is one."""

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
        for layer in self._enter:
            h = layer(h)
        h = self._add_condition(h, condition)
        for layer in self._body:
            h = layer(h)
        return h


def _enlarging_conv(in_channels, channels, dtype):
    layer = keras.layers.Conv2DTranspose(
        channels,
        4,
        strides=2,
        padding="same",
        data_format="channels_last",
        dtype=dtype,
    )
    layer.build((None, None, None, in_channels))
    return layer


DECODERS = {
    name: functools.partial(Decoder, network=name)
    for name in ("conv", "residual", "mlp")
}
