"""Whether samples lie nearer to the training images than real images do."""

import dataclasses

import numpy as np
from scipy import stats

from ade_tf.evaluation.metric import OUTPUTS
from ade_tf.metrics import share_standard_error
from ade_tf.metrics.neighbours import nearest_images

__all__ = ["Memorisation", "evaluate_memorisation", "memorisation"]

_QUANTILE = 0.05
_BOOTSTRAPS = 1000


@dataclasses.dataclass(frozen=True)
class Memorisation:
    """Distances to the nearest training image, of samples and of real images.

    Attributes:
      sample_median: Median distance of the samples.
      real_median: Median distance of real images that were not trained on.
      ratio: The first by the second: about 1 for samples as new as real images, 0 for
        copies.
      ratio_error: Standard error of the ratio, by the bootstrap.
      quantile: The distance below which 5 % of the real images lie.
      near_share: Share of samples nearer than `quantile`: about 0.05, and 1 for copies.
      near_share_error: Standard error of the share, for the quantile as it is.
    """

    sample_median: float
    real_median: float
    ratio: float
    ratio_error: float
    quantile: float
    near_share: float
    near_share_error: float


def memorisation(samples, held_out, train, *, seed: int = 0) -> Memorisation:
    """Compares distances to the nearest training image.

    The same distance of held-out real images says how near a new image comes by itself.
    A model that copies, exactly or nearly, gives much smaller ones; one that draws what
    was never seen, larger ones.

    Args:
      samples: `[N, ...]`, pixels or features of samples.
      held_out: `[M, ...]`, those of real images that were not trained on.
      train: `[K, ...]`, those of the training images.
      seed: Seed of the bootstrap.

    Raises:
      ValueError: If half of the held-out images are copies of training images, so that
        no ratio exists.
    """
    sample_distances = nearest_images(samples, train, 1)[0][:, 0]
    real_distances = nearest_images(held_out, train, 1)[0][:, 0]
    real_median = float(np.median(real_distances))
    if real_median == 0:
        raise ValueError(
            "memorisation needs real images that are not among the training images. "
            "Received: a median distance of 0 to the nearest training image"
        )
    quantile = float(np.quantile(real_distances, _QUANTILE))
    # Copies are near even where the held-out set holds some.
    near = (sample_distances < quantile) | (sample_distances == 0)
    share = float(near.mean())
    sample_median = float(np.median(sample_distances))
    return Memorisation(
        sample_median=sample_median,
        real_median=real_median,
        ratio=sample_median / real_median,
        ratio_error=_ratio_error(sample_distances, real_distances, seed),
        quantile=quantile,
        near_share=share,
        near_share_error=share_standard_error(share, len(near)),
    )


def evaluate_memorisation(evaluation, split: str) -> list[dict]:
    """Compares samples with the training images, in pixels and in features.

    Distances are Euclidean: in grey levels over all values of an image, and in the
    features of the options' extractor.

    Args:
      evaluation: The `Evaluation`.
      split: The real images to compare with: `validation` or `test`.

    Returns:
      For each space two records, `memorisation_ratio` and `memorisation_share` (see
      `Memorisation`), both with the space, the medians and the 5 % quantile.

    Raises:
      ValueError: If the split is `train`, or half of it are training images.
    """
    if split not in ("validation", "test"):
        raise ValueError(
            "memorisation compares with real images that were not trained on, split "
            f"validation or test. Received: split={split!r}"
        )
    pixels = (
        evaluation.samples(),
        evaluation.split_images(split).images,
        evaluation.split_images("train").images,
    )
    features = (
        evaluation.sample_features().features,
        evaluation.reference_features(split).features,
        evaluation.reference_features("train").features,
    )
    return [
        *_records(evaluation, split, "pixels", pixels),
        *_records(evaluation, split, "features", features),
    ]


def _records(evaluation, split, space, sets):
    found = memorisation(*sets, seed=evaluation.options.seed)
    where = "pixels"
    if space == "features":
        where = f"features of {evaluation.extractor.name}"
    return [
        evaluation.record(
            key,
            value,
            split=split,
            num_examples=len(sets[0]),
            standard_error=error,
            name=f"{OUTPUTS[key][1].label} ({where})",
            with_extractor=space == "features",
            space=space,
            num_reference=len(sets[2]),
            num_held_out=len(sets[1]),
            sample_median=found.sample_median,
            real_median=found.real_median,
            quantile=found.quantile,
            **evaluation.of_samples,
        )
        for key, value, error in (
            ("memorisation_ratio", found.ratio, found.ratio_error),
            ("memorisation_share", found.near_share, found.near_share_error),
        )
    ]


def _ratio_error(samples, real, seed):
    def ratio(samples, real, axis):
        medians = np.median(real, axis)
        # Draws of copies alone have no ratio.
        return np.median(samples, axis) / np.where(medians > 0, medians, np.nan)

    found = stats.bootstrap(
        (samples, real),
        ratio,
        n_resamples=_BOOTSTRAPS,
        batch=10,
        method="percentile",
        rng=seed,
    )
    return float(np.nanstd(found.bootstrap_distribution, ddof=1))
