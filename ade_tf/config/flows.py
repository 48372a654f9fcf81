"""Feature maps, their couplings and the networks of these, with their settings."""

import dataclasses

from ade_tf.config.choices import Choice
from ade_tf.config.settings import setting, slot

__all__ = [
    "AUTOREGRESSIVE_NETWORKS",
    "CONDITIONERS",
    "COUPLINGS",
    "FEATURE_MAPS",
    "LOG_DETS",
    "FlowSettings",
]


@dataclasses.dataclass(frozen=True)
class ScaleSettings:
    """Settings of what scales by a network's output."""

    log_scale_bound: float = setting(
        2.0, "Bound on |log scale| of an affine coupling.", minimum=0.01, maximum=10.0
    )


@dataclasses.dataclass(frozen=True)
class SplineSettings(ScaleSettings):
    """Settings of spline couplings."""

    spline_bins: int = setting(8, "Number of bins of a spline coupling.", minimum=2)
    spline_range: float = setting(
        4.0, "A spline coupling acts on [-range, range].", minimum=0.1
    )


@dataclasses.dataclass(frozen=True)
class SigmoidalSettings:
    """Settings of sigmoidal transforms."""

    sigmoidal_units: int = setting(
        8, "Hidden units of a sigmoidal transform, of each entry.", minimum=1
    )


# Every entry takes its settings and has `parameters_per_entry`,
# `forward_and_log_det` and `inverse_and_log_det`.
COUPLINGS = {
    "additive": Choice("ade_tf.bijectors.transforms:Additive"),
    "affine": Choice("ade_tf.bijectors.transforms:Affine", ScaleSettings),
    "spline": Choice("ade_tf.bijectors.spline:Spline", SplineSettings),
    "sigmoidal": Choice("ade_tf.bijectors.sigmoidal:Sigmoidal", SigmoidalSettings),
}


@dataclasses.dataclass(frozen=True)
class ConditionerSettings:
    """Settings of all networks of couplings."""

    coupling_width: int = setting(
        32, "Number of channels of a coupling network.", minimum=1, keyword="width"
    )
    coupling_blocks: int = setting(
        1,
        "Number of residual blocks (or extra hidden layers) of a coupling network.",
        minimum=0,
        keyword="blocks",
    )
    coupling_dropout: float = setting(
        0.0,
        "Dropout rate in coupling networks.",
        minimum=0.0,
        maximum=0.95,
        keyword="dropout",
        part="dropout",
    )


# Every entry takes `(input_shape, output_channels)`, `position_maps`,
# `condition_shape`, `dtype` and its settings.
CONDITIONERS = {
    name: Choice(
        "ade_tf.networks.conditioner:Conditioner",
        ConditionerSettings,
        fixed={"network": name},
    )
    for name in ("conv", "residual", "mlp")
}


@dataclasses.dataclass(frozen=True)
class ActNormSettings:
    """Settings of all flows."""

    actnorm: str = setting(
        "channel",
        "ActNorm's parameters: one scale and shift per channel, or per position and "
        "channel.",
        choices=("channel", "position", "none"),
    )


@dataclasses.dataclass(frozen=True)
class TransformSettings(ActNormSettings, ScaleSettings):
    """Settings of flows of transforms; the scale is also that of learned priors."""

    coupling: str = slot(
        COUPLINGS, "affine", "Transform of a coupling, or of an autoregressive step."
    )


@dataclasses.dataclass(frozen=True)
class FlowSettings(TransformSettings):
    """Settings of all multi-scale flows."""

    flow_steps: tuple[int, ...] = setting(
        (4,),
        "Number of flow steps of each scale, comma-separated, finest first.",
        minimum=1,
        keyword="steps",
    )
    flow_factor_out: bool = setting(
        True,
        "Factor out half of the channels between scales.",
        keyword="factor_out",
    )
    learned_prior: bool = setting(
        True,
        "In a model without z, give channels that are factored out a Gaussian prior "
        "that is computed from the remaining channels. If disabled, their prior is a "
        "standard normal.",
        needs="no z",
    )
    coupling_network: str = slot(
        CONDITIONERS, "residual", "Network of a coupling.", keyword="network"
    )


@dataclasses.dataclass(frozen=True)
class GlowSettings(FlowSettings):
    """Settings of Glow."""

    flow_squeeze: bool = setting(
        True,
        "Squeeze 2x2 pixels into channels before each scale of `glow`.",
        keyword="squeeze",
    )
    mixing: str = setting(
        "plu",
        "Parametrisation of the invertible 1x1 convolution of `glow`. With `none`, the "
        "two halves of the channels alternate instead.",
        choices=("plu", "dense", "none"),
    )


