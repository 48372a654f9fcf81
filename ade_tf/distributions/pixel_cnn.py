"""Autoregressive decoders: p(x | z) over the grey levels themselves."""

import math

import keras
import tensorflow as tf

from ade_tf.config.densities import PIXEL_OUTPUTS
from ade_tf.distributions.density import Density, Draw
from ade_tf.networks.blocks import check_network
from ade_tf.networks.decoder import decoder_path, decoder_scales
from ade_tf.networks.layers import to_output
from ade_tf.networks.pixel_cnn import PixelCNN
from ade_tf.networks.style import NetworkStyle
from ade_tf.networks.top_down import TOP_DOWN_NETWORKS, TopDownPath
from ade_tf.randomness import Draws

__all__ = ["PixelDecoder", "TopDownPixelDecoder"]


class _GreyLevels(keras.layers.Layer):
    """The end of autoregressive decoders: from features of z to p(x | z)."""

    def _build_pixels(
        self,
        shape,
        size,
        style,
        *,
        grey_levels,
        pixel_output="categorical",
        pixel_width=48,
        pixel_blocks=5,
        pixel_dropout=0.0,
        pixel_context=True,
        output=None,
    ):
        if grey_levels < 2:
            raise ValueError(
                "a density of grey levels needs at least 2 of them. "
                f"Received: levels={grey_levels}"
            )
        self.grey_levels, self.image_shape = grey_levels, shape
        style = dict(
            network=style.network,
            width=pixel_width,
            dropout=pixel_dropout,
            position_maps=style.position_maps,
            dtype=style.dtype,
        )
        self._pixels = None
        if pixel_context:
            self._pixels = PixelCNN(
                shape, context_size=size, blocks=pixel_blocks, **style
            )
            size = pixel_width
        self._law = PIXEL_OUTPUTS[pixel_output](
            shape[-1], grey_levels, size, NetworkStyle(**style), **(output or {})
        )

    def density(self, z, condition=None) -> Density:
        """Returns p(x | z) of codes `[B, latent_size]`; of None where there is no z."""
        return self.density_of(self(z, condition))

    def density_of(self, features) -> Density:
        """Returns the density of which the call gave the features of z."""
        return _PixelDensity(self, features)

    def features(self, x, context) -> tf.Tensor:
        """Returns what the law of each pixel of images in grey levels is given."""
        if self._pixels is None:
            return tf.nn.elu(context)
        unit = x * (2.0 / (self.grey_levels - 1.0)) - 1.0
        return self._pixels(unit, context)

    @property
    def sees_pixels(self) -> bool:
        """Whether a pixel sees those before it, so that they are drawn in turn."""
        return self._pixels is not None

    @property
    def law(self):
        """The law of a pixel given its features."""
        return self._law


class PixelDecoder(_GreyLevels):
    """Decoder whose density is one of grey levels, pixel after pixel.

        p(x | z) = prod_i p(x_i | x_1, ..., x_(i-1), h_i(z))

    (PixelCNN, arXiv 1601.06759; with a z PixelVAE, arXiv 1611.05013.) h(z) are maps at
    full size, from the path of `Decoder`; what is seen of the pixels before is up to
    `PixelCNN`, and nothing without `context`: then p(x | z) = prod_i p(x_i | h_i(z)).

    Call: z `[B, latent_size]` or None, condition -> h `[B, H, W, ...]`, or None.

    Args:
      image_shape: `(H, W, C)`.
      latent_size: Dimensions of z; 0 for none.
      **settings: `grey_levels` of the images, at least 2; `pixel_output`, the law of a
        pixel, `categorical` or `logistics`, and its settings `output`; `pixel_width`,
        `pixel_blocks` and `pixel_dropout` of the `PixelCNN`; `pixel_context`, whether a
        pixel sees those before it; and those of `NetworkStyle`, of the path from z.

    Raises:
      ValueError: If an argument is out of range, or there is neither z nor context.
    """

    def __init__(self, image_shape, latent_size, **settings):
        style, pixels = NetworkStyle.split(settings)
        style.check(TOP_DOWN_NETWORKS)
        super().__init__(dtype=style.dtype)
        shape = check_network(image_shape)
        if not (latent_size or pixels.get("pixel_context", True)):
            raise ValueError(
                "without a z, a pixel needs the pixels before it. "
                "Received: pixel_context=False"
            )
        self.latent_size = latent_size
        size = 0
        if latent_size:
            scales = decoder_scales(shape, style.width)
            self._coarsest, size = scales[0], style.width
            self._first = style.dense(latent_size, math.prod(scales[0]))
            self._scales = decoder_path(scales, style)
        elif style.condition_shape:
            size = pixels.get("pixel_width", 48)
            self._add_condition = style.add_condition(size)
        self._build_pixels(shape, size, style, **pixels)
        self.built = True

    def call(self, z=None, condition=None):
        if self.latent_size:
            h = tf.reshape(self._first(z), [-1, *self._coarsest])
            for scale in self._scales:
                h = scale(h, condition)
            return to_output(self, h)
        if condition is None:
            return None
        maps = tf.zeros([tf.shape(condition)[0], *self.image_shape[:2], 1])
        return self._add_condition(maps, condition)


