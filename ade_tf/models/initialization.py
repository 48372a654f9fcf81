"""The pass through the data that a flow begins with."""

from ade_tf.randomness import BatchDraws, fold

__all__ = [
    "INITIALIZATION_IMAGES",
    "initialize_from_data",
    "initialize_from_split",
    "is_initialized",
]

# More images give no better statistics.
INITIALIZATION_IMAGES = 512


def initialize_from_data(model, images, seed: int = 0, labels=None) -> None:
    """Sets the feature map's ActNorms by the statistics of a batch of real images.

    Call it once, eagerly, outside replica context (under `strategy.scope()` every
    replica gets the values); its done-flags are part of every checkpoint.

    Args:
      model: An `AdaptiveDensityEstimator`.
      images: `[B, H, W, C]` in 0 .. levels-1; some hundred are enough.
      seed: Seed of the dequantisation noise.
      labels: Of a conditional model, the labels of these images, `[B]`.

    Raises:
      ValueError: If a statistic is zero or not finite.
    """
    batch = model.batch(images, labels)
    draws = BatchDraws(fold(seed, "initialize"), batch.count)
    x = model.dequantize(batch, draws).value
    model.feature_map.bijector.initialize(x, batch.condition)


def initialize_from_split(model, split) -> None:
    """Initialises a model by the first images of a split, see `initialize_from_data`.

    Args:
      model: An `AdaptiveDensityEstimator`; the seed is that of its settings.
      split: A `Split` of images that fit it, with their labels.
    """
    images = split.images[:INITIALIZATION_IMAGES]
    labels = None
    if model.conditional:
        labels = model.training_labels(split.labels[:INITIALIZATION_IMAGES])
    initialize_from_data(model, images, model.config.training.seed, labels)


def is_initialized(model) -> bool:
    """Whether every data-dependent parameter of the feature map has been set."""
    layers = model.feature_map.parameter_layers
    flags = [layer.initialized for layer in layers if hasattr(layer, "initialized")]
    return all(bool(flag.numpy()) for flag in flags)
