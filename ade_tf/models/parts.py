"""The parts of a model, built from its configuration."""

import dataclasses
import functools

import keras
import numpy as np

from ade_tf.bijectors import BijectorLayer, FusedChain, ImageSpace, RecomputedChain
from ade_tf.config import RunConfig
from ade_tf.config.flows import FEATURE_MAPS
from ade_tf.config.games import DISCRIMINATORS
from ade_tf.config.networks import DECODERS, PRECISIONS
from ade_tf.config.posteriors import POSTERIORS
from ade_tf.networks import TopDownDecoder, TopDownEncoder, VectorEncoder

__all__ = ["Parts", "build_parts", "count_parameters"]


@dataclasses.dataclass(frozen=True)
class Parts:
    """Networks of a model; those its preset does not have are None.

    Attributes:
      feature_map: Layer holding the bijector from features (forward) to images.
      encoder: Images in [-1, 1] to q(z | x); draws z and decodes it (`infer`).
      decoder: z to mu and sigma of p(y | z).
      discriminator: Images in [-1, 1] to logits.
    """

    feature_map: BijectorLayer
    encoder: keras.layers.Layer | None
    decoder: keras.layers.Layer | None
    discriminator: keras.layers.Layer | None


def build_parts(
    config: RunConfig, image_shape, levels: int, num_classes: int = 0
) -> Parts:
    """Builds the parts that the preset of a configuration has.

    Args:
      config: The settings of the run, resolved (`RunConfig.from_flat`).
      image_shape: `(H, W, C)`.
      levels: Grey levels of the images; 0 for continuous data.
      num_classes: Classes on which every part depends; 0 for none.

    Raises:
      ValueError: If a part cannot be built for this image shape.
    """
    preset = config.preset
    encoder = decoder = discriminator = None
    condition_shape = (num_classes,) if num_classes else None
    common = dict(
        position_maps=config.model.position_maps, condition_shape=condition_shape
    )
    if preset.latent and preset.likelihood:
        encoder = _encoder(config, image_shape, common)
    if preset.latent:
        decoder = _decoder(config, image_shape, common)
    if preset.adversary:
        discriminator = DISCRIMINATORS[config.model.discriminator](
            image_shape,
            projection=num_classes > 0,
            dtype=PRECISIONS[config.model.precision],
            **config.of("discriminator"),
            **config.of("discriminator_batch"),
            **common,
        )
    feature_map = _feature_map(config, image_shape, levels, common)
    return Parts(feature_map, encoder, decoder, discriminator)


def _encoder(config, image_shape, common):
    model = config.model
    dtype = PRECISIONS[model.precision]
    make_form = functools.partial(
        POSTERIORS[model.posterior], dtype=dtype, **config.of("posterior")
    )
    keywords = dict(
        network=model.network,
        width=model.width,
        dropout=model.encoder_dropout,
        dtype=dtype,
        **common,
    )
    if model.latent_levels == (0,):
        return VectorEncoder(image_shape, make_form(model.latent_size), **keywords)
    return TopDownEncoder(
        image_shape,
        model.latent_size,
        make_form,
        levels=model.latent_levels,
        **keywords,
    )


def _decoder(config, image_shape, common):
    model = config.model
    make = DECODERS[model.network]
    if model.latent_levels != (0,):
        make = functools.partial(
            TopDownDecoder, levels=model.latent_levels, network=model.network
        )
    return make(
        image_shape,
        model.latent_size,
        width=model.width,
        sigma=model.sigma,
        log_sigma_floor=model.log_sigma_floor,
        covariance_rank=model.covariance_rank,
        dropout=model.decoder_dropout,
        dtype=PRECISIONS[model.precision],
        **common,
    )


def _feature_map(config, image_shape, levels, common):
    model = config.model
    if levels == 0 and model.feature_map == "real_nvp":
        raise ValueError(
            "continuous data (levels=0) has no checkerboard: feature_map must not be "
            f"`real_nvp`. Received: feature_map={model.feature_map!r}"
        )
    if levels == 0 and model.feature_map == "glow" and config["flow_squeeze"]:
        raise ValueError(
            "continuous data (levels=0) is not squeezed: flow_squeeze must be off. "
            f"Received: flow_squeeze={config['flow_squeeze']}"
        )
    flow = FEATURE_MAPS[model.feature_map](
        tuple(image_shape),
        network_dtype=PRECISIONS[model.precision],
        **config.of("feature_map"),
        **common,
    )
    if model.recompute_features:
        flow = RecomputedChain(flow.bijectors, dtype=flow.dtype)
    image_space = ImageSpace(levels, alpha=model.logit_alpha)
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
