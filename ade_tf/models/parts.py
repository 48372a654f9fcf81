"""The parts of a model, built from its configuration."""

import dataclasses
import functools

import keras
import numpy as np

from ade_tf.bijectors import BijectorLayer, FusedChain, ImageSpace, RecomputedChain
from ade_tf.config import RunConfig, missing
from ade_tf.config.densities import DECODERS, DEQUANTIZERS, POSTERIORS, PRIORS
from ade_tf.config.flows import FEATURE_MAPS
from ade_tf.config.games import DISCRIMINATORS, GAMES
from ade_tf.config.networks import PRECISIONS
from ade_tf.distributions import Dequantizer, Prior, TopDownEncoder, VectorEncoder
from ade_tf.distributions.product import ProductEncoder
from ade_tf.distributions.recurrent_encoder import RecurrentEncoder
from ade_tf.networks import Encoder
from ade_tf.networks.blocks import halvings
from ade_tf.networks.growth import Growth
from ade_tf.objectives.information import reader_size

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
      pair_discriminator: Images in [-1, 1] and codes to logits.
      code_discriminator: Codes to logits.
      classifier: To logits of the classes: of features, flattened, of images in
        [-1, 1] (semi-supervised), or of z (multimodal).
      code_reader: Images in [-1, 1] to q(c | x) of the codes of prior `codes`.
      growth: How far decoder and discriminator have grown.
      feature_map_b: As `feature_map`, of images of a second domain, B.
      dequantizer_b: As `dequantizer`, of B.
      discriminator_b: Images of B in [-1, 1] to logits.
      translator_to_a: Images of B to images of A, both in [-1, 1].
      translator_to_b: Images of A to images of B.
    """

    feature_map: BijectorLayer
    prior: Prior
    posterior: keras.layers.Layer | None
    decoder: keras.layers.Layer | None
    dequantizer: Dequantizer
    discriminator: keras.layers.Layer | None = None
    pair_discriminator: keras.layers.Layer | None = None
    code_discriminator: keras.layers.Layer | None = None
    classifier: keras.layers.Layer | None = None
    code_reader: keras.layers.Layer | None = None
    growth: Growth | None = None
    feature_map_b: BijectorLayer | None = None
    dequantizer_b: Dequantizer | None = None
    discriminator_b: keras.layers.Layer | None = None
    translator_to_a: keras.layers.Layer | None = None
    translator_to_b: keras.layers.Layer | None = None


def build_parts(
    config: RunConfig,
    image_shape,
    levels: int,
    num_classes: int = 0,
    condition_shape=None,
) -> Parts:
    """Builds the parts that the preset of a configuration has.

    Args:
      config: The settings of the run, resolved (`RunConfig.from_flat`).
      image_shape: `(H, W, C)` of what is modelled.
      levels: Its grey levels; 0 for continuous data.
      num_classes: Classes that a classifier tells apart; 0 for none.
      condition_shape: Of what every part is given, `(K,)` or `(h, w, K)`, or None.

    Raises:
      ValueError: If a part cannot be built for this image shape.
    """
    preset, model = config.preset, config.model
    posterior = decoder = None
    given = dict(
        condition_shape=condition_shape,
        dtype=PRECISIONS[model.precision],
    )
    common = dict(given, position_maps=model.position_maps)
    if not missing(config, "encoder"):
        posterior = _posterior(config, image_shape, num_classes, common)
    growth = _growth(config, image_shape) if model.growth_steps else None
    growing = {"growth": growth} if growth else {}
    grey_levels = levels
    if model.decoder:
        if "discrete" in DECODERS[model.decoder].traits:
            # Grey levels are features as they are: neither noise nor a logit.
            levels = 0
        decoder = DECODERS[model.decoder](
            image_shape,
            model.latent_size if preset.latent else 0,
            latent_levels=model.latent_levels,
            grey_levels=grey_levels,
            network=model.network,
            width=model.width,
            dropout=model.decoder_dropout,
            **config.of("decoder"),
            **growing,
            **common,
        )
    discriminators = _discriminators(config, image_shape, {**growing, **common})
    feature_map = _feature_map(config, image_shape, levels, common)
    latent_shape = (decoder.latent_size,) if preset.latent else image_shape
    level_shapes = None if model.latent_levels == (0,) else decoder.level_shapes
    prior = PRIORS[model.prior](
        latent_shape, level_shapes=level_shapes, **config.of("prior")
    )
    dequantizer = DEQUANTIZERS[model.dequantizer](
        image_shape, levels, **config.of("dequantizer"), **given
    )
    parts = (feature_map, prior, posterior, decoder, dequantizer)
    classifier = None
    if not missing(config, "classifier"):
        classifier = _classifier(config, image_shape, num_classes, common)
    reader = None
    if not missing(config, "codes"):
        size = reader_size(prior.code_classes, prior.code_dims)
        style = dict(network=model.network, width=model.width, **common)
        reader = Encoder(image_shape, size, **style)
    others = dict(classifier=classifier, code_reader=reader, growth=growth)
    return Parts(*parts, **discriminators, **others)


def _growth(config, image_shape):
    """Returns the growth of the decoder, which has ended before training has."""
    doublings = halvings(*image_shape[:2])
    if not doublings:
        raise ValueError(
            "growth_steps needs images whose sides can be halved. "
            f"Received: image_shape={tuple(image_shape)}"
        )
    growth = Growth(doublings, config.model.growth_steps)
    steps, taken = config.training.num_steps, config.objective.generator_from
    if growth.last_step >= steps and not taken:
        raise ValueError(
            "num_steps must be above the step at which the last resolution has grown, "
            f"{growth.last_step}. Received: num_steps={steps}, "
            f"growth_steps={growth.steps}, image_shape={tuple(image_shape)}"
        )
    return growth


def _discriminators(config, image_shape, common):
    model, found = config.model, {}
    settings = dict(
        # One-hot classes; maps are added behind the first layer.
        projection=len(common["condition_shape"] or ()) == 1,
        **config.of("discriminator"),
        **config.of("discriminator_batch"),
        **common,
    )
    for game in config.objective.games if config.preset.adversary else ():
        if game == "image":
            make = DISCRIMINATORS[model.discriminator]
            found["discriminator"] = make(image_shape, **settings)
        else:
            found[f"{game}_discriminator"] = GAMES[game](
                image_shape, model.latent_size, network=model.discriminator, **settings
            )
    return found


def _classifier(config, image_shape, num_classes, common):
    """Returns p(c | z) or q(c | x), or p(c | y), linear, first all classes alike."""
    style = dict(common, width=config.model.width, condition_shape=None)
    if not missing(config, "modalities"):
        shape = (1, 1, config.model.latent_size)
        return Encoder(shape, num_classes, **{**style, "network": "mlp"})
    if not missing(config, "semi-supervised"):
        style |= dict(
            network=config.model.network, dropout=config.model.encoder_dropout
        )
        return Encoder(image_shape, num_classes, **style)
    layer = keras.layers.Dense(
        num_classes, kernel_initializer="zeros", dtype="float32", name="classifier"
    )
    layer.build([None, int(np.prod(image_shape))])
    return layer


def _posterior(config, image_shape, num_classes, common):
    model = config.model
    make_form = functools.partial(
        POSTERIORS[model.posterior], dtype=common["dtype"], **config.of("posterior")
    )
    keywords = dict(
        network=model.network,
        width=model.width,
        dropout=model.encoder_dropout,
        **common,
    )
    if "rows" in DECODERS[model.decoder].traits:
        form = make_form(model.latent_size)
        return RecurrentEncoder(image_shape, form, **keywords)
    if model.latent_levels == (0,):
        form = make_form(model.latent_size)
        if not missing(config, "modalities"):
            return ProductEncoder(image_shape, form, num_classes, **keywords)
        return VectorEncoder(image_shape, form, **keywords)
    return TopDownEncoder(
        image_shape,
        model.latent_size,
        make_form,
        levels=model.latent_levels,
        **keywords,
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
        network_dtype=common["dtype"],
        position_maps=common["position_maps"],
        condition_shape=common["condition_shape"],
        **config.of("feature_map"),
    )
    if model.recompute_features:
        flow = RecomputedChain(flow.bijectors, dtype=flow.dtype)
    image_space = ImageSpace(levels, alpha=model.logit_alpha)
    return BijectorLayer(FusedChain([image_space, flow]), name="feature_map")


def count_parameters(parts: Parts) -> dict:
    """Returns `part -> number of trainable parameters` of the parts that have some."""
    counts = {}
    for field in dataclasses.fields(parts):
        layer = getattr(parts, field.name)
        if layer is not None and layer.trainable_variables:
            sizes = [np.prod(v.shape) for v in layer.trainable_variables]
            counts[field.name] = int(sum(sizes))
    return counts
