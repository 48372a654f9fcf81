"""Optimisers whose learning rate follows the training step."""

import keras

from ade_tf.config import TrainingConfig
from ade_tf.models.adam import FusedAdam

__all__ = ["discriminator_optimizer", "generator_optimizer"]


def generator_optimizer(config: TrainingConfig, step):
    """Returns the optimiser of encoder, decoder and feature map.

    Args:
      config: The training settings.
      step: The model's step variable.
    """
    keywords = {}
    if config.weight_decay:
        keywords["weight_decay"] = config.weight_decay
    return _optimizer(config, config.learning_rate, step, "generator", **keywords)


def discriminator_optimizer(config: TrainingConfig, step):
    """Returns the discriminator's optimiser."""
    rate = config.discriminator_learning_rate or config.learning_rate
    return _optimizer(config, rate, step, "discriminator")


def _optimizer(config, rate, step, name, **keywords):
    if config.schedule == "cosine":
        schedule = keras.optimizers.schedules.CosineDecay(
            0.0 if config.warmup_steps else rate,
            config.num_steps - config.warmup_steps,
            warmup_target=rate if config.warmup_steps else None,
            warmup_steps=config.warmup_steps,
        )
    elif config.warmup_steps:
        schedule = keras.optimizers.schedules.PolynomialDecay(
            0.0, config.warmup_steps, end_learning_rate=rate
        )
    else:
        schedule = keras.optimizers.schedules.PolynomialDecay(
            rate, 1, end_learning_rate=rate
        )
    kinds = {"adam": FusedAdam, "adamax": keras.optimizers.Adamax}
    # A schedule of the model's own step, not of the optimiser's update count: several
    # updates, or none where the guard skips one, can belong to one step.
    return kinds[config.optimizer](
        lambda: schedule(step.value),
        beta_1=config.beta_1,
        beta_2=config.beta_2,
        name=name,
        **keywords,
    )
