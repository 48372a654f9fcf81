"""A compiled model from a configuration."""

import keras

from ade_tf.config import RunConfig
from ade_tf.models.ade import AdaptiveDensityEstimator
from ade_tf.models.schedules import discriminator_optimizer, generator_optimizer

__all__ = ["build_model"]


def build_model(config: RunConfig, image_shape, levels: int):
    """Builds and compiles the model of a resolved configuration.

    Sets the global seeds of Python, NumPy and Keras, of which the initial weights are
    a function. Call it under `strategy.scope()` to train on several replicas.

    Args:
      config: From `RunConfig.from_flat`.
      image_shape: `(H, W, C)`.
      levels: Grey levels of the images; 0 for continuous data.

    Returns:
      A compiled `AdaptiveDensityEstimator`.

    Raises:
      ValueError: If the configuration does not fit the image shape.
    """
    keras.utils.set_random_seed(config.training.seed)
    model = AdaptiveDensityEstimator(config, image_shape, levels)
    both = config.preset.likelihood and config.preset.adversary
    updates = 2 if both and config.objective.update == "alternating" else 1
    adversary = None
    if config.preset.adversary:
        adversary = discriminator_optimizer(config.training, model.step)
    model.compile(
        generator_optimizer(config.training, model.step, updates),
        discriminator_optimizer=adversary,
    )
    return model
