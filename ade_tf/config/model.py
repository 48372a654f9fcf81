"""Settings of the model: its parts and their sizes."""

import dataclasses

from ade_tf.config.conditions import CONDITIONS
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
        "av_ade",
        "Model of the family. It determines which parts exist.",
        choices=PRESETS,
    )
    feature_map: str = slot(
        FEATURE_MAPS,
        "",
        "Invertible network behind the decoder. If empty, the preset decides: `glow` "
        "if it has a flow, otherwise `identity`.",
        part="generator",
    )
    recompute_features: bool = setting(
        False,
        "Recompute the activations of the flow in the backward pass, from its output, "
        "instead of storing them. Memory then does not grow with the depth of the flow "
        "(except with jit_compile), and a step takes about one more pass.",
        operational=True,
        needs="flow",
    )
    logit_alpha: float = setting(
        0.05,
        "Parameter alpha of the logit transform, logit(alpha + (1 - 2 alpha) x / "
        "levels). 0 scales linearly to [-2, 2] instead.",
        minimum=0.0,
        maximum=0.45,
        needs=("features", "samples"),
        part="generator",
    )
    position_maps: bool = setting(
        False,
        "Add a learned map of positions to the networks. Useful for aligned images "
        "such as digits.",
        part="generator",
    )
    latent_size: int = setting(
        16,
        "Number of dimensions of z; with decoder `recurrent`, of each row's. With "
        "latent_levels, number of maps of z at each level.",
        minimum=1,
        needs="z",
        part="generator",
    )
    latent_levels: tuple[int, ...] = setting(
        (0,),
        "Number of levels of a hierarchical z at each scale of the encoder and "
        "decoder, comma-separated, coarsest first. With 0, z is one vector.",
        minimum=0,
        needs="z",
        part="generator",
    )
    posterior: str = slot(
        POSTERIORS,
        "gaussian",
        "Form of q(z | x) at every level: Gaussian or inverse autoregressive flow.",
        needs="encoder",
        part="posterior",
    )
    prior: str = slot(
        PRIORS,
        "normal",
        "Density of z, or of the features if there is no z. `codes`: a category, "
        "continuous codes and noise, read off samples (InfoGAN).",
        part="prior",
    )
    decoder: str = slot(
        DECODERS,
        "",
        "Form of p(y | z): Gaussian on features, or over grey levels, without noise "
        "and feature map: pixel after pixel (`pixel_cnn`), or row after row with a z "
        "for each (`recurrent`, with network `mlp`); empty: the preset's.",
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
        "Architecture of the encoder and decoder.",
        choices=NETWORKS,
        needs="z",
        part="generator",
    )
    width: int = setting(
        32,
        "Number of channels of the encoder and decoder at full size.",
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
    translator_width: int = setting(
        32,
        "Number of channels of the networks from one domain to the other, at full "
        "size.",
        minimum=1,
        needs="translators",
        part="generator",
    )
    translator_blocks: int = setting(
        4,
        "Number of their residual blocks, at the coarsest scale.",
        minimum=0,
        needs="translators",
        part="generator",
    )
    translator_halvings: int = setting(
        1,
        "How often they halve the sides of images before the blocks.",
        minimum=0,
        needs="translators",
        part="generator",
    )
    discriminator: str = slot(
        DISCRIMINATORS,
        "dcgan",
        "Architecture of the discriminator.",
        needs="adversary",
        part="discriminator",
    )
    discriminator_batch: str = slot(
        DISCRIMINATOR_BATCHES,
        "single",
        "What the discriminator judges: `single` images, or the ratio of real images "
        "in `mixed` groups, with layers that see the mean of the group.",
        needs="adversary",
        part="discriminator",
    )
    growth_steps: int = setting(
        0,
        "Steps for which each resolution of decoder and discriminator is trained, and "
        "then as many in which the next one fades in, from the coarsest scale of the "
        "decoder on (progressive growing). 0: full size from the first step on.",
        minimum=0,
        needs="z",
        part="generator",
    )
    conditional: bool = setting(
        False,
        "Condition every part on the label of an image: p(x | z, c), q(z | x, c), "
        "f_c(x), and D(x, c) by a projection. Needs data with labels.",
        needs="one domain",
        part="generator",
    )
    condition: str = slot(
        CONDITIONS,
        "",
        "What of each image is given to every part, as an image; the rest is modelled, "
        "exactly: `grey`, p(colours | grey image), `coarse`, p(other pixels | a pixel "
        "of each block), `visible`, p(hidden part | visible part). Empty: nothing.",
        needs="one domain",
        part="generator",
    )
    precision: str = setting(
        "float32",
        "Data type in which the networks compute. Their weights and outputs, "
        "densities, log-dets, losses and metrics are always float32.",
        choices=PRECISIONS,
        part="generator",
    )
