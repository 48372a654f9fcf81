"""Optimisers whose learning rate follows the training step."""

import keras
import tensorflow as tf

from ade_tf.config import TrainingConfig
from ade_tf.private_doors import OpenAdam

__all__ = ["FusedAdam", "discriminator_optimizer", "generator_optimizer"]


class FusedAdam(OpenAdam):
    """Keras's Adam (arXiv 1412.6980), each variable updated by one TensorFlow op.

        m <- m + (1 - beta_1) (g - m);  v <- v + (1 - beta_2) (g^2 - v)
        w <- w - alpha m / (sqrt(v) + epsilon)
        alpha = learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t)

    Keras writes these out as ten operations a variable. State, its names and
    checkpoints are those of `keras.optimizers.Adam`. Gradients are made dense.

    Args:
      learning_rate: As in Keras: a number, a schedule or a function.
      **keywords: Of `keras.optimizers.Adam`.

    Raises:
      ValueError: With `amsgrad` or `gradient_accumulation_steps`, which this does not
        know.
    """

    def __init__(self, learning_rate=1e-3, **keywords):
        for name in ("amsgrad", "gradient_accumulation_steps"):
            if keywords.get(name):
                raise ValueError(
                    f"`{name}` must be off. Received: {name}={keywords[name]}"
                )
        super().__init__(learning_rate, **keywords)

    def step_size(self, learning_rate):
        """Returns alpha, which Keras computes anew for each variable."""
        step = tf.cast(self.iterations.value + 1, tf.float32)
        alpha = tf.sqrt(1.0 - tf.pow(self.beta_2, step))
        alpha *= tf.cast(learning_rate, tf.float32)
        return alpha / (1.0 - tf.pow(self.beta_1, step))

    def update_step(self, gradient, variable, learning_rate):
        """Updates one variable; `learning_rate` is alpha."""
        m, v = self.moments(variable)
        dtype = variable.dtype
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=m.handle,
            v=v.handle,
            # Powers of 0: the op's own correction is that of late steps, none.
            beta1_power=tf.zeros([], dtype),
            beta2_power=tf.zeros([], dtype),
            lr=tf.cast(learning_rate, dtype),
            beta1=tf.constant(self.beta_1, dtype),
            beta2=tf.constant(self.beta_2, dtype),
            epsilon=tf.constant(self.epsilon, dtype),
            grad=tf.cast(gradient, dtype),
        )


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
