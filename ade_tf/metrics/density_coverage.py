"""Density and coverage of generated features, by nearest neighbours."""

from ade_tf.metrics.features import check_features
from ade_tf.metrics.neighbours import count_balls, kth_radii, nearest_distances

__all__ = ["density_coverage"]


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
