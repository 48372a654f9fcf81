"""Settings of the model: its parts and their sizes."""

import dataclasses

from ade_tf.config.flows import FEATURE_MAPS
from ade_tf.config.games import DISCRIMINATOR_BATCHES, DISCRIMINATORS
from ade_tf.config.networks import DECODERS, PRECISIONS, SIGMAS
from ade_tf.config.posteriors import POSTERIORS
from ade_tf.config.presets import PRESETS
from ade_tf.config.settings import setting, slot

__all__ = ["ModelConfig"]


@dataclasses.dataclass(frozen=True)
class ModelConfig:
    """Which parts the model has, and the settings that no choice owns alone."""

    preset: str = setting(
        "av_ade", "Model of the family; it decides which parts exist.", choices=PRESETS
    )
    feature_map: str = slot(
        FEATURE_MAPS,
        "",
        "Invertible network behind the decoder; empty: the preset's (`glow` where it "
        "has a flow, else `identity`).",
        part="generator",
    )
    recompute_features: bool = setting(
        False,
        "Compute the flow's activations once more in the backward pass, from its "
        "output, instead of storing them: memory that does not grow with its depth "
        "(not under jit_compile), for about one more pass.",
        operational=True,
        needs="flow",
    )
    logit_alpha: float = setting(
        0.05,
        "Width alpha of the logit squeeze, logit(alpha + (1 - 2 alpha) x / levels); "
        "0 scales linearly to [-2, 2] instead.",
        minimum=0.0,
        maximum=0.45,
        part="generator",
    )
    position_maps: bool = setting(
        False,
        "Add a learned map per position in networks: for aligned images such as "
        "digits.",
        part="generator",
    )
    latent_size: int = setting(
        16,
        "Dimensions of z; with latent_levels, maps of z at each level.",
        minimum=1,
        needs="z",
        part="generator",
    )
    latent_levels: tuple[int, ...] = setting(
        (0,),
        "Levels of a hierarchical z at each scale of encoder and decoder, "
        "comma-separated, coarsest first; 0: z is one vector.",
        minimum=0,
        needs="z",
        part="generator",
    )
    posterior: str = slot(
        POSTERIORS,
        "gaussian",
        "Form of q(z | x), at every level: Gaussian, or inverse autoregressive flow.",
        needs="encoder",
        part="posterior",
    )
    network: str = slot(
        DECODERS,
        "conv",
        "Encoder and decoder architecture.",
        needs="z",
        part="generator",
    )
    width: int = setting(
        32,
        "Channels of encoder and decoder at full size.",
        minimum=1,
        needs="z",
        part="generator",
    )
    encoder_dropout: float = setting(
        0.0,
        "Dropout rate in the encoder.",
        minimum=0.0,
        maximum=0.95,
        needs="encoder",
        part="dropout",
    )
    decoder_dropout: float = setting(
        0.0,
        "Dropout rate in the decoder.",
        minimum=0.0,
        maximum=0.95,
        needs="z",
        part="dropout",
    )
    sigma: str = setting(
        "pixel",
        "Scale of p(y | z): one scalar, one per channel, one per pixel, or computed "
        "from z.",
        choices=SIGMAS,
        needs="z",
        part="scale",
    )
    log_sigma_floor: float = setting(
        -4.0,
        "Lower bound of ln sigma, which starts at 0.",
        minimum=-20.0,
        maximum=-0.1,
        needs="z",
        part="scale",
    )
    covariance_rank: int = setting(
        0,
        "Rank of the covariance of p(y | z) beside its diagonal, W W^T; 0: none. W is "
        "computed from z where sigma is.",
        minimum=0,
        needs="encoder",
        part="scale",
    )
    discriminator: str = slot(
        DISCRIMINATORS,
        "dcgan",
        "Discriminator architecture.",
        needs="adversary",
        part="discriminator",
    )
    discriminator_batch: str = slot(
        DISCRIMINATOR_BATCHES,
        "single",
        "What the discriminator judges: each image by itself, or the ratio of real "
        "images in mixed groups, by layers that see the group's mean.",
        needs="adversary",
        part="discriminator",
    )
    conditional: bool = setting(
        False,
        "Give the label of an image to every part as a condition: p(x | z, c), "
        "q(z | x, c), f_c(x), and D(x, c) by a projection. It needs data with labels.",
        part="generator",
    )
    precision: str = setting(
        "float32",
        "Type in which networks compute; their weights and outputs, densities, "
        "log-dets, losses and metrics are float32.",
        choices=PRECISIONS,
        part="generator",
    )
