"""Density of points from a sample of them: one Gaussian on each."""

import dataclasses

import numpy as np

from ade_tf.metrics.features import check_features

__all__ = ["BANDWIDTHS", "KernelDensity", "fit_kernel_density"]

BANDWIDTHS = tuple(np.geomspace(0.01, 1.0, 13))

_BLOCK = 1_000_000


@dataclasses.dataclass(frozen=True, eq=False)
class KernelDensity:
    """p(x) = 1/N sum_i N(x; x_i, h^2 I).

    Attributes:
      points: The x_i, `[N, d]`.
      bandwidth: The deviation h, above 0.
    """

    points: np.ndarray
    bandwidth: float

    def log_prob(self, places) -> np.ndarray:
        """Returns ln p of places `[M, d]` in nats, float64 `[M]`."""
        blocks = _squared_distances(self.points, places)
        dims = self.points.shape[1]
        found = [_log_mean(squares, self.bandwidth, dims) for squares in blocks]
        return np.concatenate(found)


def fit_kernel_density(points, held_out, bandwidths=BANDWIDTHS) -> KernelDensity:
    """Puts kernels on points, of the width that explains held-out points best.

    With held-out points of the same law it estimates that law. With held-out points of
    another it is the law of x_i + h eps with the noise that explains these best.

    Args:
      points: The x_i, `[N, d]`.
      held_out: `[M, d]`; h maximises their mean log-likelihood.
      bandwidths: The h to choose from, in the points' unit.

    Raises:
      ValueError: If an array is not of finite points, all of one dimension.
    """
    points = check_features(points, "points").astype(np.float64)
    held_out = check_features(held_out, "held_out", dims=points.shape[1])
    totals = np.zeros(len(bandwidths))
    for squares in _squared_distances(points, held_out):
        totals += [_log_mean(squares, h, points.shape[1]).sum() for h in bandwidths]
    return KernelDensity(points, float(bandwidths[int(totals.argmax())]))


def _squared_distances(points, places):
    """Yields `[m, N]` of the first m places, of the next ones, and so on."""
    places = np.asarray(places, np.float64)
    norms = np.sum(points**2, axis=1)
    rows = max(1, _BLOCK // len(points))
    for first in range(0, len(places), rows):
        part = places[first : first + rows]
        squares = part @ (-2.0 * points.T)
        squares += norms
        squares += np.sum(part**2, axis=1, keepdims=True)
        yield np.maximum(squares, 0.0, out=squares)


def _log_mean(squares, bandwidth, dims):
    exponents = squares * (-0.5 / bandwidth**2)
    top = exponents.max(axis=1)
    exponents -= top[:, None]
    mean = np.exp(exponents, out=exponents).mean(axis=1)
    return np.log(mean) + top - dims * np.log(bandwidth * np.sqrt(2.0 * np.pi))
