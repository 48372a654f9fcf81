"""How well images are translated from one domain to another, as records."""

import numpy as np
import tensorflow as tf

from ade_tf.evaluation.likelihood import evaluate_likelihood
from ade_tf.evaluation.protocols import score_name
from ade_tf.evaluation.quality import score_samples
from ade_tf.metrics import share_standard_error
from ade_tf.models import DOMAINS, quantize
from ade_tf.models.scoring import full_batches

__all__ = [
    "evaluate_class_kept",
    "evaluate_cycle_error",
    "evaluate_likelihood_b",
    "evaluate_translation_distance",
]


def evaluate_likelihood_b(evaluation, split: str) -> list[dict]:
    """Scores the images of B in bits per dimension, see `evaluate_likelihood`."""
    found = evaluate_likelihood(evaluation.domain_b, split)
    new = {"metric": "b_bits_per_dim"}
    return [record | new | {"name": f"{record['name']} of B"} for record in found]


def evaluate_translation_distance(evaluation, split: str) -> list[dict]:
    """Returns the Frechet distances of translated images to those of their new domain.

    The features are those of the extractor of that domain. All images of the split are
    translated.

    Args:
      evaluation: The `Evaluation` of a model of two domains.
      split: `train`, `validation` or `test`, of both domains.

    Returns:
      The record of A to B, and that of B to A.
    """
    options, records = evaluation.options, []
    for to in (1, 0):
        own = evaluation.domains[to]
        generated = evaluation.translated_features(split, to)
        reference = options.rules.reference_of(split)
        real, count = own.reference_features(reference), len(generated)
        metric = "frechet_distance"
        name = score_name(metric, own.extractor, options.rules, count)
        (score,) = score_samples(metric, real, generated, options.rules, options.seed)
        records.append(
            own.record(
                f"frechet_{_way(to)}",
                score.value,
                split=reference,
                num_examples=count,
                name=f"{name}, {_words(to)}",
                with_extractor=True,
                num_reference=len(real),
                **score.more,
            )
        )
    return records


def evaluate_class_kept(evaluation, split: str) -> list[dict]:
    """Counts the translated images that are of the class they had before.

    Their class is the most probable one of the classifier of the new domain's labels.

    Args:
      evaluation: The `Evaluation` of a model of two domains with the same classes.
      split: `train`, `validation` or `test`, of both domains.

    Returns:
      The record of A to B, and that of B to A: the share, in [0, 1], with the same
      share of the new domain's own images (`real_accuracy`).

    Raises:
      ValueError: If the domains have different classes.
    """
    classes = [own.data.class_names for own in evaluation.domains]
    if classes[0] != classes[1]:
        raise ValueError(
            "classes are kept where both domains have the same. Received: "
            f"{len(classes[0])} and {len(classes[1])} classes, not the same"
        )
    records = []
    for to in (1, 0):
        own, other = evaluation.domains[to], evaluation.domains[1 - to]
        found = evaluation.translated_features(split, to)
        right = found.classes == other.split_images(split).labels
        found = own.reference_features(split)
        real = found.classes == own.split_images(split).labels
        share = float(right.mean())
        records.append(
            own.record(
                f"class_kept_{_way(to)}",
                share,
                split=split,
                num_examples=len(right),
                standard_error=share_standard_error(share, len(right)),
                with_extractor=True,
                real_accuracy=float(real.mean()),
                num_reference=len(real),
            )
        )
    return records


def evaluate_cycle_error(evaluation, split: str) -> list[dict]:
    """Returns the root mean squared error of images that go and come back, in levels.

    Nothing is rounded on the way; `quantised` is the error with every image rounded to
    its levels.

    Args:
      evaluation: The `Evaluation` of a model of two domains.
      split: `train`, `validation` or `test`, of both domains.

    Returns:
      The record of images of A, and that of images of B.
    """
    model, records = evaluation.model, []
    for place, own in enumerate(evaluation.domains):
        images = own.split_images(split)
        squares = tf.function(
            lambda batch, place=place: _squares(model, batch, place), autograph=False
        )
        found = []
        for batch, real in full_batches(images, evaluation.options.batch_size):
            found.append(np.stack(squares(batch["image"]))[:, :real])
        found = np.concatenate(found, axis=1).astype(np.float64)
        errors = np.sqrt(found.mean(axis=1))
        records.append(
            own.record(
                f"cycle_error_{DOMAINS[place]}",
                errors[0],
                split=split,
                num_examples=found.shape[1],
                quantised=float(errors[1]),
                unit="levels" if model.levels else "data units",
            )
        )
    return records


def _squares(model, images, place):
    """Returns the mean squared errors of each image, not quantised and quantised."""
    to = 1 - place
    middle = 0.5 if model.levels else 0.0
    x = images + middle
    back = model.carry(model.carry(x, to), place)
    again = model.translated(model.translated(images, to), place)
    errors = (back - x, again - quantize(x, model.levels))
    return [tf.reduce_mean(error**2, axis=[1, 2, 3]) for error in errors]


def _way(to):
    return f"{DOMAINS[1 - to]}_to_{DOMAINS[to]}"


def _words(to):
    return f"{DOMAINS[1 - to].upper()} to {DOMAINS[to].upper()}"
