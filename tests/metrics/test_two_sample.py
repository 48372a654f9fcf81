"""Two-sample tests on halves of the real digits and on copies of these."""

import io
import itertools

import numpy as np
import pytest
import scipy.stats
from PIL import Image
from sklearn.datasets import load_digits

from ade_tf.metrics import classifier_test, kernel_test

TESTS = {
    "classifier": classifier_test,
    "kernel": lambda x, y, seed=0: kernel_test(x, y, permutations=199, seed=seed),
}


def halves(seed, rows=None):
    """Returns two random halves of the digits, each `[898, 64]`."""
    rows = load_digits().data if rows is None else rows
    order = np.random.default_rng(seed).permutation(len(rows))
    return rows[order[:898]], rows[order[898 : 2 * 898]]


def jpeg_copies(rows, quality):
    """Returns digits that were kept as JPEG files, `[N, 64]` of 0 .. 16."""

    def copy(row):
        file = io.BytesIO()
        image = Image.fromarray(np.rint(row.reshape(8, 8) * 255 / 16).astype(np.uint8))
        image.save(file, "JPEG", quality=quality)
        return np.rint(np.asarray(Image.open(file)).ravel() * (16 / 255))

    return np.stack([copy(row) for row in rows])


def gaussian_mmd(x, y):
    """Returns the discrepancy by its definition, one pair at a time."""
    rows = np.concatenate([x, y])
    pairs = itertools.combinations(rows, 2)
    width = np.median([d for a, b in pairs if (d := np.sum((a - b) ** 2))])

    def k(a, b):
        return np.exp(-np.sum((a - b) ** 2) / width)

    def within(rows):
        return np.mean([k(a, b) for a, b in itertools.permutations(rows, 2)])

    between = np.mean([k(a, b) for a in x for b in y])
    return within(x) + within(y) - 2 * between


def test_the_discrepancy_is_that_of_the_definition():
    x, y = load_digits().data[:13], load_digits().data[13:20] * 0.8
    value, p = kernel_test(x, y, permutations=99)
    assert value == pytest.approx(gaussian_mmd(x, y), abs=1e-12)
    assert p == kernel_test(x, y, permutations=99)[1] != kernel_test(x, y, seed=1)[1]


def test_the_share_of_permutations_is_that_of_all_of_them():
    x, y = load_digits().data[:5], load_digits().data[5:9] + 4.0
    rows, observed = np.concatenate([x, y]), gaussian_mmd(x, y)
    values = []
    for first in itertools.combinations(range(9), 5):
        second = [i for i in range(9) if i not in first]
        values.append(gaussian_mmd(rows[[*first]], rows[second]))
    exact = np.mean(np.array(values) >= observed - 1e-12)
    _, p = kernel_test(x, y, permutations=20_000)
    assert 0.0 < exact < 0.5
    assert p == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 20_000))


def test_the_least_p_is_that_of_all_permutations():
    x = load_digits().data[:40]
    assert kernel_test(x, x[:20] + 50.0, permutations=99)[1] == 1 / 100


def test_a_classifier_that_is_always_right_is_as_likely_as_heads_alone():
    x = load_digits().data[:60]
    accuracy, p = classifier_test(x, 16.0 - x[:40])
    assert (accuracy, p) == (1.0, pytest.approx(2.0**-40))


def test_a_classifier_sees_more_than_means():
    x, y = halves(0)
    narrow = y.mean(0) + 0.7 * (y - y.mean(0))
    assert classifier_test(x, narrow)[1] < 1e-6


@pytest.mark.parametrize("name", TESTS)
def test_equal_sets_are_not_told_apart(name):
    _, p = TESTS[name](*halves(0))
    assert 0.05 < p <= 1.0
    same = np.ones([20, 3])
    value, p = TESTS[name](same, same)
    assert p > 0.05 and abs(value - {"classifier": 0.5, "kernel": 0.0}[name]) < 1e-12


@pytest.mark.parametrize("name", TESTS)
def test_too_few_rows_are_refused(name):
    x = np.ones([8, 2])
    with pytest.raises(ValueError, match="rows of each set. Received: 8 real and 1 g"):
        TESTS[name](x, x[:1])
    with pytest.raises(ValueError, match="at least 1 permutation.*permutations=0"):
        kernel_test(x, x, permutations=0)


@pytest.mark.long
@pytest.mark.parametrize("name", TESTS)
def test_the_rate_of_false_alarms_is_the_level(name):
    p_values = np.array([TESTS[name](*halves(seed), seed)[1] for seed in range(200)])
    rate = np.mean(p_values <= 0.05)
    print(f"{name}: {rate:.3f} of 200 halves at level 0.05")
    assert 0.02 <= rate <= 0.09
    # p is never smaller than it should be.
    assert scipy.stats.kstest(p_values, "uniform", alternative="greater").pvalue > 0.01


@pytest.mark.long
def test_jpeg_copies_are_told_from_originals():
    power = {}
    for quality in (95, 90, 75):
        copies = jpeg_copies(load_digits().data, quality)
        for name, test in TESTS.items():
            # No image stands beside its own copy.
            pairs = [(halves(s)[0], halves(s, copies)[1]) for s in range(10)]
            found = [test(*pair, seed)[1] <= 0.05 for seed, pair in enumerate(pairs)]
            power[name, quality] = np.mean(found)
    print(power)
    assert power["classifier", 75] == 1.0
    assert power["classifier", 95] <= 0.3
