import numpy as np
import pytest

from ade_tf.bijectors.masks import channel_mask, checkerboard_mask


def test_checkerboard_alternates_over_rows_and_columns():
    expected = [[1, 0, 1], [0, 1, 0]]
    for channel in (0, 1):
        np.testing.assert_array_equal(
            checkerboard_mask((2, 3, 2))[:, :, channel], expected
        )


def test_channel_mask_keeps_the_larger_half_of_an_odd_number():
    np.testing.assert_array_equal(
        channel_mask((2, 2, 5))[1, 0], [True, True, True, False, False]
    )


@pytest.mark.parametrize("mask", [checkerboard_mask, channel_mask])
@pytest.mark.parametrize("shape", [(4, 6, 3), (3, 5, 2), (2, 2, 2, 3), (7, 2)])
def test_parities_are_complements(mask, shape):
    first, second = mask(shape, 0), mask(shape, 1)
    assert first.dtype == bool and first.shape == shape
    np.testing.assert_array_equal(first, ~second)
    assert first.any() and second.any()


@pytest.mark.parametrize(
    ("mask", "shape", "parity", "message"),
    [
        (channel_mask, (4, 4, 1), 0, r"two channels.*Received: shape=\(4, 4, 1\)"),
        (checkerboard_mask, (1, 1, 8), 0, r"two positions.*shape=\(1, 1, 8\)"),
        (checkerboard_mask, (8,), 0, r"two positions.*shape=\(8,\)"),
        (checkerboard_mask, (4, 4, 1), 2, r"0 or 1. Received: parity=2"),
        (channel_mask, (4, 4, 2), -1, r"0 or 1. Received: parity=-1"),
    ],
)
def test_refusals(mask, shape, parity, message):
    with pytest.raises(ValueError, match=message):
        mask(shape, parity)
