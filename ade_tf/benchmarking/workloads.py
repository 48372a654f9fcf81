"""What is timed: a model's training step, log_prob and sample, and a reference's."""

import dataclasses
import functools
import typing
from collections.abc import Callable

import keras
import tensorflow as tf

from ade_tf.benchmarking.direct_glow import DirectGlow
from ade_tf.models import bound_terms, sample
from ade_tf.randomness import fold

__all__ = ["REFERENCES", "Reference", "check_direct", "direct_calls", "model_calls"]

_TRAINING = {
    "optimizer": "adam",
    "schedule": "constant",
    "warmup_steps": 0,
    "clip_norm": 0,
    "average_decay": 0,
    "weight_decay": 0,
}


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
    train = tf.function(model.train_step, autograph=False)
    log_prob = tf.function(
        lambda *args: -bound_terms(model, *args).loss_nats(1.0), autograph=False
    )
    draw = tf.function(lambda seed: sample(model, count, 1.0, seed), autograph=False)
    calls = {"train": lambda: train({"image": images})}
    if model.config.preset.likelihood:
        calls["log_prob"] = lambda: log_prob(images, seed, indices)
    calls["sample"] = lambda: draw(seed)
    return calls


def check_direct(config) -> None:
    """Checks that the direct Glow does what a configuration's model does.

    Raises:
      ValueError: If the model is another Glow, or its training has further parts.
    """
    DirectGlow.check(config)
    training = dataclasses.asdict(config.training)
    wrong = [f"{n}={training[n]!r}" for n, v in _TRAINING.items() if training[n] != v]
    if wrong:
        needed = ", ".join(f"{n}={v!r}" for n, v in _TRAINING.items())
        raise ValueError(
            f"the direct Glow is trained with {needed}. Received: {', '.join(wrong)}"
        )


def direct_calls(model, images) -> dict:
    """Returns what `model_calls` does, by the direct Glow with the model's weights.

    A training step is loss, gradients and Keras's Adam, without the model's check of
    the gradients and its log.

    Args:
      model: A model whose configuration `check_direct` lets pass.
      images: Tensor `[B, H, W, C]` in 0 .. levels-1.
    """
    settings = model.config.training
    glow = DirectGlow(model)
    optimizer = keras.optimizers.Adam(
        settings.learning_rate, beta_1=settings.beta_1, beta_2=settings.beta_2
    )
    optimizer.build(glow.variables)

    def noisy(images):
        return images + tf.random.uniform(images.shape)

    @functools.partial(tf.function, autograph=False)
    def train(images):
        x = noisy(images)
        with tf.GradientTape() as tape:
            loss = -tf.reduce_mean(glow.log_prob(x)) / model.dims
        optimizer.apply(tape.gradient(loss, glow.variables), glow.variables)
        return loss

    log_prob = tf.function(lambda images: glow.log_prob(noisy(images)), autograph=False)
    draw = tf.function(lambda: glow.sample(int(images.shape[0])), autograph=False)
    return {
        "train": lambda: train(images),
        "log_prob": lambda: log_prob(images),
        "sample": draw,
    }


class Reference(typing.NamedTuple):
    """Something that a model is timed against.

    Attributes:
      check: Function of a configuration that raises ValueError if this is no reference
        for it.
      calls: Function like `model_calls`.
    """

    check: Callable
    calls: Callable


REFERENCES = {"direct": Reference(check_direct, direct_calls)}
