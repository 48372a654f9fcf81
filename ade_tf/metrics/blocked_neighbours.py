"""Nearest neighbours among images that would not fit in memory as float64."""

import numpy as np

from ade_tf.metrics.neighbours import nearest_neighbours

__all__ = ["nearest_images"]

_BLOCK_NUMBERS = 2**23


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
    queries, references = _flat(queries), _flat(references)
    if not 1 <= k <= len(references):
        raise ValueError(
            "The number of neighbours is at least 1 and at most that of references. "
            f"Received: k={k} of {len(references)}"
        )
    step = max(1, _BLOCK_NUMBERS // max(1, references.shape[1]))
    distances = np.empty((len(queries), 0))
    rows = np.empty((len(queries), 0), np.int64)
    for start in range(0, len(references), step):
        block = references[start : start + step]
        found, places = nearest_neighbours(queries, block, min(k, len(block)))
        distances = np.concatenate([distances, found], 1)
        rows = np.concatenate([rows, places + start], 1)
        order = np.argsort(distances, axis=1, kind="stable")[:, :k]
        distances = np.take_along_axis(distances, order, 1)
        rows = np.take_along_axis(rows, order, 1)
    return distances, rows


def _flat(images):
    images = np.asarray(images)
    return images.reshape(len(images), -1)
