"""Tests of the ROC area: known values, and its standard error by repetition."""

import numpy as np
import pytest
from scipy import stats

from ade_tf.metrics.roc import area_standard_error, roc_area


def test_known_areas():
    assert roc_area([1, 2, 3], [4, 5]) == (1.0, 0.0)
    assert roc_area([4, 5], [1, 2, 3]) == (0.0, 0.0)
    assert roc_area([1, 1], [1, 1, 1])[0] == 0.5
    # Of the six pairs, four are in order and one is a tie.
    assert roc_area([1, 2, 5], [2, 6])[0] == pytest.approx(4.5 / 6)


@pytest.mark.parametrize(("usual", "novel"), [(1, 1), (58, 51), (300, 17)])
def test_at_chance_the_standard_error_is_that_of_mann_and_whitney(usual, novel):
    exact = np.sqrt((usual + novel + 1) / (12 * usual * novel))
    assert area_standard_error(0.5, usual, novel) == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("area", [0.2, 0.8])
def test_the_standard_error_is_the_spread_of_repetitions(area):
    generator = np.random.default_rng(1)
    shift = np.sqrt(2) * stats.norm.ppf(area)
    runs = np.array(
        [
            roc_area(generator.normal(size=80), generator.normal(shift, size=40))
            for _ in range(100)
        ]
    )
    assert runs[:, 0].mean() == pytest.approx(area, abs=0.03)
    assert runs[:, 1].mean() == pytest.approx(runs[:, 0].std(ddof=1), rel=0.3)


@pytest.mark.parametrize(
    ("usual", "novel", "message"),
    [
        ([], [1.0], "usual must be a row"),
        ([1.0], [[1.0]], r"novel must be a row.*\(1, 1\)"),
        ([1.0, np.nan], [1.0], "finite. Received: 1 of 2 in usual"),
    ],
)
def test_bad_scores_are_refused(usual, novel, message):
    with pytest.raises(ValueError, match=message):
        roc_area(usual, novel)
