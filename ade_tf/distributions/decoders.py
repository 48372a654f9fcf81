"""Decoders as densities, and which of them a model with its z gets."""

from ade_tf.distributions.density import Density
from ade_tf.distributions.normal import feature_density
from ade_tf.distributions.pixel_cnn import PixelDecoder, TopDownPixelDecoder
from ade_tf.networks import Decoder, TopDownDecoder

__all__ = ["GaussianDecoder", "TopDownGaussianDecoder", "gaussian", "pixel_cnn"]


class _Gaussian:
    """Makes a network to (mu, scale) a density of features."""

    def density(self, z, condition=None) -> Density:
        """Returns p(y | z) of codes `[B, latent_size]`."""
        return self.density_of(self(z, condition))

    def density_of(self, features) -> Density:
        """Returns the density whose (mu, scale) the network gave."""
        return feature_density(*features)


class GaussianDecoder(_Gaussian, Decoder):
    """`Decoder` with p(y | z) = N(mu(z), sigma), with optional low-rank covariance."""


class TopDownGaussianDecoder(_Gaussian, TopDownDecoder):
    """`TopDownDecoder` with p(y | z) as in `GaussianDecoder`."""


def gaussian(
    image_shape, latent_size, *, latent_levels=(0,), grey_levels=0, **keywords
):
    """Returns the decoder of a vector z, or of maps of z in levels.

    Args:
      image_shape: `(H, W, C)`.
      latent_size: Dimensions of z, or maps of each level.
      latent_levels: Levels of z at each scale, coarsest first; `(0,)`: z is a vector.
      grey_levels: Taken as by all decoders; features have none.
      **keywords: As of `Decoder`.
    """
    del grey_levels
    if latent_levels == (0,):
        return GaussianDecoder(image_shape, latent_size, **keywords)
    return TopDownGaussianDecoder(
        image_shape, latent_size, levels=latent_levels, **keywords
    )


def pixel_cnn(image_shape, latent_size, *, latent_levels=(0,), **keywords):
    """Returns the decoder over grey levels: of a vector z, maps in levels, or none.

    Args:
      image_shape: `(H, W, C)`.
      latent_size: Dimensions of z, or maps of each level; 0 for none.
      latent_levels: As of `gaussian`.
      **keywords: As of `PixelDecoder`; those that it has not are its output's.
    """
    output = {n: keywords.pop(n) for n in ("mixtures",) if n in keywords}
    keywords["output"] = output
    if latent_levels == (0,):
        return PixelDecoder(image_shape, latent_size, **keywords)
    return TopDownPixelDecoder(
        image_shape, latent_size, levels=latent_levels, **keywords
    )
