"""Tests of the Fréchet distance, against hand-worked Gaussians and scipy."""

import math

import numpy as np
import pytest
import scipy.linalg
from absl import logging
from sklearn.datasets import load_digits

from ade_tf.metrics import GaussianStatistics, frechet_distance


def with_moments(mean, covariance, count=10):
    """Returns features whose sample mean and covariance are exactly as asked."""
    mean = np.asarray(mean, np.float64)
    rows = np.random.default_rng(0).normal(size=[count, len(mean)])
    rows, _ = np.linalg.qr(rows - rows.mean(0))  # Orthonormal columns of mean zero.
    root = scipy.linalg.cholesky(covariance)
    return mean + math.sqrt(count - 1) * rows @ root


def distance(first, second):
    return frechet_distance(GaussianStatistics.of(first), GaussianStatistics.of(second))


def distance_by_sqrtm(first, second):
    """The published form, tr C_1 + tr C_2 - 2 tr sqrtm(C_1 C_2), with numpy's cov."""
    one, two = np.cov(first.T), np.cov(second.T)
    root = scipy.linalg.sqrtm(one @ two).real
    shift = np.square(first.mean(0) - second.mean(0)).sum()
    return shift + np.trace(one) + np.trace(two) - 2 * np.trace(root)


@pytest.mark.parametrize(
    ("first", "second", "answer"),
    [
        # One dimension: (m_1 - m_2)^2 + (s_1 - s_2)^2.
        (([1.0], [[4.0]]), ([4.0], [[25.0]]), 3**2 + (2 - 5) ** 2),
        # Diagonal: the sum over dimensions.
        (
            ([0.0, 1.0, 2.0], np.diag([1.0, 4.0, 9.0])),
            ([0.0, 3.0, 2.5], np.diag([4.0, 4.0, 0.25])),
            2**2 + 0.5**2 + (1 - 2) ** 2 + (3 - 0.5) ** 2,
        ),
        # Covariances that do not commute. A 2 x 2 matrix M with positive eigenvalues
        # has tr M^.5 = sqrt(tr M + 2 sqrt(det M)); C_1 C_2 = [[4, 1], [1.5, 6]].
        (
            ([0.0, 0.0], [[2.0, 0.0], [0.0, 3.0]]),
            ([1.0, -1.0], [[2.0, 0.5], [0.5, 2.0]]),
            2 + (5 + 4) - 2 * math.sqrt(10 + 2 * math.sqrt(22.5)),
        ),
    ],
)
def test_gaussians_worked_by_hand(first, second, answer):
    assert distance(with_moments(*first), with_moments(*second)) == pytest.approx(
        answer, abs=1e-12
    )


def test_agrees_with_scipy_on_real_digits():
    images = load_digits().data[:, 9:55]
    images = images + np.random.default_rng(0).normal(0, 0.1, images.shape)
    first, second = images[:300], images[300:700] * 0.9 + 1
    assert distance(first, second) == pytest.approx(
        distance_by_sqrtm(first, second), rel=1e-10
    )
    assert distance(first, second) == pytest.approx(distance(second, first), rel=1e-10)


@pytest.mark.parametrize("scale", [1.0, 1e3])
@pytest.mark.parametrize("count", [30, 500])
def test_identical_sets_are_at_no_distance(count, scale):
    """Of full rank, and of fewer examples than dimensions."""
    features = np.random.default_rng(0).lognormal(size=[count, 100]) * scale
    assert distance(features, features) < 1e-9 * scale**2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_batches_and_shards_do_not_matter(dtype):
    """Nor does a mean a thousand deviations away, which naive sums would lose."""
    generator = np.random.default_rng(0)
    features = generator.normal(1000, 1, size=[5000, 12]).astype(dtype)
    whole = GaussianStatistics.of(features)
    shards = [GaussianStatistics(12) for _ in range(3)]
    for i, rows in enumerate(np.array_split(features, range(1, 5000, 67))):
        if len(rows):
            shards[i % 2].update(rows)  # The third shard stays empty.
    for shard in shards[1:]:
        shards[0].merge(shard)
    shard = shards[0]
    assert shard.count == whole.count == 5000
    exact = features.astype(np.float64)
    for statistics in (whole, shard):
        np.testing.assert_allclose(statistics.mean, exact.mean(0), rtol=1e-12)
        np.testing.assert_allclose(
            statistics.covariance, np.cov(exact.T), rtol=1e-9, atol=1e-12
        )
    other = GaussianStatistics.of(generator.normal(999, 2, size=[100, 12]))
    assert frechet_distance(shard, other) == pytest.approx(
        frechet_distance(whole, other), rel=1e-11
    )


