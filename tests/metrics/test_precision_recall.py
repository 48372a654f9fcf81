"""Tests of precision and recall, against scipy's distances of every pair."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.datasets import load_digits

from ade_tf.metrics import precision_recall


def pixels():
    return load_digits().data.astype(np.float32)


def share_inside(queries, centres, k):
    """The definition, from every pair at once."""
    radii = np.sort(cdist(centres, centres), 1)[:, k]
    return (cdist(queries, centres) <= radii).any(1).mean()


def test_worked_by_hand():
    """On a line, k = 1: real balls [-1, 1], [0, 2], [1, 3], [2, 18]."""
    real = np.array([[0.0], [1.0], [2.0], [10.0]])
    generated = np.array([[2.5], [3.5], [6.5], [20.0], [21.0]])
    # Generated balls: [1.5, 3.5], [2.5, 4.5], [3.5, 9.5], [19, 21], [20, 22].
    assert precision_recall(real, generated, k=1) == (3 / 5, 1 / 4)


@pytest.mark.parametrize("k", [1, 3, 10])
def test_agrees_with_every_pair_on_real_digits(k):
    real, generated = pixels()[:300], pixels()[300:800] * np.float32(0.8)
    precision, recall = precision_recall(real, generated, k)
    assert precision == share_inside(generated, real, k)
    assert recall == share_inside(real, generated, k)
    assert 0 < recall < precision < 1


def test_identical_sets_have_both_in_full_and_disjoint_ones_neither():
    assert precision_recall(pixels()[:200], pixels()[:200]) == (1, 1)
    assert precision_recall(pixels()[:200], pixels()[200:400] + 1000) == (0, 0)


def test_one_image_per_class_is_precise_and_recalls_nothing():
    """Real images that training never saw, the most typical of its class, repeated."""
    images, labels = pixels(), load_digits().target
    real, (rest, classes) = images[:600], (images[600:], labels[600:])
    typical = []
    for label in range(10):
        members = rest[classes == label]
        distances = np.square(members - members.mean(0)).sum(1)
        typical.append(members[distances.argmin()])
    precision, recall = precision_recall(real, np.repeat(typical, 50, axis=0))
    assert precision >= 0.9
    assert recall == 0
    fair_precision, fair_recall = precision_recall(real, rest)
    assert min(fair_precision, fair_recall) > 0.6  # Of other writers.


def test_noise_is_not_precise():
    noise = np.random.default_rng(0).uniform(0, 16, size=[300, 64])
    assert precision_recall(pixels()[:500], noise)[0] == 0


def test_k_needs_that_many_others_in_each_set():
    with pytest.raises(ValueError, match="other points.*k=3 of 2"):
        precision_recall(pixels()[:10], pixels()[:3])