class TopDownPixelDecoder(TopDownPath, _GreyLevels):
    """`PixelDecoder` whose z are maps in levels, with a `TopDownPath` for its path.

    (PixelVAE with latent grids, arXiv 1611.05013, section 3.2.)

    Args:
      image_shape: `(H, W, C)`.
      maps: Maps of z at each level.
      levels: Number of levels at each scale, coarsest first.
      **settings: As `PixelDecoder`'s.
    """

    def __init__(self, image_shape, maps, *, levels=(1,), **settings):
        style, pixels = NetworkStyle.split(settings)
        super().__init__(dtype=style.dtype, autocast=False)
        shape = self._build_path(image_shape, maps, levels, style)
        self._build_pixels(shape, style.width, style, **pixels)
        self.built = True

    def _output(self, h):
        return to_output(self, h)


class _PixelDensity(Density):
    discrete = True

    def __init__(self, decoder, context):
        self._decoder = decoder
        self._context = context

    def log_prob(self, value) -> tf.Tensor:
        """Returns ln p(x) of images in grey levels, `[B]`, in nats."""
        features = self._decoder.features(value, self._context)
        each = self._decoder.law.log_prob(value, features)
        return tf.reduce_sum(each, axis=[1, 2])

    def draw(self, draws: Draws, temperature=1.0) -> Draw:
        return self.complete(None, 0, draws, temperature)

    def complete(self, images, rows: int, draws: Draws, temperature=1.0) -> Draw:
        """Draws images, by one pass of the network for each pixel not given."""
        decoder, law = self._decoder, self._decoder.law
        height, columns, channels = decoder.image_shape
        noise = draws.uniform([height, columns, law.noise_size])
        count = tf.shape(noise)[0]
        if not decoder.sees_pixels:
            features = decoder.features(None, self._context)
            x = law.draw(features, noise, temperature)
            if rows:
                x = tf.concat([images[:, :rows], x[:, rows:]], 1)
            return Draw(x, self.log_prob(x)[:, None])
        noise = tf.reshape(noise, [count, height * columns, law.noise_size])
        place = tf.range(height * columns)

        def draw_pixel(i, x):
            image = tf.reshape(x, [-1, height, columns, channels])
            features = decoder.features(image, self._context)
            features = tf.reshape(features, [-1, height * columns, features.shape[-1]])
            pixel = law.draw(features[:, i], noise[:, i], temperature)
            new = tf.where((place == i)[:, None], pixel[:, None], x)
            return i + 1, tf.ensure_shape(new, x.shape)

        start = tf.zeros([count, height * columns, channels])
        if rows:
            start = tf.reshape(images, tf.shape(start))
        _, x = tf.while_loop(
            lambda i, x: i < height * columns,
            draw_pixel,
            (rows * columns, start),
        )
        x = tf.reshape(x, [-1, height, columns, channels])
        return Draw(x, self.log_prob(x)[:, None])
