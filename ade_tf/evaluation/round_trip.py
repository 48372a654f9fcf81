"""How well the feature map in numbers is the bijection it is in theory."""

import numpy as np
import tensorflow as tf

from ade_tf.example_draws import ExampleDraws
from ade_tf.metrics import mean_and_standard_error
from ade_tf.models.scoring import full_batches
from ade_tf.randomness import fold

__all__ = ["evaluate_inversion_error", "round_trip_errors"]


def evaluate_inversion_error(evaluation, split: str) -> list[dict]:
    """Returns the record of |f^-1(f(x)) - x| in levels: its maximum, and its mean.

    Args:
      evaluation: The `Evaluation`.
      split: `train`, `validation` or `test`.

    Raises:
      ValueError: If an error is not finite.
    """
    options = evaluation.options
    largest, mean = round_trip_errors(
        evaluation.model,
        evaluation.split_images(split),
        seed=options.seed,
        batch_size=options.batch_size,
        progress=evaluation.progress(f"inversion_error of {split}"),
        maps=evaluation.shared(round_trip_maps),
    )
    average, error = mean_and_standard_error(mean, "inversion_error")
    return [
        evaluation.record(
            "inversion_error",
            float(np.max(largest)),
            split=split,
            num_examples=len(largest),
            mean=average,
            mean_standard_error=error,
            unit="levels" if evaluation.model.levels else "data units",
        )
    ]


def round_trip_errors(
    model, split, *, seed=0, batch_size=100, progress=None, maps=None
):
    """Returns |f^-1(f(x)) - x| of dequantised images, in levels.

    Args:
      model: An `AdaptiveDensityEstimator`.
      split: A `Split`.
      seed: Seed of the dequantisation noise, the same noise as the bound's.
      batch_size: Images per pass.
      progress: Called with `(done, total)` passes after each.
      maps: The result of `round_trip_maps`, for splits that share its traces; None
        makes one.

    Returns:
      Two float64 arrays `[N]`: the maximum and the mean over the values of each image.
    """
    noisy, to_features, to_images = maps or round_trip_maps(model)
    largest, mean = [], []
    total = -(-len(split) // batch_size)
    for batch, real in full_batches(split, batch_size):
        labels = model.own_labels(batch["label"])
        x, condition = noisy(batch["image"], labels, fold(seed), batch["index"])
        back = to_images(to_features(x, condition), condition)
        error = np.abs(back.numpy() - x.numpy())[:real]
        error = error.reshape(real, -1).astype(np.float64)
        largest.append(error.max(axis=1))
        mean.append(error.mean(axis=1))
        if progress:
            progress(len(largest), total)
    return np.concatenate(largest), np.concatenate(mean)


def round_trip_maps(model):
    """Returns the graphs of x + u with its condition, of f and of f^-1.

    They are functions of their own and share nothing but f(x): a cache, which would
    return the very x, has no part in it.
    """
    feature_map = model.feature_map

    def dequantized(images, labels, seed, indices):
        batch = model.batch(images, labels, indices)
        x = model.dequantize(batch, ExampleDraws(seed, batch.indices)).value
        return x, batch.condition

    noisy = tf.function(dequantized, autograph=False)
    to_features = tf.function(
        lambda x, condition: feature_map(x, condition)[0], autograph=False
    )
    to_images = tf.function(
        lambda y, condition: feature_map.forward_and_log_det(y, condition)[0],
        autograph=False,
    )
    return noisy, to_features, to_images
