"""Nearest neighbours among features or images, exact and in bounded memory."""

import math

import numpy as np
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.neighbors import NearestNeighbors

from ade_tf.metrics.features import check_features

__all__ = [
    "count_balls",
    "kth_radii",
    "nearest_distances",
    "nearest_images",
    "nearest_neighbours",
]

_BLOCK = 2**23  # Float64 values of one temporary array (64 MB).


def nearest_neighbours(queries, references, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the distances to the k nearest references of each query, and which.

    scikit-learn's brute-force search finds them, block by block; their distances are
    then taken from differences and not, as in the search, from the products a . b, so
    that two equal rows are at distance 0 and ties are ties.

    Args:
      queries: Features `[N, d]`.
      references: Features `[M, d]`.
      k: Number of neighbours, 1 to M.

    Returns:
      Euclidean distances `[N, k]`, float64, ascending, and the row of each in
      `references`, `[N, k]`; those of equal distance by row.

    Raises:
      ValueError: If k is out of its range, features are not finite or of two sizes.
    """
    references = _as_float64(references, "references")
    queries = _as_float64(queries, "queries", dims=references.shape[1])
    _check_k(k, len(references), "references")
    return _search(references, queries, k, queries)


def nearest_distances(queries, references, k: int) -> np.ndarray:
    """Returns the distances `[N, k]` alone, see `nearest_neighbours`."""
    return nearest_neighbours(queries, references, k)[0]


def nearest_images(queries, references, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the distances to the k nearest references of each query, and which.

    As `nearest_neighbours`, over blocks of references that are converted one after the
    other: those of uint8 stay eight times smaller than what they are compared in.

    Args:
      queries: Images or features, `[N, ...]`.
      references: Images or features, `[M, ...]`, of the same shape.
      k: Number of neighbours, 1 to M.

    Returns:
      Euclidean distances `[N, k]`, float64, ascending, and the row of each in
      `references`, `[N, k]`; of equal ones the first.

    Raises:
      ValueError: If k is out of its range, values are not finite or of two shapes.
    """
    queries = _flat(queries)
    _check_k(k, len(references), "references")
    step = max(1, _BLOCK // max(1, math.prod(references.shape[1:])))
    distances = np.empty((len(queries), 0))
    rows = np.empty((len(queries), 0), np.int64)
    for start in range(0, len(references), step):
        block = _flat(references[start : start + step])
        found, places = nearest_neighbours(queries, block, min(k, len(block)))
        distances = np.concatenate([distances, found], 1)
        rows = np.concatenate([rows, places + start], 1)
        order = np.argsort(distances, axis=1, kind="stable")[:, :k]
        distances = np.take_along_axis(distances, order, 1)
        rows = np.take_along_axis(rows, order, 1)
    return distances, rows


def kth_radii(points, k: int) -> np.ndarray:
    """Returns each point's distance to its k-th nearest other point.

    Only the point itself is left out: a copy of it is another point, at distance 0.

    Args:
      points: Features `[N, d]`.
      k: Number of neighbours, 1 to N - 1.

    Returns:
      Radii `[N]`, float64.

    Raises:
      ValueError: If k is out of its range or features are not finite.
    """
    points = _as_float64(points, "points")
    _check_k(k, len(points) - 1, "other points")
    return _search(points, points, k, None)[0][:, -1]


def count_balls(queries, centres, radii) -> np.ndarray:
    """Returns, for each query, how many closed balls around the centres hold it.

        sum_i [ |q - c_i| <= r_i ]

    A query that rounding cannot place inside or outside is placed by its difference.

    Args:
      queries: Features `[N, d]`.
      centres: Features `[M, d]`.
      radii: Radius of each ball, `[M]`, not negative.

    Returns:
      Counts `[N]`, integers from 0 to M.

    Raises:
      ValueError: If shapes do not fit, or something is not finite.
    """
    centres = _as_float64(centres, "centres")
    queries = _as_float64(queries, "queries", dims=centres.shape[1])
    radii = np.asarray(radii, np.float64)
    if radii.shape != (len(centres),) or not (np.isfinite(radii) & (radii >= 0)).all():
        raise ValueError(
            f"Every centre has a finite radius that is not negative. Received: radii "
            f"of shape {radii.shape} for {len(centres)} centres"
        )
    step = max(1, _BLOCK // len(centres))
    blocks = (queries[i : i + step] for i in range(0, len(queries), step))
    norms = np.square(centres).sum(1)
    return np.concatenate([_count_block(b, centres, norms, radii) for b in blocks])


def _count_block(queries, centres, norms, radii):
    squared = euclidean_distances(
        queries, centres, Y_norm_squared=norms[None], squared=True
    )
    margin = squared - np.square(radii)
    # The products lose digits of |q|^2 + |c|^2, by at most d roundings.
    rounding = 4 * np.finfo(np.float64).eps * max(16, centres.shape[1])
    scale = np.square(queries).sum(1)[:, None] + norms
    inside = margin <= 0
    rows, columns = np.nonzero(np.abs(margin) <= rounding * scale)
    step = max(1, _BLOCK // centres.shape[1])
    for start in range(0, len(rows), step):
        i, j = rows[start : start + step], columns[start : start + step]
        inside[i, j] = _distances(queries[i], centres[j]) <= radii[j]
    return inside.sum(1)


def _search(references, queries, k, asked):
    """Returns distances and rows; `asked` None leaves each reference itself out."""
    search = NearestNeighbors(algorithm="brute").fit(references)
    rows = search.kneighbors(asked, n_neighbors=k, return_distance=False)
    distances = np.empty(rows.shape)
    step = max(1, _BLOCK // (k * references.shape[1]))
    for start in range(0, len(rows), step):
        block = slice(start, start + step)
        distances[block] = _distances(queries[block, None], references[rows[block]])
    order = np.lexsort((rows, distances), axis=1)
    return np.take_along_axis(distances, order, 1), np.take_along_axis(rows, order, 1)


def _distances(a, b):
    return np.sqrt(np.square(a - b).sum(-1))


def _as_float64(features, name, dims=None):
    features = check_features(features, name, dims=dims)
    return np.ascontiguousarray(features, np.float64)


def _check_k(k, available, what):
    if not 1 <= k <= available:
        raise ValueError(
            f"The number of neighbours is at least 1 and at most the number of {what}. "
            f"Received: k={k} of {available}"
        )


def _flat(images):
    images = np.asarray(images)
    return images.reshape(len(images), -1)
