"""What is timed of a model: its training step, its log_prob and its samples."""

import tensorflow as tf

from ade_tf.example_draws import ExampleDraws
from ade_tf.models import sample
from ade_tf.randomness import fold
from experiments.bench.calls import Call

__all__ = ["model_calls"]


def model_calls(model, images) -> dict:
    """Returns the traced functions of a model, each on one fixed batch.

    Args:
      model: A compiled `AdaptiveDensityEstimator`.
      images: Tensor `[B, H, W, C]` in 0 .. levels-1.

    Returns:
      `mode -> Call`: `train` makes a `train_step`, as `fit` does; `log_prob` (where
      there is a likelihood) is the single-sample bound with its noise; `sample` draws
      as many images.
    """
    count = int(images.shape[0])
    # Arguments, not constants, or TensorFlow would compute the noise once and for all.
    seed, indices = fold(0), tf.range(count, dtype=tf.int64)

    def log_prob(images, seed, indices):
        draws = ExampleDraws(seed, indices)
        return -model.likelihood_terms(model.batch(images), draws).loss_nats()

    def draw(seed):
        return sample(model, ExampleDraws(seed, tf.range(count)))

    def traced(function, *arguments):
        compiled = function == model.train_step and model.jit_compile
        made = tf.function(function, autograph=False, jit_compile=compiled or None)
        return Call(made, arguments)

    train = traced(model.train_step, {"image": images})
    calls = {"train": train._replace(cycle=model.config["penalty_every"])}
    if model.config.preset.likelihood:
        calls["log_prob"] = traced(log_prob, images, seed, indices)
    calls["sample"] = traced(draw, seed)
    return calls
