"""A compiled model from a configuration."""

import keras
import tensorflow as tf

from ade_tf.config import RunConfig
from ade_tf.models.ade import AdaptiveDensityEstimator
from ade_tf.models.given_generator import freeze_generator
from ade_tf.models.optimizers import discriminator_optimizer, generator_optimizer
from ade_tf.randomness import BatchDraws, fold

__all__ = ["build_model", "initialize_from_data"]


def build_model(config: RunConfig, image_shape, levels: int, num_classes: int = 0):
    """Builds and compiles the model of a resolved configuration.

    Sets the global seeds of Python, NumPy and Keras, of which the initial weights are
    a function. Call it under `strategy.scope()` to train on several replicas.

    Args:
      config: From `RunConfig.from_flat`.
      image_shape: `(H, W, C)`.
      levels: Grey levels of the images; 0 for continuous data.
      num_classes: Classes of the images' labels; 0 for none. Only a conditional model
        asks for them.

    Returns:
      A compiled `AdaptiveDensityEstimator`.

    Raises:
      ValueError: If the configuration does not fit the images or the classes.
    """
    _check_groups(config)
    keras.utils.set_random_seed(config.training.seed)
    model = AdaptiveDensityEstimator(config, image_shape, levels, num_classes)
    if config.objective.generator_from:
        freeze_generator(model)
    adversary = None
    if config.preset.adversary:
        adversary = discriminator_optimizer(config.training, model.step)
    model.compile(
        generator_optimizer(config.training, model.step),
        discriminator_optimizer=adversary,
    )
    return model


def _check_groups(config):
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    group, batch = config["mixed_group"], config.training.batch_size
    if config.model.discriminator_batch == "mixed" and batch % (replicas * group):
        raise ValueError(
            "every replica's batch must hold whole mixed groups. Received: "
            f"mixed_group={group}, batch_size={batch} on {replicas} replicas"
        )


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