@dataclasses.dataclass(frozen=True)
class AutoregressiveNetworkSettings:
    """Settings of the networks of autoregressive flows."""

    autoregressive_width: int = setting(
        64,
        "Hidden units or channels in the network of an autoregressive step.",
        minimum=1,
        keyword="width",
    )
    autoregressive_blocks: int = setting(
        2,
        "Hidden layers of `made`, or blocks of `pixel_cnn`.",
        minimum=1,
        keyword="blocks",
    )
    autoregressive_dropout: float = setting(
        0.0,
        "Dropout rate in the networks of autoregressive steps.",
        minimum=0.0,
        maximum=0.95,
        keyword="dropout",
        part="dropout",
    )


# Every entry takes `(shape, outputs)`, `position_maps`, `condition_shape`, `dtype` and
# its settings.
AUTOREGRESSIVE_NETWORKS = {
    "made": Choice(
        "ade_tf.networks.autoregressive_parameters:MadeParameters",
        AutoregressiveNetworkSettings,
    ),
    "pixel_cnn": Choice(
        "ade_tf.networks.autoregressive_parameters:PixelParameters",
        AutoregressiveNetworkSettings,
    ),
}


@dataclasses.dataclass(frozen=True)
class AutoregressiveSettings(TransformSettings):
    """Settings of autoregressive flows."""

    autoregressive_steps: int = setting(
        5,
        "Steps of `autoregressive`, in alternating order.",
        minimum=1,
        keyword="steps",
    )
    autoregressive_network: str = slot(
        AUTOREGRESSIVE_NETWORKS,
        "made",
        "Network of an autoregressive step: a masked dense network of all values, or a "
        "PixelCNN.",
        keyword="network",
    )


@dataclasses.dataclass(frozen=True)
class SeriesSettings:
    """Settings of log-dets by a power series."""

    log_det_terms: int = setting(
        2,
        "Terms of the power series of a log-det in training: all of them with "
        "`truncated`, those that are not left to chance with `russian_roulette`.",
        minimum=1,
        keyword="terms",
    )


# Every entry takes its settings, and is called with a Jacobian, the shape and type of
# its images, and draws.
LOG_DETS = {
    "russian_roulette": Choice(
        "ade_tf.bijectors.log_dets:PowerSeries",
        SeriesSettings,
        fixed={"roulette": True},
        traits=("estimate",),
    ),
    "truncated": Choice(
        "ade_tf.bijectors.log_dets:PowerSeries", SeriesSettings, traits=("estimate",)
    ),
    "exact": Choice("ade_tf.bijectors.log_dets:Exact"),
}


@dataclasses.dataclass(frozen=True)
class ResidualSettings(ActNormSettings):
    """Settings of residual flows."""

    residual_blocks: int = setting(
        8, "Number of blocks of `residual`.", minimum=1, keyword="blocks"
    )
    residual_width: int = setting(
        32,
        "Number of channels inside a block of `residual`.",
        minimum=1,
        keyword="width",
    )
    lipschitz_bound: float = setting(
        0.97,
        "Bound on the Lipschitz constant of what a block of `residual` adds.",
        minimum=0.01,
        maximum=0.999,
        keyword="coefficient",
    )
    log_det: str = slot(
        LOG_DETS,
        "russian_roulette",
        "Log-det of a residual block in training: a power series without bias, one "
        "that is cut off, or that of the whole Jacobian. Scores are always exact up to "
        "1024 values.",
    )


# Every entry takes `event_shape`, `position_maps`, `condition_shape`, `network_dtype`,
# `dtype` and its settings, with those of its couplings and their networks.
FEATURE_MAPS = {
    "identity": Choice("ade_tf.bijectors.chain:identity"),
    "real_nvp": Choice("ade_tf.bijectors.real_nvp:real_nvp", FlowSettings),
    "glow": Choice("ade_tf.bijectors.glow:glow", GlowSettings),
    "autoregressive": Choice(
        "ade_tf.bijectors.autoregressive:autoregressive_flow",
        AutoregressiveSettings,
        traits=("sequential",),
    ),
    "residual": Choice(
        "ade_tf.bijectors.residual:residual_flow",
        ResidualSettings,
        traits=("iterative",),
    ),
}
