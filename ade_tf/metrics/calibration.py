"""Whether the probabilities of a classifier are those with which it is right."""

import numpy as np

from ade_tf.metrics.features import check_features

__all__ = ["expected_calibration_error"]


def expected_calibration_error(probabilities, labels, bins: int = 15) -> float:
    """Returns the expected calibration error (arXiv 1706.04599, section 2).

        sum_b (n_b / N) |accuracy_b - confidence_b|

    The bins part (0, 1] into equal intervals of confidence, the greatest probability of
    an image. It is biased upward, by about sqrt(bins / N).

    Args:
      probabilities: `[N, K]`, rows that sum to 1.
      labels: Integers `[N]` in 0 .. K-1.
      bins: Number of bins, at least 1.

    Returns:
      0, perfectly calibrated, to 1.

    Raises:
      ValueError: If there are no bins, or the shapes or values do not fit.
    """
    probabilities = check_features(probabilities, "probabilities")
    labels = np.asarray(labels)
    if bins < 1:
        raise ValueError(f"There must be at least 1 bin. Received: bins={bins}")
    if labels.shape != probabilities.shape[:1]:
        raise ValueError(
            "There must be one label for each row of probabilities. Received: labels "
            f"of shape {labels.shape}, probabilities of {probabilities.shape}"
        )
    if probabilities.min() < 0 or abs(probabilities.sum(1) - 1).max() > 1e-3:
        raise ValueError(
            "Rows of probabilities must be at least 0 and sum to 1. Received: sums "
            f"{probabilities.sum(1).min()} to {probabilities.sum(1).max()}"
        )
    confidence = probabilities.max(1).astype(np.float64)
    right = probabilities.argmax(1) == labels
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    gaps = np.bincount(place, weights=right - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))
