"""The image side in closed form."""

import numpy as np
import pytest
import scipy.special

from ade_tf import bijectors as adb

LEVELS, SHAPE = 17, (2, 3, 2)


def images():
    x = np.random.default_rng(0).uniform(0, LEVELS, (4, *SHAPE))
    x[0, 0, 0], x[1, 0, 0] = 0, LEVELS
    return x


def test_logit():
    x = images()
    p = 0.05 + 0.9 * x / LEVELS
    y, log_det = adb.ImageSpace(LEVELS, dtype="float64").inverse_and_log_det(x)
    np.testing.assert_allclose(y, scipy.special.logit(p), rtol=1e-12)
    slope = 0.9 / LEVELS / (p * (1 - p))
    np.testing.assert_allclose(log_det, np.log(slope).sum((1, 2, 3)), rtol=1e-12)


def test_scaling():
    x = images()
    space = adb.ImageSpace(LEVELS, alpha=0, scale=3.0, dtype="float64")
    y, log_det = space.inverse_and_log_det(x)
    np.testing.assert_allclose(y, (x / LEVELS - 0.5) * 3.0, rtol=1e-12)
    np.testing.assert_allclose(log_det, np.full(4, 12 * np.log(3.0 / LEVELS)))


def test_continuous_data_is_left_alone():
    x = images()
    y, log_det = adb.ImageSpace(0, dtype="float64").inverse_and_log_det(x)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(log_det, np.zeros(4))


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"levels": 1}, "at least 2.*levels=1"),
        ({"levels": -2}, "levels=-2"),
        ({"levels": 2.5}, "levels=2.5"),
        ({"levels": 256, "alpha": 0.5}, "below 1/2.*alpha=0.5"),
        ({"levels": 256, "alpha": -0.1}, "alpha=-0.1"),
        ({"levels": 256, "scale": 0.0}, "positive.*scale=0.0"),
    ],
)
def test_errors_state_the_rule(settings, message):
    with pytest.raises(ValueError, match=message):
        adb.ImageSpace(**settings)
