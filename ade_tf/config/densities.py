"""The densities of the model's slots: prior, posterior, decoder and dequantizer."""

import dataclasses

from ade_tf.config.choices import Choice
from ade_tf.config.networks import SIGMAS
from ade_tf.config.settings import setting, slot

__all__ = ["DECODERS", "DEQUANTIZERS", "PIXEL_OUTPUTS", "POSTERIORS", "PRIORS"]


# Transforms, of `COUPLINGS`, of the steps of autoregressive flows of z.
_ELEMENTWISE = ("affine", "spline", "sigmoidal")


@dataclasses.dataclass(frozen=True)
class PriorSettings:
    """Settings of a prior that is an autoregressive flow."""

    prior_steps: int = setting(
        4, "Steps of prior `autoregressive` (of each level).", minimum=1
    )
    prior_width: int = setting(
        64,
        "Hidden units of the networks of prior `autoregressive`, or channels where z "
        "has levels.",
        minimum=1,
    )
    prior_coupling: str = setting(
        "affine",
        "Transform of a step of prior `autoregressive`.",
        choices=_ELEMENTWISE,
    )


@dataclasses.dataclass(frozen=True)
class CodeSettings:
    """Settings of a prior with codes."""

    code_classes: int = setting(10, "Categories of prior `codes`.", minimum=2)
    code_dims: int = setting(2, "Continuous codes of prior `codes`.", minimum=0)


# Every entry takes the shape of one code (or of the features, where there is no z),
# `level_shapes` of a hierarchical z, and its settings.
PRIORS = {
    "normal": Choice("ade_tf.distributions.priors:StandardNormal"),
    "autoregressive": Choice(
        "ade_tf.distributions.flow_prior:autoregressive_prior", PriorSettings
    ),
    "codes": Choice(
        "ade_tf.distributions.code_prior:CodePrior", CodeSettings, traits=("vector",)
    ),
}


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
    iaf_coupling: str = setting(
        "affine", "Transform of an `iaf` step.", choices=_ELEMENTWISE
    )


@dataclasses.dataclass(frozen=True)
class PlanarSettings:
    """Settings of planar flows."""

    planar_steps: int = setting(8, "Steps of posterior `planar`.", minimum=1)


@dataclasses.dataclass(frozen=True)
class RadialSettings:
    """Settings of radial flows."""

    radial_steps: int = setting(8, "Steps of posterior `radial`.", minimum=1)


# Every entry takes `latent_shape`, that of a vector or of one level of maps, `dtype`
# and its settings. What it makes has `parameters_size` and takes parameters of that
# size to a `Density`.
POSTERIORS = {
    "gaussian": Choice("ade_tf.distributions.posterior:DiagonalGaussian"),
    "iaf": Choice("ade_tf.distributions.iaf:InverseAutoregressive", IafSettings),
    "planar": Choice(
        "ade_tf.distributions.planar:Planar", PlanarSettings, traits=("vector",)
    ),
    "radial": Choice(
        "ade_tf.distributions.radial:Radial", RadialSettings, traits=("vector",)
    ),
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


@dataclasses.dataclass(frozen=True)
class LogisticSettings:
    """Settings of a mixture of discretised logistics."""

    pixel_mixtures: int = setting(
        5, "Components of the mixture of logistics.", minimum=1, keyword="mixtures"
    )


# Every entry takes `(channels, levels, features, style)` and its settings.
PIXEL_OUTPUTS = {
    "categorical": Choice("ade_tf.distributions.grey_levels:Categorical"),
    "logistics": Choice(
        "ade_tf.distributions.grey_levels:LogisticMixture", LogisticSettings
    ),
}


@dataclasses.dataclass(frozen=True)
class GreyLevelSettings:
    """Settings of decoders over grey levels."""

    pixel_output: str = slot(
        PIXEL_OUTPUTS,
        "categorical",
        "Law of a pixel: a probability for each grey level (for few levels), or a "
        "mixture of discretised logistics.",
    )
    pixel_width: int = setting(
        48,
        "Channels of the PixelCNN; of decoder `recurrent`, features of each pixel.",
        minimum=1,
    )


@dataclasses.dataclass(frozen=True)
class PixelSettings(GreyLevelSettings):
    """Settings of autoregressive decoders."""

    pixel_blocks: int = setting(
        5,
        "Blocks of the PixelCNN. Each lets a pixel see one more row and column; with 0 "
        "it sees its four neighbours above and to the left.",
        minimum=0,
    )
    pixel_dropout: float = setting(
        0.0, "Dropout rate in the PixelCNN.", minimum=0.0, maximum=0.95, part="dropout"
    )
    pixel_context: bool = setting(
        True,
        "Let a pixel see the pixels before it; off: pixels are independent given z.",
        needs="z",
    )


# Every entry takes `(image_shape, latent_size)`, `latent_levels` of a hierarchical z,
# `grey_levels`, the arguments of a network, and its settings.
DECODERS = {
    "gaussian": Choice("ade_tf.distributions.decoders:gaussian", GaussianSettings),
    "pixel_cnn": Choice(
        "ade_tf.distributions.decoders:pixel_cnn", PixelSettings, traits=("discrete",)
    ),
    "recurrent": Choice(
        "ade_tf.distributions.recurrent_decoder:RecurrentDecoder",
        GreyLevelSettings,
        traits=("discrete", "rows"),
    ),
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
