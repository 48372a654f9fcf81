"""Tests of images as extractors take them."""

import numpy as np
import pytest

from ade_tf.extractors import extractor_input


def column(values, dtype=np.uint8):
    return np.array(values, dtype).reshape(-1, 1, 1, 1)


@pytest.mark.parametrize(
    ("levels", "values", "expected"),
    [
        (256, [0, 1, 254, 255], [0, 1, 254, 255]),
        (2, [0, 1], [0, 255]),
        (17, [0, 1, 8, 15, 16], [0, 16, 128, 239, 255]),
    ],
)
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32])
def test_levels_span_the_range(levels, values, expected, dtype):
    result = extractor_input(column(values, dtype), levels, 1)
    assert result.dtype == np.uint8
    np.testing.assert_array_equal(result.ravel(), expected)


def test_grey_is_repeated_and_colour_kept():
    grey = np.random.default_rng(0).integers(0, 256, (2, 3, 4, 1), np.uint8)
    colour = extractor_input(grey, 256, 3)
    assert colour.shape == (2, 3, 4, 3)
    for channel in range(3):
        np.testing.assert_array_equal(colour[..., channel], grey[..., 0])
    np.testing.assert_array_equal(extractor_input(colour, 256, 3), colour)


@pytest.mark.parametrize(
    ("images", "levels", "message"),
    [
        (column([0, 17]), 17, r"0\.\.16.*Received: 0 to 17"),
        (column([-1], np.int32), 17, r"0\.\.16.*Received: -1 to -1"),
        (column([0.0, np.nan], np.float32), 17, r"0\.\.16.*nan"),
        (column([0.5], np.float32), 17, r"whole numbers.*Received: 0\.5"),
        (column([0]), 0, r"2 to 256 levels.*Received: levels=0"),
        (column([0])[..., 0], 17, r"\[N, H, W, C\].*Received: shape=\(1, 1, 1\)"),
        (np.zeros((1, 2, 2, 2), np.uint8), 17, r"3 channels or one.*\(1, 2, 2, 2\)"),
    ],
)
def test_refuses_other_values(images, levels, message):
    with pytest.raises(ValueError, match=message):
        extractor_input(images, levels, 3)
