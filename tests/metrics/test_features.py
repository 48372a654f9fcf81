"""Tests of the check that features are numbers."""

import numpy as np
import pytest

from ade_tf.metrics import (
    GaussianStatistics,
    check_features,
    classifier_test,
    density_coverage,
    kernel_distance,
    kernel_test,
    kth_radii,
    nearest_distances,
    precision_recall,
    squared_mmd,
)

GOOD = np.random.default_rng(0).normal(size=[20, 3])


def with_bad(bad):
    features = GOOD.copy()
    features[4, 1] = bad
    features[7] = bad
    return features


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    ("metric", "name"),
    [
        (lambda x: GaussianStatistics.of(x), "features"),
        (lambda x: GaussianStatistics(3).update(x), "features"),
        (lambda x: squared_mmd(x, GOOD), "x"),
        (lambda x: squared_mmd(GOOD, x), "y"),
        (lambda x: kernel_distance(x, GOOD, subset_size=5), "real"),
        (lambda x: kernel_distance(GOOD, x, subset_size=5), "generated"),
        (lambda x: precision_recall(x, GOOD), "real"),
        (lambda x: precision_recall(GOOD, x), "generated"),
        (lambda x: density_coverage(x, GOOD), "real"),
        (lambda x: density_coverage(GOOD, x), "generated"),
        (lambda x: classifier_test(x, GOOD), "real"),
        (lambda x: classifier_test(GOOD, x), "generated"),
        (lambda x: kernel_test(x, GOOD), "real"),
        (lambda x: kernel_test(GOOD, x), "generated"),
        (lambda x: nearest_distances(x, GOOD, 1), "queries"),
        (lambda x: kth_radii(x, 1), "points"),
    ],
)
def test_what_is_not_finite_stops_every_metric_by_name(metric, name, bad):
    message = rf"feature must be finite.*{name}\[4, 1\]={bad}, and 2 of 20 rows"
    with pytest.raises(ValueError, match=message):
        metric(with_bad(bad))


@pytest.mark.parametrize(
    "bad", [np.ones(3), np.ones([0, 3]), np.ones([3, 0]), [["a"]], 1j * np.ones([2, 2])]
)
def test_only_rows_of_numbers_are_features(bad):
    with pytest.raises(ValueError, match=r"array \[N, d\] of real.*Received: mine of"):
        check_features(bad, "mine")


def test_sizes_must_agree():
    with pytest.raises(ValueError, match="one size.*generated of size 2, not 3"):
        precision_recall(GOOD, GOOD[:, :2])


def test_keeps_the_array_it_is_given():
    features = np.ones([2, 3], np.float32)
    assert check_features(features, dims=3) is features
