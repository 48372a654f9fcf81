"""Tests of the calibration error, by hand and on digits."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from ade_tf.metrics import expected_calibration_error


def test_worked_by_hand():
    probabilities = [[0.75, 0.25], [0.65, 0.35], [0.05, 0.95], [0.1, 0.9]]
    labels = [0, 1, 1, 1]
    # With 5 bins: (0.6, 0.8] holds the first two, one of them right, of confidence
    # 0.7; (0.8, 1] the others, both right, of confidence 0.925.
    expected = 0.5 * abs(0.5 - 0.7) + 0.5 * abs(1.0 - 0.925)
    assert expected_calibration_error(probabilities, labels, 5) == pytest.approx(
        expected
    )


def test_what_is_sure_is_off_by_its_errors():
    sure = np.eye(4)[[0, 1, 2, 3, 0]]
    assert expected_calibration_error(sure, [0, 1, 2, 3, 0]) == 0.0
    assert expected_calibration_error(sure, [0, 1, 2, 0, 1]) == pytest.approx(0.4)


def test_draws_of_the_probabilities_are_calibrated():
    generator = np.random.default_rng(0)
    p = generator.dirichlet(np.ones(3), 20_000)
    labels = (generator.random([20_000, 1]) > p.cumsum(1)).sum(1)
    assert expected_calibration_error(p, labels) < np.sqrt(15 / 20_000)


def test_a_classifier_of_digits_that_is_made_too_sure_is_worse():
    images, labels = load_digits(return_X_y=True)
    model = LogisticRegression(max_iter=1000).fit(images[:900], labels[:900])
    p = model.predict_proba(images[900:])
    sharp = p**8 / (p**8).sum(1, keepdims=True)
    first = expected_calibration_error(p, labels[900:])
    assert first < expected_calibration_error(sharp, labels[900:]) < 0.2


def test_what_is_no_probability_is_refused():
    p = np.full([4, 2], 0.5)
    with pytest.raises(ValueError, match="at least 1 bin. Received: bins=0"):
        expected_calibration_error(p, [0, 1, 0, 1], 0)
    with pytest.raises(ValueError, match=r"one label .* shape \(3,\)"):
        expected_calibration_error(p, [0, 1, 0])
    with pytest.raises(ValueError, match="sum to 1. Received: sums 4.0 to 4.0"):
        expected_calibration_error(4 * p, [0, 1, 0, 1])
