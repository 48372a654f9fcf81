"""Tests of density and coverage, against every pair and a closed form."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.datasets import load_digits

from ade_tf.metrics import density_coverage, precision_recall


def pixels():
    return load_digits().data.astype(np.float32)


def test_worked_by_hand():
    """On a line, k = 1: real balls [-1, 1], [0, 2], [1, 3], [2, 18]."""
    real = np.array([[0.0], [1.0], [2.0], [10.0]])
    generated = np.array([[0.5], [3.5], [7.0]])
    assert density_coverage(real, generated, k=1) == (4 / 3, 3 / 4)


@pytest.mark.parametrize("k", [1, 5])
def test_agrees_with_every_pair_on_real_digits(k):
    real, generated = pixels()[:300], pixels()[300:800] * np.float32(0.8)
    radii = np.sort(cdist(real, real), 1)[:, k]
    inside = cdist(generated, real) <= radii
    density, coverage = density_coverage(real, generated, k)
    assert density == pytest.approx(inside.sum(1).mean() / k, rel=1e-14)
    assert coverage == inside.any(0).mean()
    assert 0 < coverage < 1


def test_one_distribution_gives_the_papers_expectations():
    """Density 1 and coverage 1 - prod_{i=1..k} (N-i) / (N+M-i), in any dimension."""
    generator = np.random.default_rng(0)
    n, m, k = 60, 90, 5
    values = np.array(
        [
            density_coverage(*np.split(generator.normal(size=[n + m, 8]), [n]), k=k)
            for _ in range(80)
        ]
    )
    steps = np.arange(1, k + 1)
    expected = 1, 1 - np.prod((n - steps) / (n + m - steps))
    errors = values.std(0) / np.sqrt(len(values))
    assert (np.abs(values.mean(0) - expected) < 4 * errors).all()
    assert (errors < 0.02).all()


def test_one_image_repeated_is_dense_and_covers_little():
    real = pixels()[:600]
    typical = real[np.square(real - real.mean(0)).sum(1).argmin()]
    density, coverage = density_coverage(real, np.tile(typical, [100, 1]))
    assert density >= 1
    assert coverage < 0.1


def test_an_outlier_raises_recall_but_not_coverage():
    """Two scattered generated points have balls that hold all that is real."""
    real = np.random.default_rng(0).normal(size=[200, 4])
    generated = 50 * np.concatenate([np.eye(4), -np.eye(4)])
    assert precision_recall(real, generated) == (0, 1)
    assert density_coverage(real, generated) == (0, 0)


def test_generated_may_be_fewer_than_k():
    assert density_coverage(pixels()[:50], pixels()[:1])[0] > 0
    with pytest.raises(ValueError, match="other points.*k=5 of 4"):
        density_coverage(pixels()[:5], pixels()[:50])
