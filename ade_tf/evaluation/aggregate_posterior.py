"""How near the codes of images, taken together, are to the prior, as records."""

import numpy as np
import tensorflow as tf

from ade_tf.evaluation.latent import moments_step, of_split
from ade_tf.example_draws import ExampleDraws
from ade_tf.objectives.divergences import maximum_mean_discrepancy

__all__ = ["evaluate_aggregate_posterior"]

_MOST_CODES = 1000


def evaluate_aggregate_posterior(evaluation, split: str) -> list[dict]:
    """Compares q(z) = E_x q(z | x), one draw for each image, with the prior.

    Of the first 1000 images of the split, and as many codes of the prior (of a
    conditional model, given the labels of the images).

    Args:
      evaluation: The `Evaluation` of a model with a Gaussian posterior of one vector.
      split: `train`, `validation` or `test`.

    Returns:
      Two records: `code_mmd`, see `maximum_mean_discrepancy`, with its value for two
      sets of codes of the prior (`prior_mmd`); and `code_stddev`, the mean over units
      of the standard deviation of codes, with `largest_mean`, the greatest |mean|.

    Raises:
      ValueError: If there are fewer than two images.
    """
    parts = of_split(evaluation, split, moments_step)
    means, stddevs = (part[:_MOST_CODES] for part in parts)
    count = len(means)
    if count < 2:
        raise ValueError(f"codes are compared from 2 images on. Received: {count}")
    seed, model = evaluation.options.seed, evaluation.model
    noise = np.random.default_rng(seed).standard_normal(means.shape)
    codes = means + stddevs * noise
    labels = model.own_labels(evaluation.split_images(split).labels[:count])
    condition = model.condition(labels)
    prior, others = (
        model.draw_codes(
            ExampleDraws(seed, first + tf.range(count)), condition=condition
        )
        for first in (0, count)
    )
    codes_found = tf.constant(codes, tf.float32)
    known = dict(split=split, num_examples=count)
    return [
        evaluation.record(
            "code_mmd",
            float(maximum_mean_discrepancy(codes_found, prior)),
            prior_mmd=float(maximum_mean_discrepancy(others, prior)),
            **known,
        ),
        evaluation.record(
            "code_stddev",
            codes.std(axis=0).mean(),
            largest_mean=float(np.abs(codes.mean(axis=0)).max()),
            **known,
        ),
    ]
