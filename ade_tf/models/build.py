"""A compiled model from a configuration."""

import keras
import tensorflow as tf

from ade_tf.config import RunConfig
from ade_tf.models.ade import AdaptiveDensityEstimator
from ade_tf.models.given_generator import freeze_generator
from ade_tf.models.schedules import discriminator_optimizer, generator_optimizer

__all__ = ["build_model"]


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
