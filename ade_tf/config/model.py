"""Settings of the model: its parts and their sizes."""

import dataclasses

from ade_tf.bijectors import FEATURE_MAPS
from ade_tf.config.presets import PRESETS
from ade_tf.config.settings import setting
from ade_tf.distributions import POSTERIORS
from ade_tf.networks import CONDITIONERS, DECODERS, DISCRIMINATORS, PRECISIONS

__all__ = ["ModelConfig"]


@dataclasses.dataclass(frozen=True)
class ModelConfig:
    """Which parts the model has and how large they are."""

    preset: str = setting(
        "av_ade", "Model of the family; it decides which parts exist.", choices=PRESETS
    )
    feature_map: str = setting(
        "",
        "Invertible network behind the decoder; empty: the preset's (`glow` where it "
        "has a flow, else `identity`).",
        choices=("", *FEATURE_MAPS),
    )
    flow_steps: tuple[int, ...] = setting(
        (4,), "Flow steps of each scale, comma-separated, finest first.", minimum=1
    )
    flow_squeeze: bool = setting(
        True, "Squeeze 2x2 pixels into channels before each scale of `glow`."
    )
    flow_factor_out: bool = setting(
        True, "Between scales, half of the channels take no further part."
    )
    learned_prior: bool = setting(
        True,
        "Where there is no z, channels that are factored out have a Gaussian computed "
        "from those that go on; off: a standard normal.",
    )
    coupling: str = setting(
        "affine",
        "Transform of a coupling.",
        choices=("additive", "affine", "spline"),
    )
    mixing: str = setting(
        "plu",
        "Invertible 1x1 convolution of `glow`; `none` alternates the halves.",
        choices=("plu", "dense", "none"),
    )
    actnorm: str = setting(
        "channel",
        "ActNorm's parameters: one scale and shift per channel, or per position and "
        "channel.",
        choices=("channel", "position", "none"),
    )
    coupling_network: str = setting(
        "residual", "Network of a coupling.", choices=CONDITIONERS
    )
    coupling_width: int = setting(32, "Channels in a coupling network.", minimum=1)
    coupling_blocks: int = setting(
        1, "Residual blocks (or extra hidden layers) in a coupling network.", minimum=0
    )
    coupling_dropout: float = setting(
        0.0, "Dropout rate in coupling networks.", minimum=0.0, maximum=0.95
    )
    position_maps: bool = setting(
        False,
        "Add a learned map per position in networks: for aligned images such as "
        "digits.",
    )
    log_scale_bound: float = setting(
        2.0, "Bound on |log scale| of an affine coupling.", minimum=0.01, maximum=10.0
    )
    spline_bins: int = setting(8, "Bins of a spline coupling.", minimum=2)
    spline_range: float = setting(
        4.0, "A spline coupling acts on [-range, range].", minimum=0.1
    )
    recompute_features: bool = setting(
        False,
        "Compute the flow's activations once more in the backward pass, from its "
        "output, instead of storing them: memory that does not grow with its depth "
        "(not under jit_compile), for about one more pass.",
        operational=True,
    )
    logit_alpha: float = setting(
        0.05,
        "Width alpha of the logit squeeze, logit(alpha + (1 - 2 alpha) x / levels); "
        "0 scales linearly to [-2, 2] instead.",
        minimum=0.0,
        maximum=0.45,
    )
    latent_size: int = setting(
        16, "Dimensions of z; with latent_levels, maps of z at each level.", minimum=1
    )
    latent_levels: tuple[int, ...] = setting(
        (0,),
        "Levels of a hierarchical z at each scale of encoder and decoder, "
        "comma-separated, coarsest first; 0: z is one vector.",
        minimum=0,
    )
    posterior: str = setting(
        "gaussian",
        "Form of q(z | x), at every level: Gaussian, or inverse autoregressive flow.",
        choices=POSTERIORS,
    )
    iaf_steps: int = setting(
        2, "Steps of `iaf`, in alternating order (of each level).", minimum=1
    )
    iaf_width: int = setting(
        64,
        "Hidden channels of the networks of `iaf`, and channels of the context that "
        "the encoder gives them.",
        minimum=1,
    )
    network: str = setting(
        "conv", "Encoder and decoder architecture.", choices=DECODERS
    )
    width: int = setting(32, "Channels of encoder and decoder at full size.", minimum=1)
    encoder_dropout: float = setting(
        0.0, "Dropout rate in the encoder.", minimum=0.0, maximum=0.95
    )
    decoder_dropout: float = setting(
        0.0, "Dropout rate in the decoder.", minimum=0.0, maximum=0.95
    )
    sigma: str = setting(
        "pixel",
        "Scale of p(y | z): one scalar, one per channel, one per pixel, or computed "
        "from z.",
        choices=("scalar", "channel", "pixel", "from_z"),
    )
    log_sigma_floor: float = setting(
        -4.0, "Lower bound of ln sigma, which starts at 0.", minimum=-20.0, maximum=-0.1
    )
    covariance_rank: int = setting(
        0,
        "Rank of the covariance of p(y | z) beside its diagonal, W W^T; 0: none. W is "
        "computed from z where sigma is.",
        minimum=0,
    )
    discriminator: str = setting(
        "dcgan", "Discriminator architecture.", choices=DISCRIMINATORS
    )
    discriminator_width: int = setting(
        32, "Channels of the discriminator at full size.", minimum=1
    )
    discriminator_batch: str = setting(
        "single",
        "What the discriminator judges: each image by itself, or the ratio of real "
        "images in mixed groups, by layers that see the group's mean.",
        choices=("single", "mixed"),
    )
    mixed_group: int = setting(
        8, "Images of a mixed group; it divides the batch of a replica.", minimum=2
    )
    spectral_norm: bool = setting(
        False, "Divide every discriminator kernel by its spectral norm."
    )
    conditional: bool = setting(
        False,
        "Give the label of an image to every part as a condition: p(x | z, c), "
        "q(z | x, c), f_c(x), and D(x, c) by a projection. It needs data with labels.",
    )
    precision: str = setting(
        "float32",
        "Type in which networks compute; their weights and outputs, densities, "
        "log-dets, losses and metrics are float32.",
        choices=PRECISIONS,
    )
