"""The Inception score: class probabilities that are sharp, one by one, and diverse."""

import numpy as np
from scipy.special import entr

from ade_tf.metrics.features import check_features

__all__ = ["inception_score"]


def inception_score(probabilities, splits: int = 10) -> tuple[float, float]:
    """Returns the mean and deviation over splits of the score (arXiv 1606.03498).

        exp( mean_i KL(p(c | x_i) || p(c)) ),          p(c) = mean_i p(c | x_i)

    Between 1 (one answer for all images) and the number of classes, which a generator
    of one sharp image per class reaches: it sees neither diversity within a class nor
    likeness to the data. A split of n images cannot score above n, and a small one
    scores too low. As in the original, the splits are consecutive rows of equal size,
    so rows must not be sorted by class, and the deviation is divided by their number.

    Args:
      probabilities: Class probabilities `[N, K]`; each row sums to 1.
      splits: Number of splits, 1 to N.

    Raises:
      ValueError: If a probability is not finite, rows are no distributions, or there
        are fewer rows than splits.
    """
    probabilities = _check_probabilities(probabilities)
    if not 1 <= splits <= len(probabilities):
        raise ValueError(
            f"The Inception score takes 1 to N splits of N images. "
            f"Received: splits={splits} of {len(probabilities)}"
        )
    bounds = [i * len(probabilities) // splits for i in range(splits + 1)]
    scores = [
        _score(probabilities[i:j]) for i, j in zip(bounds, bounds[1:], strict=False)
    ]
    return float(np.mean(scores)), float(np.std(scores))


def _score(probabilities):
    entropies = entr(probabilities).sum(1)
    marginal_entropy = entr(probabilities.mean(0)).sum()
    return np.exp(marginal_entropy - entropies.mean())


def _check_probabilities(probabilities):
    probabilities = check_features(probabilities, "probabilities").astype(np.float64)
    sums = probabilities.sum(1)
    wrong = np.flatnonzero((np.abs(sums - 1) > 1e-3) | (probabilities < 0).any(1))
    if wrong.size:
        raise ValueError(
            f"Class probabilities are not negative and sum to 1 within 1e-3. "
            f"Received: probabilities[{wrong[0]}] with least value "
            f"{probabilities[wrong[0]].min()} and sum {sums[wrong[0]]}"
        )
    return probabilities
