"""The Fréchet distance between the Gaussians of two sets of features."""

import numpy as np
from absl import logging

from ade_tf.metrics.features import check_features

__all__ = ["GaussianStatistics", "frechet_distance"]

_ROWS = 4096  # Rows taken to float64 at once, so that a large set is not copied whole.


class GaussianStatistics:
    """Mean and covariance of features that come in pieces, in float64.

    Two pieces of n_a and n_b rows are joined by Chan's formula, which subtracts no
    large sums from each other:

        delta = mean_b - mean_a
        mean  = mean_a + delta n_b / n
        S     = S_a + S_b + delta delta^T n_a n_b / n,     covariance = S / (n - 1)

    So the result depends on neither the size of the batches nor on how the rows were
    shared out among replicas, beyond rounding in float64.

    Args:
      dims: d, the size of a feature vector, at least 1.

    Attributes:
      count: Rows seen.
      mean: Float64 `[d]`.
    """

    def __init__(self, dims: int):
        if dims < 1:
            raise ValueError(f"Features have at least 1 value. Received: dims={dims}")
        self.count = 0
        self.mean = np.zeros(dims)
        self._scatter = np.zeros([dims, dims])

    @classmethod
    def of(cls, features, weights=None) -> "GaussianStatistics":
        """Returns the statistics of features `[N, d]`.

        Args:
          features: The features.
          weights: Not negative, `[N]`: how much each row counts; None: all the same.
        """
        statistics = cls(check_features(features).shape[1])
        if weights is None:
            statistics.update(features)
            return statistics
        rows = np.asarray(features, np.float64)
        mean = np.average(rows, axis=0, weights=weights)
        rows = rows - mean
        shares = np.asarray(weights, np.float64) / np.mean(weights)
        statistics._join(len(rows), mean, (rows.T * shares) @ rows)
        return statistics

    @property
    def dims(self) -> int:
        """The size of a feature vector, d."""
        return len(self.mean)

    @property
    def covariance(self) -> np.ndarray:
        """The unbiased covariance, float64 `[d, d]`; it takes two rows or more."""
        if self.count < 2:
            raise ValueError(
                f"A covariance needs at least 2 examples. Received: {self.count}"
            )
        return self._scatter / (self.count - 1)

    def update(self, features) -> None:
        """Adds rows `[N, d]` of any real dtype.

        Raises:
          ValueError: If they are not of size d or not finite; nothing is added then.
        """
        features = check_features(features, dims=self.dims)
        for start in range(0, len(features), _ROWS):
            rows = features[start : start + _ROWS].astype(np.float64)
            mean = rows.mean(0)
            rows -= mean
            self._join(len(rows), mean, rows.T @ rows)

    def merge(self, other: "GaussianStatistics") -> None:
        """Adds the rows that other statistics have seen.

        Raises:
          ValueError: If they are of features of another size.
        """
        _check_same_size(self, other)
        if other.count:
            self._join(other.count, other.mean, other._scatter)

    def _join(self, count, mean, scatter):
        total = self.count + count
        delta = mean - self.mean
        # Not in place: a copy or a `merge` with itself must not change under us.
        self._scatter = (
            self._scatter
            + scatter
            + np.outer(delta, delta * (self.count * count / total))
        )
        self.mean = self.mean + delta * (count / total)
        self.count = total


def frechet_distance(first: GaussianStatistics, second: GaussianStatistics) -> float:
    """Returns the squared Fréchet distance of two Gaussians (arXiv 1706.08500, eq. 6).

        |m_1 - m_2|^2 + tr(C_1 + C_2 - 2 (C_1^.5 C_2 C_1^.5)^.5)

    Each covariance is factored by its symmetric eigenvalues, C = F F^T, with what is
    zero but for rounding left out; the last trace is then the sum of the singular
    values of F_1^T F_2, which are the roots of the eigenvalues of C_1^.5 C_2 C_1^.5.
    (Roots of those eigenvalues themselves would turn a rounding error of 1e-16 into
    1e-8, once for each of the thousands of directions that few examples leave empty.)
    The result is real and not negative, whatever the rank.

    With N examples its expectation is too large by about a constant over N (arXiv
    1801.01401), so only distances from the same number of examples compare.

    Raises:
      ValueError: If either has fewer than 2 examples, or their sizes differ.
    """
    _check_same_size(first, second)
    for statistics in (first, second):
        if statistics.count <= statistics.dims:
            logging.warning(
                "The covariance of %d features from %d examples is singular: the "
                "Fréchet distance is far too large. Use more than %d examples.",
                statistics.dims,
                statistics.count,
                statistics.dims,
            )
    covariances = first.covariance, second.covariance
    one, two = (_factor(covariance) for covariance in covariances)
    root_trace = np.linalg.svd(one.T @ two, compute_uv=False).sum()
    distance = (
        np.square(first.mean - second.mean).sum()
        + sum(np.trace(covariance) for covariance in covariances)
        - 2 * root_trace
    )
    return max(float(distance), 0.0)


def _factor(covariance):
    """Returns F `[d, r]` with F F^T the covariance of rank r."""
    eigenvalues, vectors = np.linalg.eigh(covariance)
    smallest = eigenvalues[-1] * len(eigenvalues) * np.finfo(np.float64).eps
    kept = eigenvalues > max(smallest, 0.0)
    return vectors[:, kept] * np.sqrt(eigenvalues[kept])


def _check_same_size(first, second):
    if first.dims != second.dims:
        raise ValueError(
            f"Statistics that are compared or merged are of features of one size. "
            f"Received: sizes {first.dims} and {second.dims}"
        )