def test_merging_leaves_the_other_alone_and_doubles_itself():
    statistics, other = (
        GaussianStatistics.of(np.random.default_rng(i).normal(size=[9, 2]))
        for i in (0, 1)
    )
    before = other.mean.copy(), other.covariance.copy()
    statistics.merge(other)
    np.testing.assert_array_equal(before[0], other.mean)
    np.testing.assert_array_equal(before[1], other.covariance)
    other.merge(other)
    assert other.count == 18
    np.testing.assert_allclose(other.mean, before[0], rtol=1e-14)
    np.testing.assert_allclose(other.covariance, before[1] * 16 / 17, rtol=1e-14)


def test_few_examples_give_a_real_number_and_a_warning(monkeypatch):
    """Rank 9 and 19 in 200 dimensions, where every dimension but these is empty."""
    warnings = []
    monkeypatch.setattr(
        logging, "warning", lambda text, *args: warnings.append(text % args)
    )
    generator = np.random.default_rng(0)
    first = generator.normal(size=[10, 200])
    second = generator.normal(size=[20, 200])
    value = distance(first, second)
    assert len(warnings) == 2
    assert "200 features from 10 examples is singular" in warnings[0]
    # tr (C_1 C_2)^.5 from the 9 x 19 products of the centred rows alone.
    rows = [(x - x.mean(0)) / math.sqrt(len(x) - 1) for x in (first, second)]
    cross = scipy.linalg.svdvals(rows[0] @ rows[1].T).sum()
    traces = sum(np.square(x).sum() for x in rows)
    shift = np.square(first.mean(0) - second.mean(0)).sum()
    assert value == pytest.approx(shift + traces - 2 * cross, rel=1e-12)
    assert distance(first, first) < 1e-9


def test_constant_features_and_sets_are_points():
    """A feature that is always zero, and a set that is one image repeated."""
    features = np.random.default_rng(0).normal(size=[50, 3]) * [1.0, 0.0, 2.0]
    point = np.tile([3.0, 4.0, 0.0], [50, 1])
    origin = np.zeros([50, 3])
    assert distance(point, origin) == pytest.approx(25, abs=1e-12)
    answer = np.square(features.mean(0)).sum() + np.trace(np.cov(features.T))
    assert distance(features, origin) == pytest.approx(answer, rel=1e-12)


def test_no_warning_when_there_are_enough(monkeypatch):
    monkeypatch.setattr(logging, "warning", lambda *_: pytest.fail("warned"))
    distance(np.random.default_rng(0).normal(size=[4, 3]), np.eye(4, 3))


def test_a_bad_batch_adds_nothing():
    statistics = GaussianStatistics.of(np.ones([5000, 2]))
    bad = np.ones([5000, 2])
    bad[-1] = np.nan
    with pytest.raises(ValueError, match=r"features\[4999, 0\]=nan"):
        statistics.update(bad)
    assert statistics.count == 5000


def test_impossible_statistics_are_refused():
    with pytest.raises(ValueError, match="at least 1 value.*dims=0"):
        GaussianStatistics(0)
    with pytest.raises(ValueError, match="at least 2 examples.*1"):
        frechet_distance(*[GaussianStatistics.of(np.ones([1, 2]))] * 2)
    with pytest.raises(ValueError, match="one size.*2 and 3"):
        frechet_distance(GaussianStatistics(2), GaussianStatistics(3))
    with pytest.raises(ValueError, match="one size.*2 and 3"):
        GaussianStatistics(2).merge(GaussianStatistics(3))
    with pytest.raises(ValueError, match="one size.*of size 3, not 2"):
        GaussianStatistics(2).update(np.ones([4, 3]))


def test_a_weight_of_two_is_a_row_twice():
    rng = np.random.default_rng(0)
    rows, weights = rng.normal(size=[30, 4]) * 3 + 100.0, rng.integers(0, 4, 30)
    found = GaussianStatistics.of(rows, weights)
    repeated = np.repeat(rows, weights, axis=0)
    np.testing.assert_allclose(found.mean, repeated.mean(0), rtol=1e-13)
    covariance = np.cov(repeated.T, bias=True) * 30 / 29
    np.testing.assert_allclose(found.covariance, covariance, rtol=1e-11)
