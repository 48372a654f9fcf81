"""Quality and coverage of samples, from one pass of features, as records."""

import dataclasses

import numpy as np

from ade_tf.evaluation.protocols import Protocol, score_name
from ade_tf.extractors import FeatureSet
from ade_tf.metrics.density_coverage import density_coverage
from ade_tf.metrics.frechet import GaussianStatistics, frechet_distance
from ade_tf.metrics.inception_score import inception_score
from ade_tf.metrics.kernel import kernel_distance
from ade_tf.metrics.precision_recall import precision_recall

__all__ = ["SCORES", "Score", "evaluate_quality", "score_samples"]

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
    more: dict = dataclasses.field(default_factory=dict)


def _frechet(real, generated, splits, seed):
    del seed
    reference = GaussianStatistics.of(real.features)
    values = [
        frechet_distance(reference, GaussianStatistics.of(part))
        for part in np.array_split(generated.features, splits)
    ]
    more = {"splits": splits}
    if splits > 1:
        more["standard_deviation"] = float(np.std(values))
    return [Score("frechet_distance", float(np.mean(values)), more)]


def _kernel(real, generated, splits, seed):
    del splits
    size = min(_KERNEL_SUBSET_SIZE, len(real.features), len(generated.features))
    # Subsets that are the whole sets are all alike.
    whole = size == len(real.features) == len(generated.features)
    subsets = 1 if whole else _KERNEL_SUBSETS
    mean, deviation = kernel_distance(
        real.features,
        generated.features,
        subsets=subsets,
        subset_size=size,
        seed=seed,
    )
    more = {
        "standard_deviation": deviation,
        "subsets": subsets,
        "subset_size": size,
    }
    return [Score("kernel_distance", mean, more)]


def _inception(real, generated, splits, seed):
    del real, seed
    if generated.probabilities is None:
        raise ValueError(
            "inception_score needs an extractor with class probabilities. "
            "Received: features alone"
        )
    mean, deviation = inception_score(generated.probabilities, splits=splits)
    more = {"standard_deviation": deviation, "splits": splits}
    return [Score("inception_score", mean, more)]


def _precision(real, generated, splits, seed):
    del splits, seed
    values = precision_recall(real.features, generated.features, k=_PRECISION_K)
    more = {"k": _PRECISION_K}
    names = ("precision", "recall")
    return [Score(n, v, more) for n, v in zip(names, values, strict=True)]


def _density(real, generated, splits, seed):
    del splits, seed
    values = density_coverage(real.features, generated.features, k=_DENSITY_K)
    more = {"k": _DENSITY_K}
    names = ("density", "coverage")
    return [Score(n, v, more) for n, v in zip(names, values, strict=True)]


# Metric asked for -> function(real, generated, splits, seed) -> scores.
SCORES = {
    "frechet_distance": _frechet,
    "kernel_distance": _kernel,
    "inception_score": _inception,
    "precision_recall": _precision,
    "density_coverage": _density,
}


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
      metric: A name of `SCORES`.
      real: Features of the reference.
      generated: Features of the samples, in random order.
      protocol: Says into how many parts the samples go.
      seed: Of subsets and halves.

    Returns:
      Scores whose `more` holds `floor`: value, num_examples, num_reference.
    """
    parts = {
        "frechet_distance": (protocol.frechet_splits, 1),
        "inception_score": (protocol.inception_splits, protocol.inception_splits),
    }
    splits, floor_splits = parts.get(metric, (1, 1))
    scores = SCORES[metric](real, generated, splits, seed)
    order = np.random.default_rng(seed).permutation(len(real.features))
    half = len(order) // 2
    first, second = rows(real, order[:half]), rows(real, order[half : 2 * half])
    floors = SCORES[metric](first, second, floor_splits, seed)
    return [
        dataclasses.replace(
            score,
            more=score.more
            | {
                "floor": {
                    "value": float(floor.value),
                    "num_examples": half,
                    "num_reference": half,
                }
            },
        )
        for score, floor in zip(scores, floors, strict=True)
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
      metric: A name of `SCORES`.
      evaluation: The `Evaluation`.
      split: The split asked for; the protocol may name another reference.
    """
    options = evaluation.options
    protocol = options.rules
    reference = protocol.reference_of(split)
    real = evaluation.reference_features(reference)
    generated = evaluation.sample_features()
    count = len(generated.features)
    return [
        evaluation.record(
            score.metric,
            score.value,
            split=reference,
            num_examples=count,
            name=score_name(score.metric, evaluation.extractor, protocol, count),
            with_extractor=True,
            num_reference=len(real.features),
            temperature=options.temperature,
            noise=options.noise,
            **evaluation.of_samples,
            **score.more,
        )
        for score in score_samples(metric, real, generated, protocol, options.seed)
    ]
