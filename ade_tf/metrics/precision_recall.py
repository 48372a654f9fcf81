"""Precision and recall of generated features, by nearest neighbours."""

from ade_tf.metrics.features import check_features
from ade_tf.metrics.neighbours import count_balls, kth_radii

__all__ = ["precision_recall"]


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
