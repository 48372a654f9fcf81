"""The kernel distance between two sets of features."""

import numpy as np
from sklearn.metrics.pairwise import polynomial_kernel

from ade_tf.metrics.features import check_features

__all__ = ["kernel_distance", "squared_mmd"]

_BLOCK = 2**23  # Values of a kernel matrix held at once (64 MB).


def squared_mmd(x, y) -> float:
    """Returns the unbiased squared maximum mean discrepancy (arXiv 1801.01401).

        sum_{i != j} k(x_i, x_j) / (n (n-1)) + sum_{i != j} k(y_i, y_j) / (m (m-1))
            - 2 sum_{i, j} k(x_i, y_j) / (n m),          k(a, b) = (a . b / d + 1)^3

    Unbiased means that it is below zero about as often as above where the two sets are
    of one distribution. Computed in float64 by blocks, so memory is bounded.

    Args:
      x: Features `[n, d]`, n at least 2.
      y: Features `[m, d]`, m at least 2.

    Raises:
      ValueError: If a set has fewer than 2 rows, is not finite, or the sizes differ.
    """
    x, y = _check_pair(x, y, ("x", "y"))
    for name, rows in (("x", x), ("y", y)):
        if len(rows) < 2:
            raise ValueError(
                f"The unbiased discrepancy needs at least 2 rows of each set. "
                f"Received: {len(rows)} of {name}"
            )
    return (
        _mean_of_different_pairs(x)
        + _mean_of_different_pairs(y)
        - 2 * _kernel_sum(x, y) / (len(x) * len(y))
    )


def kernel_distance(
    real, generated, *, subsets: int = 100, subset_size: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """Returns the mean and deviation of `squared_mmd` over random subsets.

    Subsets are drawn without replacement; 100 of 1,000 are what the common programs
    take. The expectation does not depend on the number of examples. The deviation
    (divided by the number of subsets) is that of one subset, and is not the mean's
    standard error.

    Args:
      real: Features `[N, d]`.
      generated: Features `[M, d]`.
      subsets: Number of subsets, at least 1.
      subset_size: Rows of each set in a subset, 2 to min(N, M).
      seed: Seed of the draws; the same seed gives the same value.

    Raises:
      ValueError: If a choice is out of its range, or features are not finite.
    """
    real, generated = _check_pair(real, generated, ("real", "generated"))
    if subsets < 1:
        raise ValueError(
            f"The kernel distance needs at least 1 subset. Received: subsets={subsets}"
        )
    if not 2 <= subset_size <= min(len(real), len(generated)):
        raise ValueError(
            f"A subset of the kernel distance has at least 2 rows and at most those of "
            f"either set. Received: subset_size={subset_size} with {len(real)} real "
            f"and {len(generated)} generated"
        )
    generator = np.random.default_rng(seed)
    values = [
        squared_mmd(
            *(
                rows[generator.choice(len(rows), subset_size, replace=False)]
                for rows in (real, generated)
            )
        )
        for _ in range(subsets)
    ]
    return float(np.mean(values)), float(np.std(values))


def _mean_of_different_pairs(rows):
    norms = np.square(rows.astype(np.float64)).mean(1)
    pairs = len(rows) * (len(rows) - 1)
    return (_kernel_sum(rows, rows) - ((norms + 1) ** 3).sum()) / pairs


def _kernel_sum(x, y):
    y = y.astype(np.float64)
    step = max(1, _BLOCK // len(y))
    blocks = (x[i : i + step].astype(np.float64) for i in range(0, len(x), step))
    return sum(float(polynomial_kernel(b, y, degree=3, coef0=1).sum()) for b in blocks)


def _check_pair(first, second, names):
    first = check_features(first, names[0])
    return first, check_features(second, names[1], dims=first.shape[1])
