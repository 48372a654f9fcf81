"""Tests of the Inception score, against closed forms and scipy."""

import numpy as np
import pytest
import scipy.stats

from ade_tf.metrics import inception_score


def test_one_sharp_image_per_class_scores_the_number_of_classes():
    """Exact zeros among the probabilities are no trouble."""
    mean, deviation = inception_score(np.tile(np.eye(10), [20, 1]), splits=10)
    assert mean == pytest.approx(10, rel=1e-14)
    assert deviation < 1e-12


@pytest.mark.parametrize("row", [np.eye(10)[3], np.full(10, 0.1)])
def test_one_answer_for_all_images_scores_one(row):
    assert inception_score(np.tile(row, [50, 1]))[0] == pytest.approx(1, rel=1e-14)


def test_worked_by_hand():
    """Rows (3/4, 1/4) and (1/4, 3/4): KL = ln 2 - H(1/4) each."""
    entropy = 0.75 * np.log(4 / 3) + 0.25 * np.log(4)
    mean, _ = inception_score([[0.75, 0.25], [0.25, 0.75]], splits=1)
    assert mean == pytest.approx(2 * np.exp(-entropy), rel=1e-14)


@pytest.mark.parametrize(("rows", "splits"), [(200, 10), (203, 10), (7, 7)])
def test_agrees_with_scipy_split_by_split(rows, splits):
    """Splits are consecutive rows i N // splits onwards, as in the original."""
    logits = np.random.default_rng(0).normal(0, 3, size=[rows, 6])
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    scores = []
    for i in range(splits):
        part = p[i * rows // splits : (i + 1) * rows // splits]
        divergences = scipy.stats.entropy(part, part.mean(0, keepdims=True), axis=1)
        scores.append(np.exp(divergences.mean()))
    mean, deviation = inception_score(p.astype(np.float32), splits)
    assert mean == pytest.approx(np.mean(scores), rel=1e-6)
    assert deviation == pytest.approx(np.std(scores), rel=1e-5, abs=1e-12)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_fails_by_name(bad):
    p = np.full([20, 4], 0.25)
    p[3, 2] = bad
    p[9] = bad
    message = rf"must be finite.*probabilities\[3, 2\]={bad}, and 2 of 20 rows"
    with pytest.raises(ValueError, match=message):
        inception_score(p)


@pytest.mark.parametrize("row", [[0.5, 0.4], [1.5, -0.5], [2.0, 3.0]])
def test_only_distributions_are_scored(row):
    p = np.array([[0.5, 0.5]] * 10 + [row])
    with pytest.raises(ValueError, match=r"sum to 1.*probabilities\[10\]"):
        inception_score(p, splits=1)


def test_impossible_splits_and_shapes_are_refused():
    p = np.full([5, 2], 0.5)
    for splits in (0, 6):
        with pytest.raises(ValueError, match=f"1 to N splits.*splits={splits} of 5"):
            inception_score(p, splits)
    with pytest.raises(ValueError, match=r"array \[N, d\].*Received: probabilities of"):
        inception_score([0.5, 0.5])
