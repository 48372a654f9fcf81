"""Recurrent decoders: p(x | z) over grey levels, row after row, with a z for each."""

import dataclasses

import tensorflow as tf

from ade_tf.config.densities import PIXEL_OUTPUTS
from ade_tf.distributions.density import Density, Draw
from ade_tf.networks.recurrent import RowRecurrent
from ade_tf.networks.style import NetworkStyle
from ade_tf.randomness import Draws

__all__ = ["RecurrentDecoder"]


class RecurrentDecoder(RowRecurrent):
    """Decoder whose density is one of grey levels, row after row.

        p(x, z) = prod_t p(z_t | z_<t, x_<t) prod_j p(x_tj | z_<=t, x_<t)

    (variational RNN, arXiv 1506.02216; x_t is a row of pixels x_tj.) The prior of z_t
    is part of the network, see `RowRecurrent`: what is called z outside is u ~ N(0, I).

    Args:
      image_shape: `(H, W, C)`.
      row_latents: Dimensions of z for each row.
      grey_levels: Grey levels of the images, at least 2.
      latent_levels: Taken as by all decoders; the rows are the levels of this z.
      pixel_output: Law of a pixel, `categorical` or `logistics`.
      pixel_width: Size of a pixel's features.
      **settings: Those of `NetworkStyle`, as `RowRecurrent`'s; the others are those of
        `pixel_output`.

    Raises:
      ValueError: If an argument is out of range.
    """

    def __init__(
        self,
        image_shape,
        row_latents,
        *,
        grey_levels,
        latent_levels=(0,),
        pixel_output="categorical",
        pixel_width=48,
        **settings,
    ):
        del latent_levels
        if grey_levels < 2:
            raise ValueError(
                "a density of grey levels needs at least 2 of them. "
                f"Received: levels={grey_levels}"
            )
        own, output = NetworkStyle.split({"network": "mlp", **settings})
        super().__init__(
            image_shape, row_latents, pixel_width, **dataclasses.asdict(own)
        )
        self.grey_levels = grey_levels
        self.law = PIXEL_OUTPUTS[pixel_output](
            self.image_shape[-1], grey_levels, pixel_width, own, **output
        )

    def density(self, z, condition=None) -> Density:
        """Returns p(x | z) of codes `[B, latent_size]`."""
        return _RowDensity(self, z, condition)

    def density_of(self, features) -> Density:
        """Returns p(x | z) at the very images of which the features are.

        Args:
          features: `[B, H, W, pixel_width]`, by `unroll` with the rows of the images.
        """
        return _PixelDensity(self.law, features)

    def to_unit(self, x):
        """Scales grey levels to [-1, 1], as encoders take them."""
        return x * (2.0 / self.grey_levels) - 1.0


class _PixelDensity(Density):
    """Pixels that are independent given their features."""

    discrete = True

    def __init__(self, law, features):
        self._law, self._features = law, features

    def log_prob(self, value) -> tf.Tensor:
        return tf.reduce_sum(self._law.log_prob(value, self._features), axis=[1, 2])


class _RowDensity(Density):
    discrete = True

    def __init__(self, decoder, z, condition):
        self._decoder, self._condition = decoder, condition
        self._z = z

    def log_prob(self, value) -> tf.Tensor:
        """Returns ln p(x | z) of images in grey levels, `[B]`, in nats."""
        unit = self._decoder.to_unit(value)
        features = self._unroll(lambda row, _: unit[:, row])
        return self._decoder.density_of(features).log_prob(value)

    def draw(self, draws: Draws, temperature=1.0) -> Draw:
        return self.complete(None, 0, draws, temperature)

    def complete(self, images, rows: int, draws: Draws, temperature=1.0) -> Draw:
        decoder, law, found = self._decoder, self._decoder.law, []
        shape = decoder.image_shape
        noise = draws.uniform([*shape[:2], law.noise_size])

        def next_row(row, features):
            if row < rows:
                found.append(images[:, row])
            else:
                found.append(law.draw(features, noise[:, row], temperature))
            return decoder.to_unit(found[-1])

        features = self._unroll(next_row)
        x = tf.stack(found, 1)
        log_prob = decoder.density_of(features).log_prob(x)
        return Draw(x, log_prob[:, None])

    def _unroll(self, row):
        parts = self._decoder.split(self._z)
        count = tf.shape(self._z)[0]
        return self._decoder.unroll(
            lambda number, _: parts[number], row, count, self._condition
        )
