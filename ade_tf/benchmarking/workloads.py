"""What is timed: a model's training step, log_prob and sample, and a reference's."""

import keras
import tensorflow as tf

from ade_tf.benchmarking.direct_glow import DirectGlow
from ade_tf.models import bound_terms, sample
from ade_tf.randomness import fold

__all__ = ["REFERENCES", "direct_calls", "model_calls"]


def model_calls(model, images) -> dict:
    """Returns the traced functions of a model, each on one fixed batch.

    Args:
      model: A compiled `AdaptiveDensityEstimator`.
      images: Tensor `[B, H, W, C]` in 0 .. levels-1.

    Returns:
      `mode -> function without arguments`: `train` makes a `train_step`; `log_prob`
      (where there is a likelihood) is the single-sample bound with its noise; `sample`
      draws as many images.
    """
    count = int(images.shape[0])
    # Arguments, not constants, or TensorFlow would compute the noise once and for all.
    seed, indices = fold(0), tf.range(count, dtype=tf.int64)
    train = tf.function(model.train_step)
    log_prob = tf.function(lambda *args: -bound_terms(model, *args).loss_nats(1.0))
    draw = tf.function(lambda seed: sample(model, count, 1.0, seed))
    calls = {"train": lambda: train({"image": images})}
    if model.config.preset.likelihood:
        calls["log_prob"] = lambda: log_prob(images, seed, indices)
    calls["sample"] = lambda: draw(seed)
    return calls


def direct_calls(model, images) -> dict:
    """Returns the same for the direct Glow, which starts from the model's weights.

    A training step is loss, gradients and Keras's Adam with the model's settings,
    without the model's check of the gradients.

    Raises:
      ValueError: If the model is no such Glow, or its training has further parts.
    """
    settings = model.config.training
    further = {
        "clip_norm": settings.clip_norm,
        "average_decay": settings.average_decay,
        "weight_decay": settings.weight_decay,
    }
    if any(further.values()) or settings.optimizer != "adam":
        raise ValueError(
            "The direct Glow is trained by Adam alone, with clip_norm=0, "
            "average_decay=0 and weight_decay=0. "
            f"Received: optimizer={settings.optimizer!r}, {further}"
        )
    glow = DirectGlow(model)
    optimizer = keras.optimizers.Adam(
        settings.learning_rate, beta_1=settings.beta_1, beta_2=settings.beta_2
    )
    optimizer.build(glow.variables)

    def noisy(images):
        return images + tf.random.uniform(images.shape)

    @tf.function
    def train(images):
        x = noisy(images)
        with tf.GradientTape() as tape:
            loss = -tf.reduce_mean(glow.log_prob(x)) / model.dims
        optimizer.apply(tape.gradient(loss, glow.variables), glow.variables)
        return loss

    log_prob = tf.function(lambda images: glow.log_prob(noisy(images)))
    draw = tf.function(lambda: glow.sample(int(images.shape[0])))
    return {
        "train": lambda: train(images),
        "log_prob": lambda: log_prob(images),
        "sample": draw,
    }


REFERENCES = {"direct": direct_calls}
