"""Decoders as densities: networks whose output is the law of p(y | z)."""

from ade_tf.distributions.density import Density
from ade_tf.distributions.normal import feature_density
from ade_tf.networks import Decoder, TopDownDecoder

__all__ = ["GaussianDecoder", "TopDownGaussianDecoder", "gaussian"]


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
