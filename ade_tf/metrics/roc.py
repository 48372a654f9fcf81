"""How well a score tells two sets apart."""

import math

import numpy as np
from sklearn.metrics import roc_auc_score

__all__ = ["area_standard_error", "roc_area"]


def roc_area(usual, novel) -> tuple[float, float]:
    """Returns the area under the ROC curve of a score that is high for novel items.

    The area A is the probability that a novel item scores higher than a usual one,
    ties counting half: 0.5 is chance, and below it the score is the wrong way round.

    Args:
      usual: Scores `[m]` of items like those known, m at least 1.
      novel: Scores `[n]` of the others, n at least 1.

    Returns:
      The area and its standard error, see `area_standard_error`.

    Raises:
      ValueError: If a set is empty, or a score is not finite.
    """
    usual, novel = _checked("usual", usual), _checked("novel", novel)
    labels = np.repeat([0, 1], [len(usual), len(novel)])
    area = float(roc_auc_score(labels, np.concatenate([usual, novel])))
    return area, area_standard_error(area, len(usual), len(novel))


def area_standard_error(area: float, num_usual: int, num_novel: int) -> float:
    """Returns the standard error of a ROC area A (Hanley and McNeil, Radiology 1982).

        SE^2 = [A (1-A) + (n-1) (Q1 - A^2) + (m-1) (Q2 - A^2)] / (m n)      (eq. 1)
        Q1 = A / (2 - A),   Q2 = 2 A^2 / (1 + A)                            (eq. 2)

    for m usual and n novel items, all independent of each other. At A = 0 or 1 it is 0,
    which says only that no pair was out of order.
    """
    q1, q2 = area / (2.0 - area), 2.0 * area**2 / (1.0 + area)
    variance = area * (1.0 - area)
    variance += (num_novel - 1) * (q1 - area**2) + (num_usual - 1) * (q2 - area**2)
    return math.sqrt(max(0.0, variance / (num_usual * num_novel)))


def _checked(name, scores):
    scores = np.asarray(scores, np.float64)
    if scores.ndim != 1 or not scores.size:
        raise ValueError(
            f"{name} must be a row of scores, at least one. "
            f"Received: {name}.shape={scores.shape}"
        )
    if not np.isfinite(scores).all():
        raise ValueError(
            f"Every score must be finite. Received: {(~np.isfinite(scores)).sum()} of "
            f"{scores.size} in {name} that are not"
        )
    return scores
