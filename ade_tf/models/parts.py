"""The parts of a model, built from its configuration."""

import dataclasses
import functools

import keras
import numpy as np

from ade_tf.bijectors import (
    FEATURE_MAPS,
    BijectorLayer,
    FusedChain,
    ImageSpace,
    RecomputedChain,
)
from ade_tf.config import PRESETS, RunConfig
from ade_tf.distributions import (
    POSTERIORS,
    GaussianDecoder,
    Prior,
    StandardNormal,
    TopDownEncoder,
    TopDownGaussianDecoder,
    UniformNoise,
    VectorEncoder,
)
from ade_tf.networks import DISCRIMINATORS, PRECISIONS

__all__ = ["Parts", "build_parts", "count_parameters"]


@dataclasses.dataclass(frozen=True)
class Parts:
    """Layers of a model; those its preset does not have are None.

    Attributes:
      feature_map: Layer holding the bijector from features (forward) to images.
      prior: p(z), or p(y) where there is no z.
      posterior: Images in [-1, 1] to q(z | x); draws z and decodes it (`infer`).
      decoder: z to p(y | z).
      dequantizer: Images to q(u | x).
      discriminator: Images in [-1, 1] to logits.
    """

    feature_map: BijectorLayer
    prior: Prior
    posterior: keras.layers.Layer | None
    decoder: keras.layers.Layer | None
    dequantizer: keras.layers.Layer
    discriminator: keras.layers.Layer | None


def build_parts(
    config: RunConfig, image_shape, levels: int, num_classes: int = 0
) -> Parts:
    """Builds the parts that the preset of a configuration has.

    Args:
      config: The run's configuration, resolved (`RunConfig.from_flat`).
      image_shape: `(H, W, C)`.
      levels: Grey levels of the images; 0 for continuous data.
      num_classes: Classes on which every part depends; 0 for none.

    Raises:
      ValueError: If a part cannot be built for this image shape.
    """
    preset, config = config.preset, config.model
    posterior = decoder = discriminator = None
    condition_shape = (num_classes,) if num_classes else None
    if preset.latent and preset.likelihood:
        posterior = _posterior(config, image_shape, condition_shape)
    if preset.latent:
        decoder = _decoder(config, image_shape, condition_shape)
    if preset.adversary:
        discriminator = DISCRIMINATORS[config.discriminator](
            image_shape,
            width=config.discriminator_width,
            group=config.mixed_group if config.discriminator_batch == "mixed" else 1,
            spectral_norm=config.spectral_norm,
            position_maps=config.position_maps,
            condition_shape=condition_shape,
            projection=num_classes > 0,
            dtype=PRECISIONS[config.precision],
        )
    feature_map = _feature_map(config, image_shape, levels, condition_shape)
    prior = StandardNormal((decoder.latent_size,) if preset.latent else image_shape)
    dequantizer = UniformNoise(
        image_shape,
        levels,
        condition_shape=condition_shape,
        dtype=PRECISIONS[config.precision],
    )
    return Parts(feature_map, prior, posterior, decoder, dequantizer, discriminator)


def _posterior(config, image_shape, condition_shape):
    make_form = functools.partial(
        POSTERIORS[config.posterior],
        iaf_steps=config.iaf_steps,
        iaf_width=config.iaf_width,
        dtype=PRECISIONS[config.precision],
    )
    keywords = dict(
        network=config.network,
        width=config.width,
        dropout=config.encoder_dropout,
        position_maps=config.position_maps,
        condition_shape=condition_shape,
        dtype=PRECISIONS[config.precision],
    )
    if config.latent_levels == (0,):
        return VectorEncoder(image_shape, make_form(config.latent_size), **keywords)
    return TopDownEncoder(
        image_shape,
        config.latent_size,
        make_form,
        levels=config.latent_levels,
        **keywords,
    )


def _decoder(config, image_shape, condition_shape):
    make = GaussianDecoder
    if config.latent_levels != (0,):
        make = functools.partial(TopDownGaussianDecoder, levels=config.latent_levels)
    return make(
        image_shape,
        config.latent_size,
        network=config.network,
        width=config.width,
        sigma=config.sigma,
        log_sigma_floor=config.log_sigma_floor,
        covariance_rank=config.covariance_rank,
        dropout=config.decoder_dropout,
        position_maps=config.position_maps,
        condition_shape=condition_shape,
        dtype=PRECISIONS[config.precision],
    )


def _feature_map(config, image_shape, levels, condition_shape):
    if levels == 0 and config.feature_map == "real_nvp":
        raise ValueError(
            "continuous data (levels=0) has no checkerboard: feature_map must not be "
            f"`real_nvp`. Received: feature_map={config.feature_map!r}"
        )
    if levels == 0 and config.feature_map == "glow" and config.flow_squeeze:
        raise ValueError(
            "continuous data (levels=0) is not squeezed: flow_squeeze must be off. "
            f"Received: flow_squeeze={config.flow_squeeze}"
        )
    keywords = dict(
        steps=config.flow_steps,
        factor_out=config.flow_factor_out,
        learned_prior=config.learned_prior and not PRESETS[config.preset].latent,
        coupling=config.coupling,
        mixing=config.mixing,
        squeeze=config.flow_squeeze,
        actnorm=config.actnorm,
        network=config.coupling_network,
        width=config.coupling_width,
        blocks=config.coupling_blocks,
        dropout=config.coupling_dropout,
        position_maps=config.position_maps,
        log_scale_bound=config.log_scale_bound,
        spline_bins=config.spline_bins,
        spline_range=config.spline_range,
        condition_shape=condition_shape,
        network_dtype=PRECISIONS[config.precision],
    )
    flow = FEATURE_MAPS[config.feature_map](tuple(image_shape), **keywords)
    if config.recompute_features:
        flow = RecomputedChain(flow.bijectors, dtype=flow.dtype)
    image_space = ImageSpace(levels, alpha=config.logit_alpha)
    return BijectorLayer(FusedChain([image_space, flow]), name="feature_map")


def count_parameters(parts: Parts) -> dict:
    """Returns `part -> number of trainable parameters` of the parts that exist."""
    counts = {}
    for field in dataclasses.fields(parts):
        layer = getattr(parts, field.name)
        if isinstance(layer, keras.layers.Layer):
            sizes = [np.prod(v.shape) for v in layer.trainable_variables]
            counts[field.name] = int(sum(sizes))
    return counts
