"""Crop, area resize, channels and grey levels against arithmetic by hand."""

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.data.images import fit_image, pad_images, to_levels, with_channels


def test_area_resize_is_the_rounded_mean_of_blocks():
    image = np.random.default_rng(1).integers(0, 256, [6, 6, 3], np.uint8)
    means = image.reshape(3, 2, 3, 2, 3).mean(axis=(1, 3))
    resized = fit_image(image, 3, 0)
    assert resized.dtype == np.uint8
    np.testing.assert_array_equal(resized, np.rint(means))
    np.testing.assert_allclose(
        fit_image(image.astype(np.float32), 3, 0), means, rtol=1e-5
    )


@pytest.mark.parametrize("size", [1, 5, 6, 9, 14])
def test_area_resize_agrees_with_tensorflow(size):
    image = np.random.default_rng(2).normal(size=[7, 7, 2]).astype(np.float32)
    expected = tf.image.resize(image[None], [size, size], method="area")[0]
    np.testing.assert_allclose(fit_image(image, size, 0), expected, atol=1e-5)


@pytest.mark.parametrize("shape", [(9, 4, 1), (4, 9, 1)])
def test_crop_is_central(shape):
    image = np.arange(36, dtype=np.uint8).reshape(shape)
    tall = shape[0] > shape[1]
    expected = image[2:6] if tall else image[:, 2:6]
    np.testing.assert_array_equal(fit_image(image, 4, 0), expected)


def test_padding_keeps_the_images_in_the_middle():
    images = np.random.default_rng(3).integers(1, 17, [2, 5, 8, 1], np.uint8)
    padded = pad_images(images, 8, "Images")
    assert padded.shape == (2, 8, 8, 1) and padded.dtype == np.uint8
    np.testing.assert_array_equal(padded[:, 1:6], images)
    assert not padded[:, :1].any() and not padded[:, 6:].any()
    with pytest.raises(ValueError, match=r"`pad_to` high and wide. .*pad_to=7"):
        pad_images(images, 7, "Images")


def test_channels():
    colour = np.array([[[200, 100, 50]]], np.uint8)
    luma = 0.299 * 200 + 0.587 * 100 + 0.114 * 50
    assert with_channels(colour, 1).tolist() == [[[round(luma)]]]
    grey = np.array([[[7]]], np.uint8)
    assert with_channels(grey, 3).tolist() == [[[7, 7, 7]]]
    assert with_channels(colour, 0) is colour
    with pytest.raises(ValueError, match="between 1 and 3.*channels=3.*2 channels"):
        with_channels(np.zeros([1, 1, 2], np.uint8), 3)


@pytest.mark.parametrize(
    "values, message",
    [
        ([0, 17], r"whole values in 0..16 \(17 levels\). Received: values in 0..17"),
        ([-1, 3], "Received: values in -1..3"),
        ([0.0, 0.5], "Received: the value 0.5"),
        ([0.0, 20.0], "Received: values in 0.0..20.0"),
        ([0.0, np.nan], "finite values. Received: 1 NaN or infinite"),
        ([np.inf, -np.inf], "Received: 2 NaN or infinite"),
        (["a", "b"], "array of numbers. Received: dtype=<U1"),
    ],
)
def test_values_out_of_the_levels(values, message):
    with pytest.raises(ValueError, match=f"(?s)The images.*{message}"):
        to_levels(np.array(values), 17, "The images")


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32, np.uint16])
def test_whole_values_become_uint8(dtype):
    converted = to_levels(np.array([0, 5, 16], dtype), 17, "The images")
    assert converted.dtype == np.uint8 and converted.tolist() == [0, 5, 16]
