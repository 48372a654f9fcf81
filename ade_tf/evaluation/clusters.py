"""Whether the categories that a model found by itself are the classes of the data."""

import numpy as np
import scipy.optimize
import tensorflow as tf

from ade_tf.evaluation.latent import of_split
from ade_tf.metrics import share_standard_error
from ade_tf.models import read_codes

__all__ = ["clustering_accuracy", "evaluate_clustering_accuracy"]


def evaluate_clustering_accuracy(evaluation, split: str) -> list[dict]:
    """Counts the images whose category is that of their class.

    An image's category is the one that q(k | x) holds for the likeliest; which is of
    which class is found on the same images (`clustering_accuracy`).

    Args:
      evaluation: The `Evaluation` of a model with prior `codes`.
      split: `train`, `validation` or `test`.

    Returns:
      One record: the share, in [0, 1], with its standard error.
    """
    (probabilities,) = of_split(evaluation, split, _category_step)
    labels = evaluation.split_images(split).labels
    share = clustering_accuracy(probabilities.argmax(axis=1), labels)
    return [
        evaluation.record(
            "clustering_accuracy",
            share,
            split=split,
            num_examples=len(labels),
            standard_error=share_standard_error(share, len(labels)),
            num_categories=probabilities.shape[1],
        )
    ]


def clustering_accuracy(categories, labels) -> float:
    """Returns the share of images in the category that is matched to their class.

    Each category is matched to at most one class and each class to at most one
    category, such that the share is greatest.

    Args:
      categories: Integers from 0 on, `[N]`.
      labels: Integers from 0 on, `[N]`.
    """
    counts = np.zeros([np.max(categories) + 1, np.max(labels) + 1], np.int64)
    np.add.at(counts, (categories, labels), 1)
    matched = scipy.optimize.linear_sum_assignment(counts, maximize=True)
    return float(counts[matched].sum() / len(labels))


def _category_step(model):
    """Returns the graph of a batch that gives q(k | x)."""

    def categories(images, labels):
        return [read_codes(model, model.batch(images, labels))[0]]

    return tf.function(categories, autograph=False)
