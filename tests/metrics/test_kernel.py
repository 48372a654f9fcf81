"""Tests of the kernel distance, against a direct double sum."""

import math

import numpy as np
import pytest
from sklearn.datasets import load_digits

from ade_tf.metrics import kernel, kernel_distance, squared_mmd


def pixels(start, stop):
    return load_digits().data[start:stop] / 16


def direct_squared_mmd(x, y):
    """The definition, one pair at a time."""

    def k(a, b):
        return (math.fsum(a * b) / len(a) + 1) ** 3

    def within(rows):
        n = len(rows)
        pairs = (k(rows[i], rows[j]) for i in range(n) for j in range(n) if i != j)
        return math.fsum(pairs) / (n * (n - 1))

    between = math.fsum(k(a, b) for a in x for b in y) / (len(x) * len(y))
    return within(x) + within(y) - 2 * between


def test_worked_by_hand():
    """One dimension: k(a, b) = (a b + 1)^3."""
    x, y = [[1.0], [2.0]], [[0.0], [-1.0], [1.0]]
    within_x = (1 * 2 + 1) ** 3
    within_y = (1 + 1 + 0) / 3  # Pairs (0, -1), (0, 1), (-1, 1).
    between = (1 + 0 + 8 + 1 - 1 + 27) / 6
    assert squared_mmd(x, y) == pytest.approx(
        within_x + within_y - 2 * between, rel=1e-14
    )


@pytest.mark.parametrize("block", [1, 200, 2**23])
def test_agrees_with_a_direct_double_sum_on_real_digits(block, monkeypatch):
    monkeypatch.setattr(kernel, "_BLOCK", block)
    x, y = pixels(0, 60), pixels(60, 140) * 0.9
    expected = direct_squared_mmd(x, y)
    assert expected > 0
    assert squared_mmd(x, y) == pytest.approx(expected, rel=1e-10)
    assert squared_mmd(x.astype("float32"), y) == pytest.approx(expected, rel=1e-4)


def test_is_unbiased():
    """Between draws of one distribution it is zero on average, and often below."""
    x = np.random.default_rng(0).normal(size=[2, 200, 10, 4])
    values = np.array([squared_mmd(a, b) for a, b in zip(*x, strict=True)])
    assert abs(values.mean()) < 3 * values.std() / math.sqrt(200)
    assert 0.4 < (values < 0).mean() < 0.8


def test_subsets_that_are_the_whole_set_all_agree():
    x, y = pixels(0, 60), pixels(60, 120)
    mean, deviation = kernel_distance(x, y, subsets=3, subset_size=60)
    assert mean == pytest.approx(squared_mmd(x, y), rel=1e-10)
    assert deviation < 1e-12


def test_draws_are_seeded_and_near_the_whole():
    x, y = pixels(0, 400), pixels(400, 800) * 0.8
    options = dict(subsets=30, subset_size=100)
    mean, deviation = kernel_distance(x, y, **options, seed=1)
    assert (mean, deviation) == kernel_distance(x, y, **options, seed=1)
    assert mean != kernel_distance(x, y, **options, seed=2)[0]
    assert deviation > 0
    assert abs(mean - squared_mmd(x, y)) < 3 * deviation / math.sqrt(30)


@pytest.mark.parametrize("size", [1, 6])
def test_impossible_subsets_are_refused(size):
    x = np.ones([8, 2])
    message = f"most those of either set.*subset_size={size} with 8 real and 5 gen"
    with pytest.raises(ValueError, match=message):
        kernel_distance(x, x[:5], subset_size=size)


def test_impossible_numbers_are_refused():
    x = np.ones([8, 2])
    with pytest.raises(ValueError, match="at least 1 subset.*subsets=0"):
        kernel_distance(x, x, subsets=0, subset_size=4)
    with pytest.raises(ValueError, match="at least 2 rows.*1 of y"):
        squared_mmd(x, x[:1])
