"""Settings of the model: its parts and their sizes."""

import dataclasses

from ade_tf.config.densities import DECODERS, DEQUANTIZERS, POSTERIORS, PRIORS
from ade_tf.config.flows import FEATURE_MAPS
from ade_tf.config.games import DISCRIMINATOR_BATCHES, DISCRIMINATORS
from ade_tf.config.networks import NETWORKS, PRECISIONS
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
        needs="features",
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
    prior: str = slot(
        PRIORS, "normal", "Density of z, or of the features without one.", part="prior"
    )
    decoder: str = slot(
        DECODERS,
        "",
        "Form of p(y | z): Gaussian on features, or autoregressive over grey levels, "
        "without noise and feature map; empty: the preset's.",
        needs="decoder",
        part="scale",
    )
    dequantizer: str = slot(
        DEQUANTIZERS,
        "uniform",
        "Density of the noise that makes grey levels continuous.",
        needs=("likelihood", "features"),
        part="dequantizer",
    )
    network: str = setting(
        "conv",
        "Encoder and decoder architecture.",
        choices=NETWORKS,
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
