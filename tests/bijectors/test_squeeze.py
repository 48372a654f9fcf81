"""Squeeze against a reshape by hand."""

import numpy as np
import pytest
import tensorflow as tf

from ade_tf import bijectors as adb


def test_blocks_of_pixels_become_channels():
    x = np.arange(2 * 4 * 6 * 3, dtype="float32").reshape(2, 4, 6, 3)
    y, log_det = adb.Squeeze().inverse_and_log_det(x)
    blocks = x.reshape(2, 2, 2, 3, 2, 3).transpose(0, 1, 3, 2, 4, 5)
    np.testing.assert_array_equal(y, blocks.reshape(2, 2, 3, 12))
    np.testing.assert_array_equal(log_det, np.zeros(2))


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: adb.Squeeze(1), "at least 2.*factor=1"),
        (lambda: adb.Squeeze(2.0), "integer.*factor=2.0"),
        (lambda: adb.Squeeze().inverse(tf.zeros([1, 3, 4, 1])), r"Height.*\(3, 4, 1\)"),
        (lambda: adb.Squeeze().forward(tf.zeros([1, 2, 2, 6])), r"= 4 .*\(2, 2, 6\)"),
    ],
)
def test_errors_state_the_rule(call, message):
    with pytest.raises(ValueError, match=message):
        call()
