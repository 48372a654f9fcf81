"""Decoders: networks from z to the mean and scale of p(y | z)."""

import math

import keras
import tensorflow as tf

from ade_tf.networks.blocks import check_network, halvings
from ade_tf.networks.decoder_output import ImageDecoder
from ade_tf.networks.growth import enlarge
from ade_tf.networks.layers import Conv2DTranspose, to_output
from ade_tf.networks.style import NetworkStyle

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
      growth: A `Growth` by whose resolutions mu grows, as many as there are scales;
        None: it is of full size from the first step on. Not of `mlp`.
      **settings: Those of `NetworkStyle`, as `Encoder`'s (position maps are added to
        mu, too); the others are those of the scale, see `ImageDecoder`.

    Raises:
      ValueError: If an argument is out of range.
    """

    def __init__(self, image_shape, latent_size, *, growth=None, **settings):
        style, scale = NetworkStyle.split(settings)
        style.check()
        super().__init__(dtype=style.dtype)
        shape = check_network(image_shape, latent_size=latent_size)
        width = style.width
        self.latent_size = latent_size
        self._flat = style.network == "mlp"
        if self._flat:
            self._first = style.dense(latent_size, width)
            self._add_condition = style.add_condition(width, rank=2)
            self._hidden = style.dense(width, width)
            self._dropout = style.drop()
        else:
            scales = decoder_scales(shape, width)
            self._coarsest = scales[0]
            self._first = style.dense(latent_size, math.prod(scales[0]))
            self._scales = decoder_path(scales, style)
        self._build_output(shape, style, flat=self._flat, **scale)
        self._growth, self._coarse_mus = growth, ()
        if growth is not None:
            self._coarse_mus = tuple(
                style.conv(channels, shape[-1]) for *_, channels in scales[:-1]
            )
        self.built = True

    def call(self, z, condition=None):
        h, coarse = self._first(z), []
        if self._flat:
            h = self._dropout(tf.nn.elu(self._add_condition(h, condition)))
            h = self._dropout(tf.nn.elu(self._hidden(h)))
        else:
            h = tf.reshape(h, [-1, *self._coarsest])
            for scale in self._scales:
                h = scale(h, condition)
                coarse.append(h)
        mu, scale = self._output(h)
        if self._growth is None:
            return mu, scale
        heads = zip(self._coarse_mus, coarse, strict=False)
        found, *others = *(to_output(self, head(h)) for head, h in heads), mu
        for doubling, own in enumerate(others, 1):
            found = self._growth.mix(doubling, enlarge(found), own)
        return found, scale


def decoder_scales(shape, width):
    """Returns `(H, W, C)` of every scale, coarsest first."""
    height, columns, _ = shape
    return [
        (height >> scale, columns >> scale, min(width << scale, 4 * width))
        for scale in reversed(range(halvings(height, columns) + 1))
    ]


def decoder_path(scales, style) -> tuple:
    """Returns a `DecoderScale` for every scale, coarsest first."""
    pairs = zip([None, *scales[:-1]], scales, strict=True)
    return tuple(DecoderScale(before, after, style) for before, after in pairs)


class DecoderScale(keras.layers.Layer):
    """One scale of a decoder; it enlarges the scale before it, if there is one.

    A call is `begin`, which enlarges and adds the condition, and then `finish`.

    Args:
      before: `(H, W, C)` of the scale before it, or None.
      after: `(H, W, C)` of this one.
      style: The `NetworkStyle`.
    """

    def __init__(self, before, after, style):
        super().__init__(dtype=style.dtype)
        channels = after[-1]
        enter = []
        if before is not None:
            enter.append(_enlarging_conv(before[-1], channels, style.dtype))
            enter += style.maps(after)
        self._enter = tuple(enter)
        self._add_condition = style.add_condition(channels)
        self._body = tuple(style.scale_body(channels))
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
