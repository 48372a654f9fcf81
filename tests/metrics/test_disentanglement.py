"""The mutual information gap on codes whose answer is known."""

import itertools

import numpy as np
import pytest

from ade_tf.data.shapes import shape_factors
from ade_tf.metrics import mutual_information_gap

# All combinations, so that factors say nothing of each other.
GRID = np.array([*itertools.product(range(2), range(4), range(5), range(3))] * 30)


def test_codes_that_are_the_factors():
    found = mutual_information_gap(GRID[:, [2, 0, 3, 1]] * 0.7 - 1.0, GRID)
    assert found.score == pytest.approx(1.0, abs=1e-12)
    np.testing.assert_array_equal(found.codes, [1, 3, 0, 2])
    # A code more, of all factors at once, would be the second of each.
    joint = GRID @ [60.0, 15.0, 3.0, 1.0]
    with_joint = np.concatenate([GRID, joint[:, None]], axis=1)
    assert mutual_information_gap(with_joint, GRID).score < 0.8


def test_codes_that_say_nothing():
    assert mutual_information_gap(np.ones([len(GRID), 3]), GRID).score == 0.0
    noise = np.random.default_rng(0).normal(size=[len(GRID), 3])
    assert mutual_information_gap(noise, GRID).score < 0.01


def test_two_codes_of_one_factor_leave_no_gap():
    codes = GRID[:, [0, 0, 1, 2, 3]].astype(float)
    found = mutual_information_gap(codes, GRID)
    np.testing.assert_allclose(found.gaps, [0.0, 1.0, 1.0, 1.0], atol=1e-12)
    # A turned plane: each of two codes says something of both factors.
    turned = GRID.astype(float)
    turned[:, 1] += GRID[:, 2]
    turned[:, 2] = GRID[:, 1] - GRID[:, 2]
    found = mutual_information_gap(turned, GRID)
    assert found.gaps[0] == pytest.approx(1.0) and found.gaps[1:3].max() < 0.4


def test_a_code_of_half_a_factor():
    """Of four values, told up to pairs: ln 2 of ln 4."""
    codes = np.stack([GRID[:, 1] // 2, np.zeros(len(GRID))], axis=1).astype(float)
    assert mutual_information_gap(codes, GRID).gaps[1] == pytest.approx(0.5)


def test_shapes_can_score_what_their_factors_say():
    for factors in shape_factors().values():
        found = mutual_information_gap(factors.astype(float), factors)
        assert found.score > 0.9


@pytest.mark.parametrize(
    ("codes", "factors", "message"),
    [
        (np.ones([3, 2]), np.ones([4, 1]), "a row for each of the codes"),
        (np.ones([3, 2]), np.ones([3, 1]), r"must vary. Received: constant=\[0\]"),
        (np.full([3, 2], np.nan), np.arange(3)[:, None], "codes"),
    ],
)
def test_what_is_no_such_data_is_refused(codes, factors, message):
    with pytest.raises(ValueError, match=message):
        mutual_information_gap(codes, factors)
