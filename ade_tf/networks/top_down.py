"""Top-down decoders: z in levels of maps, from coarse to fine."""

import math

import keras
import tensorflow as tf

from ade_tf.networks.blocks import bounded, check_network, conv
from ade_tf.networks.decoder import decoder_path, decoder_scales
from ade_tf.networks.decoder_output import ImageDecoder
from ade_tf.networks.layers import to_output
from ade_tf.networks.style import NetworkStyle

__all__ = [
    "TOP_DOWN_NETWORKS",
    "TopDownDecoder",
    "TopDownPath",
    "join_levels",
    "level_counts",
    "level_scales",
    "split_levels",
]

TOP_DOWN_NETWORKS = ("conv", "residual")

_LOG_SCALE_BOUND = 5.0


def level_scales(image_shape, levels, width) -> list:
    """Returns `(h, w, C)` of the features at every level of z, coarsest first.

    Args:
      image_shape: `(H, W, C)`.
      levels: Number of levels at each scale, coarsest first.
      width: Channels at full size.

    Raises:
      ValueError: If there are more scales with levels than scales, or one without.
    """
    scales = decoder_scales(image_shape, width)
    if not 1 <= len(levels) <= len(scales) or min(levels) < 1:
        raise ValueError(
            f"images of shape {tuple(image_shape)} have {len(scales)} scales: latent "
            "levels are given for some of them, coarsest first, at least 1 each. "
            f"Received: {tuple(levels)}"
        )
    counts = level_counts(scales, levels)
    pairs = zip(scales, counts, strict=True)
    return [scale for scale, count in pairs for _ in range(count)]


def level_counts(scales, levels) -> tuple[int, ...]:
    """Returns the number of levels of z at every scale, 0 where none are given."""
    return (*levels, *[0] * (len(scales) - len(levels)))


def split_levels(u, shapes) -> list:
    """Returns the maps `[B, *shape]` of every level of vectors `[B, size]`."""
    parts = tf.split(u, [math.prod(shape) for shape in shapes], axis=1)
    return [
        tf.reshape(part, [-1, *shape])
        for part, shape in zip(parts, shapes, strict=True)
    ]


def join_levels(maps, shapes):
    """Returns the vectors `[B, size]` of the maps of all levels."""
    flat = [
        tf.reshape(part, [-1, math.prod(shape)])
        for part, shape in zip(maps, shapes, strict=True)
    ]
    return tf.concat(flat, axis=1)


class TopDownPath(keras.layers.Layer):
    """The path of decoders of a hierarchical z, from z to features at full size.

        z_l = m_l(z_1, ..., z_(l-1)) + s_l(z_1, ..., z_(l-1)) * u_l,   u_l ~ N(0, I)

    z_l are maps at a scale of the network, which otherwise is `Decoder` with a learned
    start in place of its dense layer. At each level a convolution of the features h
    gives m_l, ln s_l (bounded by 5) and det, and another adds conv(elu([z_l, det])) to
    h (the block of arXiv 1606.04934, appendix C.2; there the sum is weighted by a
    tenth). `u`, all levels in one vector, is what the rest of the library calls z:
    densities and KL of u are those of the z_l. Under prior `normal` it is N(0, I).

    Call: u `[B, latent_size]`, condition -> what `_output` makes of the features, as a
    subclass says.
    """

    def _build_path(self, image_shape, maps, levels, style):
        """Builds the path of a network of `style`; returns the checked image shape."""
        style.check(TOP_DOWN_NETWORKS)
        shape = check_network(image_shape, maps=maps)
        scales = decoder_scales(shape, style.width)
        found = level_scales(shape, levels, style.width)
        self._counts = level_counts(scales, levels)
        self.level_shapes = tuple((*scale[:2], maps) for scale in found)
        self.latent_size = sum(map(math.prod, self.level_shapes))
        self._coarsest = scales[0]
        self._start = self.add_weight(
            shape=scales[0] if style.position_maps else (1, 1, scales[0][-1]),
            initializer="zeros",
            name="start",
        )
        self._scales = decoder_path(scales, style)
        self._levels = tuple(_Level(own[-1], maps, dtype=style.dtype) for own in found)
        return shape

    def call(self, u, condition=None):
        maps = self.split(u)
        return self.descend(lambda level, h: maps[level], tf.shape(u)[0], condition)

    def split(self, u) -> list:
        """Returns the maps `[B, h, w, maps]` of all levels of a vector."""
        return split_levels(u, self.level_shapes)

    def join(self, maps):
        """Returns the vector `[B, latent_size]` of the maps of all levels."""
        return join_levels(maps, self.level_shapes)

    def descend(self, draw, batch, condition=None):
        """Runs the path from the top, which prior and posterior share.

        Args:
          draw: Function of a level's number and the features above it, `[B, h, w, C]`,
            that returns the level's u, `[B, h, w, maps]`.
          batch: Size of the batch, a scalar.
          condition: As in the call.

        Returns:
          As the call.
        """
        start = tf.cast(tf.convert_to_tensor(self._start), self.compute_dtype)
        h = tf.broadcast_to(start, [batch, *self._coarsest])
        level = 0
        for scale, count in zip(self._scales, self._counts, strict=True):
            h = scale.begin(h, condition)
            for _ in range(count):
                h = self._levels[level].pass_through(h, draw(level, h))
                level += 1
            h = scale.finish(h)
        return self._output(h)


class TopDownDecoder(TopDownPath, ImageDecoder):
    """Network from a hierarchical z to mu and sigma of p(y | z) = N(mu, sigma).

    It is `Decoder` with a `TopDownPath` in place of its own.

    Call: u `[B, latent_size]`, condition -> (mu, sigma), as `Decoder`'s.

    Args:
      image_shape: `(H, W, C)`.
      maps: Maps of z at each level.
      levels: Number of levels at each scale, coarsest first; finer scales than are
        given have none.
      **settings: As `Decoder`'s; the network is `conv` or `residual`.

    Raises:
      ValueError: If an argument is out of range.
    """

    def __init__(self, image_shape, maps, *, levels=(1,), **settings):
        style, scale = NetworkStyle.split(settings)
        # u is not rounded: z = m + s u is of the output's type.
        super().__init__(dtype=style.dtype, autocast=False)
        shape = self._build_path(image_shape, maps, levels, style)
        self._build_output(shape, style, **scale)
        self.built = True


class _Level(keras.layers.Layer):
    """One level of a top-down decoder, on features of `channels`."""

    def __init__(self, channels, maps, *, dtype):
        super().__init__(dtype=dtype)
        self._sizes = [maps, maps, channels]
        self._prior = conv(channels, sum(self._sizes), dtype=dtype)
        self._merge = conv(maps + channels, channels, dtype=dtype)
        self.built = True

    def pass_through(self, h, u):
        """Returns the features behind the level, z = m + s u let in."""
        mean, raw, det = tf.split(self._prior(tf.nn.elu(h)), self._sizes, axis=-1)
        mean, raw = to_output(self, mean), to_output(self, raw)
        z = mean + tf.exp(bounded(raw, _LOG_SCALE_BOUND)) * u
        merged = self._merge(tf.nn.elu(tf.concat([tf.cast(z, h.dtype), det], -1)))
        # TensorFlow's CPU graph optimiser fails on plain chains of such sums.
        return h + tf.ensure_shape(merged, h.shape)
