"""Precision, recall, density and coverage of generated features, by their balls.

A ball reaches from a feature to its k-th nearest neighbour within its own set.
"""

from ade_tf.metrics.features import check_features
from ade_tf.metrics.neighbours import count_balls, kth_radii, nearest_distances

__all__ = ["density_coverage", "precision_recall"]


def precision_recall(real, generated, k: int = 3) -> tuple[float, float]:
    """Returns improved precision and recall (arXiv 1904.06991, eq. 1 and 2).

        precision = share of generated in a ball of a real point
        recall    = share of real in a ball of a generated point

    where a point's closed ball reaches its k-th nearest neighbour within its own set.
    k = 3 is the paper's. Its N is 50,000 of each set: values depend on N, on k and on
    the dimension, so only those with the same of each compare.

    Recall needs care. In high dimension two sets of one distribution may stand well
    below 1 (0.47 for 10,000 points of a 1,000-dimensional Gaussian at k = 5, arXiv
    2002.09797), and outliers with their large balls raise it. Read it against that of
    real images with other real images, beside coverage.

    Args:
      real: Features `[N, d]`, N above k.
      generated: Features `[M, d]`, M above k.
      k: Neighbour that sets the radius, at least 1.

    Returns:
      Precision and recall, each 0 to 1.

    Raises:
      ValueError: If a set has no k-th neighbours or is not finite, or sizes differ.
    """
    real = check_features(real, "real")
    generated = check_features(generated, "generated", dims=real.shape[1])
    precision = (count_balls(generated, real, kth_radii(real, k)) > 0).mean()
    recall = (count_balls(real, generated, kth_radii(generated, k)) > 0).mean()
    return float(precision), float(recall)


def density_coverage(real, generated, k: int = 5) -> tuple[float, float]:
    """Returns density and coverage (arXiv 2002.09797).

        density  = mean over generated of (number of real balls it is in) / k
        coverage = share of real points whose ball holds a generated point

    where a real point's closed ball reaches its k-th nearest real neighbour. Only the
    real set has balls, so outliers among the generated ones do not help, as they do
    with recall. k = 5 is the paper's. The paper's program takes open balls; the two
    differ only where distances tie, as in data that repeats itself.

    Of two sets of one distribution, density is 1 on average, and coverage
    1 - (N-1) ... (N-k) / ((M+N-1) ... (M+N-k)), near 1 - 2^-k for N = M.

    Args:
      real: Features `[N, d]`, N above k.
      generated: Features `[M, d]`.
      k: Neighbour that sets the radius, at least 1.

    Returns:
      Density, from 0 and possibly above 1, and coverage, 0 to 1.

    Raises:
      ValueError: If the real set has no k-th neighbours, a set is not finite, or sizes
        differ.
    """
    real = check_features(real, "real")
    generated = check_features(generated, "generated", dims=real.shape[1])
    radii = kth_radii(real, k)
    density = count_balls(generated, real, radii).mean() / k
    coverage = (nearest_distances(real, generated, 1)[:, 0] <= radii).mean()
    return float(density), float(coverage)
