"""Whether each known factor of images has a code of its own."""

import dataclasses

import numpy as np
import sklearn.metrics

from ade_tf.metrics.features import check_features

__all__ = ["MutualInformationGap", "mutual_information_gap"]


@dataclasses.dataclass(frozen=True)
class MutualInformationGap:
    """How far the first code of each factor is ahead of the second.

    Attributes:
      score: The mean over factors, in [0, 1].
      gaps: Of each factor, in [0, 1], `[K]`.
      codes: Number of the code that says most of each factor, `[K]`.
    """

    score: float
    gaps: np.ndarray
    codes: np.ndarray


def mutual_information_gap(codes, factors, *, bins: int = 20) -> MutualInformationGap:
    """Returns the mutual information gap of codes.

        MIG = 1/K sum_k [max_j I(z_j; v_k) - second max_j I(z_j; v_k)] / H(v_k)

    (arXiv 1802.04942, section 4.1.) It is 1 where every factor is told by one code and
    by no other, and 0 where none tells of any factor, or two codes alike. Codes are cut
    into bins of equal width from the least to the greatest value, as arXiv 1811.12359
    does, and information is that of the counts: of codes that say nothing it is
    greater than 0 by about (bins - 1) (values - 1) / (2 N).

    Args:
      codes: Float array, `[N, d]`.
      factors: Whole numbers, `[N, K]`; each factor has at least two values.
      bins: Bins of each code.

    Raises:
      ValueError: If the arrays do not belong together, or a factor does not vary.
    """
    codes = check_features(codes, "codes").astype(np.float64)
    factors = np.asarray(factors)
    if factors.ndim != 2 or len(factors) != len(codes):
        raise ValueError(
            "factors must have a row for each of the codes. "
            f"Received: shape={factors.shape}, {len(codes)} codes"
        )
    constant = [k for k, values in enumerate(factors.T) if len(np.unique(values)) < 2]
    if constant:
        raise ValueError(f"every factor must vary. Received: constant={constant}")
    cut = np.stack([_binned(column, bins) for column in codes.T], axis=1)
    gaps, best = [], []
    for values in factors.T:
        found = [sklearn.metrics.mutual_info_score(values, code) for code in cut.T]
        # Beside a single code stands one that says nothing.
        second, first = np.sort([0.0, *found])[-2:]
        gaps.append(
            (first - second) / sklearn.metrics.mutual_info_score(values, values)
        )
        best.append(int(np.argmax(found)))
    return MutualInformationGap(float(np.mean(gaps)), np.array(gaps), np.array(best))


def _binned(values, bins):
    edges = np.linspace(values.min(), values.max(), bins + 1)
    return np.digitize(values, edges[1:-1])
