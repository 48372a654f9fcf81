"""Quality and coverage of samples, from one pass of features, as records.

A metric that compares is computed by a function `(real, generated, parts, seed)` of two
`FeatureSet`s, the number of parts that the generated ones are scored in, and a seed. It
returns the values of the metric's outputs, and what else belongs to each record.
"""

import dataclasses

import numpy as np

from ade_tf.evaluation.metric import METRICS
from ade_tf.evaluation.protocols import Protocol, score_name
from ade_tf.extractors import FeatureSet
from ade_tf.metrics.balls import density_coverage, precision_recall
from ade_tf.metrics.frechet import GaussianStatistics, frechet_distance
from ade_tf.metrics.inception import inception_score
from ade_tf.metrics.kernel import kernel_distance

__all__ = [
    "Score",
    "density",
    "evaluate_quality",
    "frechet",
    "frechet_of_classes",
    "inception",
    "kernel",
    "precision",
    "rows",
    "score_records",
    "score_samples",
]

_KERNEL_SUBSETS, _KERNEL_SUBSET_SIZE = 100, 1000
_PRECISION_K, _DENSITY_K = 3, 5


@dataclasses.dataclass(frozen=True)
class Score:
    """A number, before it is known what it may be called.

    Attributes:
      metric: Its name in records.
      value: The number.
      more: What else belongs to it in a record.
    """

    metric: str
    value: float
    more: dict


def frechet(real, generated, parts, seed):
    """Returns the mean of the Frechet distances of the parts."""
    del seed
    reference = GaussianStatistics.of(real.features)
    values = [
        frechet_distance(reference, GaussianStatistics.of(part))
        for part in np.array_split(generated.features, parts)
    ]
    more = {"splits": parts}
    if parts > 1:
        more["standard_deviation"] = float(np.std(values))
    return [float(np.mean(values))], more


def frechet_of_classes(real, generated, parts, seed):
    """Returns the Frechet distance of samples weighted by class.

    The class of an image is the one that the extractor finds most probable. A sample of
    class c has the weight

        share of c in the real images / share of c in the samples

    so that both sets have the same shares of the classes, and only how the images of a
    class look makes a difference. (In a few hundred real images the shares are those of
    the data only by chance.) A class that no sample has cannot be weighted: it counts
    in the real images alone. `share_sampled` is the share of real images of the other
    classes.

    Raises:
      ValueError: If no sample is of a class of the real images.
    """
    del parts, seed
    classes = [real.classes, generated.classes]
    size = real.probabilities.shape[1]
    wanted, drawn = (np.bincount(c, minlength=size) / len(c) for c in classes)
    weights = (wanted / np.maximum(drawn, 1 / len(generated)))[classes[1]]
    if not weights.any():
        raise ValueError(
            "class_weighted_frechet needs samples of a class of the real images. "
            f"Received: samples of the classes {np.unique(classes[1]).tolist()} alone"
        )
    distance = frechet_distance(
        GaussianStatistics.of(real.features),
        GaussianStatistics.of(generated.features, weights),
    )
    return [distance], {"share_sampled": float(wanted[drawn > 0].sum())}


def kernel(real, generated, parts, seed):
    """Returns the kernel distance over subsets, or of the whole where it is small."""
    del parts
    size = min(_KERNEL_SUBSET_SIZE, len(real), len(generated))
    # Subsets that are the whole sets are all alike.
    subsets = 1 if size == len(real) == len(generated) else _KERNEL_SUBSETS
    mean, deviation = kernel_distance(
        real.features,
        generated.features,
        subsets=subsets,
        subset_size=size,
        seed=seed,
    )
    return [mean], {
        "standard_deviation": deviation,
        "subsets": subsets,
        "subset_size": size,
    }


def inception(real, generated, parts, seed):
    """Returns the mean of the Inception scores of the parts."""
    del real, seed
    mean, deviation = inception_score(generated.probabilities, splits=parts)
    return [mean], {"standard_deviation": deviation, "splits": parts}


def precision(real, generated, parts, seed):
    """Returns precision and recall."""
    del parts, seed
    values = precision_recall(real.features, generated.features, k=_PRECISION_K)
    return values, {"k": _PRECISION_K}


def density(real, generated, parts, seed):
    """Returns density and coverage."""
    del parts, seed
    values = density_coverage(real.features, generated.features, k=_DENSITY_K)
    return values, {"k": _DENSITY_K}


def score_samples(
    metric: str,
    real: FeatureSet,
    generated: FeatureSet,
    protocol: Protocol,
    seed: int,
) -> list[Score]:
    """Scores generated images against real ones, each score with its floor.

    The floor is what real images get in the place of samples: one half of the
    reference, drawn by the seed, against the other. Halves are smaller than the whole,
    so a distance's floor errs upward.

    Args:
      metric: The name of a metric that compares.
      real: Features of the reference.
      generated: Features of the samples, in random order.
      protocol: Says into how many parts the samples go.
      seed: Of subsets and halves.

    Returns:
      Scores whose `more` holds `floor`: value, num_examples, num_reference.

    Raises:
      ValueError: If the metric takes class probabilities and there are none.
    """
    if METRICS[metric].extractor == "probabilities" and generated.probabilities is None:
        raise ValueError(
            f"{metric} needs an extractor with class probabilities. "
            "Received: features alone"
        )
    parts, floor_parts = {
        "frechet_distance": (protocol.frechet_splits, 1),
        "inception_score": (protocol.inception_splits, protocol.inception_splits),
    }.get(metric, (1, 1))
    compute, outputs = METRICS[metric].load(), METRICS[metric].outputs
    values, more = compute(real, generated, parts, seed)
    order = np.random.default_rng(seed).permutation(len(real))
    half = len(order) // 2
    first, second = rows(real, order[:half]), rows(real, order[half : 2 * half])
    floors, _ = compute(first, second, floor_parts, seed)
    counts = {"num_examples": half, "num_reference": half}
    return [
        Score(output.key, value, {**more, "floor": {"value": float(floor), **counts}})
        for output, value, floor in zip(outputs, values, floors, strict=True)
    ]


def rows(features: FeatureSet, order) -> FeatureSet:
    """Returns rows of a set of features."""
    probabilities = features.probabilities
    return FeatureSet(
        features.features[order],
        None if probabilities is None else probabilities[order],
    )


def evaluate_quality(metric: str, evaluation, split: str) -> list[dict]:
    """Returns the records of a metric of a run's samples.

    Args:
      metric: The name of a metric that compares.
      evaluation: The `Evaluation`.
      split: The split asked for; the protocol may name another reference.
    """
    options = evaluation.options
    return score_records(
        metric,
        evaluation,
        evaluation.sample_features(),
        options.rules.reference_of(split),
        temperature=options.temperature,
        noise=options.noise,
        **evaluation.of_samples,
    )


def score_records(
    metric: str, evaluation, generated: FeatureSet, reference: str, **more
) -> list[dict]:
    """Returns the records of features against those of real images.

    Args:
      metric: The name of a metric that compares.
      evaluation: The `Evaluation`, for the real images and the protocol.
      generated: Features of images in random order.
      reference: The real images: splits, joined by `+`.
      **more: What else belongs to the records.
    """
    options, extractor = evaluation.options, evaluation.extractor
    real, count = evaluation.reference_features(reference), len(generated)
    return [
        evaluation.record(
            score.metric,
            score.value,
            split=reference,
            num_examples=count,
            name=score_name(score.metric, extractor, options.rules, count),
            with_extractor=True,
            num_reference=len(real),
            **more,
            **score.more,
        )
        for score in score_samples(metric, real, generated, options.rules, options.seed)
    ]
