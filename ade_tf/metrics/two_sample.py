"""Tests of whether two sets of features are of one distribution."""

import warnings

import numpy as np
import scipy.stats
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ade_tf.metrics.features import check_features

__all__ = ["classifier_test", "kernel_test"]

_UNITS, _EPOCHS = 20, 100


def classifier_test(real, generated, seed: int = 0) -> tuple[float, float]:
    """Returns how well a classifier tells two sets apart, and how likely by chance.

    A network with one layer of 20 ReLU units is trained on half of the rows and applied
    to the rest (arXiv 1610.06545, section 3). Of the larger set, as many rows are drawn
    as the smaller one has, so that a guess is right for 1/2 of them. If both sets are
    of one distribution, the number of right ones among the n held-out rows is as of n
    tosses of a coin:

        p = P(Binomial(n, 1/2) >= n * accuracy)

    Args:
      real: Features `[N, d]`, at least 4 rows.
      generated: Features `[M, d]`, at least 4 rows.
      seed: Of the rows that are trained on, and of the network's first weights.

    Returns:
      The accuracy on held-out rows, 0 to 1, and the p-value.

    Raises:
      ValueError: If a set has fewer than 4 rows or is not finite, or sizes differ.
    """
    real = check_features(real, "real")
    generated = check_features(generated, "generated", dims=real.shape[1])
    count = min(len(real), len(generated))
    if count < 4:
        raise ValueError(
            "A classifier test needs at least 4 rows of each set. "
            f"Received: {len(real)} real and {len(generated)} generated"
        )
    generator = np.random.default_rng(seed)
    drawn = [
        rows[generator.permutation(len(rows))[:count]] for rows in (real, generated)
    ]
    trained, held_out = (
        np.concatenate([rows[part] for rows in drawn]).astype(np.float64)
        for part in (slice(count // 2), slice(count // 2, None))
    )
    network = MLPClassifier(_UNITS, max_iter=_EPOCHS, random_state=seed)
    classifier = make_pipeline(StandardScaler(), network)
    with warnings.catch_warnings():
        # The number of epochs is part of the test.
        warnings.simplefilter("ignore", ConvergenceWarning)
        classifier.fit(trained, np.repeat([0, 1], count // 2))
    labels = np.repeat([0, 1], count - count // 2)
    right = int((classifier.predict(held_out) == labels).sum())
    found = scipy.stats.binomtest(right, len(labels), 0.5, alternative="greater")
    return right / len(labels), float(found.pvalue)


def kernel_test(
    real, generated, *, permutations: int = 999, seed: int = 0
) -> tuple[float, float]:
    """Returns the maximum mean discrepancy of two sets, and how likely it is by chance.

        MMD^2 = mean_{i != j} k(x_i, x_j) + mean_{i != j} k(y_i, y_j)
                - 2 mean_{i, j} k(x_i, y_j),     k(a, b) = exp(-|a - b|^2 / s^2)

    with s^2 the median of the squared distances above zero of all rows (Gretton et al.,
    JMLR 13, 2012: lemma 6, section 8). If both sets are of one distribution, it does
    not matter which rows belong to which set:

        p = (1 + number of permutations with at least this MMD^2) / (1 + permutations)

    The kernel matrix of all rows is held in memory, `8 (N + M)^2` bytes.

    Args:
      real: Features `[N, d]`, N at least 2.
      generated: Features `[M, d]`, M at least 2.
      permutations: Number of random permutations, at least 1.
      seed: Of the permutations.

    Returns:
      The unbiased MMD^2, which can be negative, and the p-value.

    Raises:
      ValueError: If a set has fewer than 2 rows or is not finite, sizes differ, or
        there are no permutations.
    """
    real = check_features(real, "real")
    generated = check_features(generated, "generated", dims=real.shape[1])
    n, m = len(real), len(generated)
    if min(n, m) < 2:
        raise ValueError(
            "A kernel test needs at least 2 rows of each set. "
            f"Received: {n} real and {m} generated"
        )
    if permutations < 1:
        raise ValueError(
            "A kernel test needs at least 1 permutation. "
            f"Received: permutations={permutations}"
        )
    kernel = _kernel(np.concatenate([real, generated]).astype(np.float64))
    first = np.repeat([1.0, 0.0], [n, m])[:, None]
    others = np.repeat(first, permutations, axis=1)
    others = np.random.default_rng(seed).permuted(others, axis=0)
    first = np.concatenate([first, others], axis=1)
    within_first = (first * (kernel @ first)).sum(0)
    between = kernel.sum(1) @ first - within_first
    within_second = kernel.sum() - within_first - 2 * between
    values = within_first / (n * (n - 1)) + within_second / (m * (m - 1))
    values -= 2 * between / (n * m)
    # The first is one of them; the margin is that of rounding.
    count = (values >= values[0] - 1e-12).sum()
    return float(values[0]), float(count / (1 + permutations))


def _kernel(rows):
    """Returns the kernel matrix of rows, with zeros on its diagonal."""
    distances = euclidean_distances(rows, squared=True)
    positive = distances[distances > 0]
    if positive.size:
        distances /= -np.median(positive)
    kernel = np.exp(distances, out=distances)
    np.fill_diagonal(kernel, 0.0)
    return kernel
