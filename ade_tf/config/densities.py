"""The densities of the model's slots: prior, posterior, decoder and dequantizer."""

import dataclasses

from ade_tf.config.choices import Choice
from ade_tf.config.networks import SIGMAS
from ade_tf.config.settings import setting

__all__ = ["DECODERS", "DEQUANTIZERS", "POSTERIORS", "PRIORS"]

# Every entry takes the shape of one code (or of the features, where there is no z), and
# its settings.
PRIORS = {"normal": Choice("ade_tf.distributions.priors:StandardNormal")}


@dataclasses.dataclass(frozen=True)
class IafSettings:
    """Settings of inverse autoregressive flow."""

    iaf_steps: int = setting(
        2, "Number of `iaf` steps (of each level), in alternating order.", minimum=1
    )
    iaf_width: int = setting(
        64,
        "Hidden channels of the `iaf` networks, and channels of the context that the "
        "encoder gives them.",
        minimum=1,
    )


# Every entry takes `latent_shape`, that of a vector or of one level of maps, `dtype`
# and its settings. What it makes has `parameters_size` and takes parameters of that
# size to a `Density`.
POSTERIORS = {
    "gaussian": Choice("ade_tf.distributions.posterior:DiagonalGaussian"),
    "iaf": Choice("ade_tf.distributions.iaf:InverseAutoregressive", IafSettings),
}


@dataclasses.dataclass(frozen=True)
class GaussianSettings:
    """Settings of the scale of a Gaussian p(y | z)."""

    sigma: str = setting(
        "pixel",
        "Scale of p(y | z): one scalar, one per channel, one per pixel, or computed "
        "from z.",
        choices=SIGMAS,
    )
    log_sigma_floor: float = setting(
        -4.0, "Lower bound of ln sigma, which starts at 0.", minimum=-20.0, maximum=-0.1
    )
    covariance_rank: int = setting(
        0,
        "Rank of the matrix W W^T that is added to the diagonal covariance of p(y | "
        "z). 0 adds none. W is computed from z if sigma is.",
        minimum=0,
        needs="encoder",
    )


# Every entry takes `(image_shape, latent_size)`, `levels` of a hierarchical z, the
# arguments of a network, and its settings.
DECODERS = {
    "gaussian": Choice("ade_tf.distributions.decoders:gaussian", GaussianSettings)
}


@dataclasses.dataclass(frozen=True)
class VariationalSettings:
    """Settings of variational dequantization."""

    dequantizer_width: int = setting(
        32, "Channels of the networks of `variational` noise.", minimum=1
    )
    dequantizer_steps: int = setting(
        2, "Number of couplings of `variational` noise.", minimum=0
    )
    dequantizer_coupling: str = setting(
        "affine",
        "Transform of the couplings of `variational` noise.",
        choices=("affine", "spline"),
    )


# Every entry takes `(image_shape, levels)`, `condition_shape`, `dtype` and its
# settings.
DEQUANTIZERS = {
    "uniform": Choice("ade_tf.distributions.dequantizers:UniformNoise"),
    "variational": Choice(
        "ade_tf.distributions.variational_dequantizer:VariationalNoise",
        VariationalSettings,
    ),
}
