"""The built-in photographs: where the patches come from, and their splits."""

import numpy as np
import pytest
from sklearn import datasets

from ade_tf.data import load_dataset


def windows(photo, side):
    view = np.lib.stride_tricks.sliding_window_view(photo, (side, side), (0, 1))
    return view.transpose(0, 1, 3, 4, 2)


def test_facts():
    data = load_dataset("photos")
    assert data.image_shape == (32, 32, 3) and data.levels == 256
    assert data.num_classes == 2
    assert "1680 train, 240 validation, 480 test" in data.description
    assert "default_rng(0).permutation(120)" in data.description
    assert data.train.images.dtype == np.uint8
    assert set(data.test.labels) == {0, 1}


def test_patches_are_of_the_photograph_of_their_label_and_no_pixel_is_in_two_splits():
    data = load_dataset("photos:24")
    photos = datasets.load_sample_images().images
    owner = [np.full(photo.shape[:2], "", object) for photo in photos]
    for name in ("train", "validation", "test"):
        split = getattr(data, name)
        for patch, label in zip(split.images[::20], split.labels[::20], strict=True):
            view = windows(photos[label], 24)
            near = np.all(view[:, :, 0, 0] == patch[0, 0], axis=-1)
            places = [p for p in np.argwhere(near) if np.array_equal(view[*p], patch)]
            assert len(places) == 1
            top, left = places[0]
            area = owner[label][top : top + 24, left : left + 24]
            assert set(area.flat) <= {"", name}
            area[...] = name


def test_positions_are_drawn_the_same_way_every_time():
    first, second = load_dataset("photos:8"), load_dataset("photos:8")
    np.testing.assert_array_equal(first.test.images, second.test.images)
    assert first.image_shape == (8, 8, 3)
    assert not np.array_equal(first.test.images[0], first.test.images[1])


def test_they_become_grey_and_small():
    data = load_dataset("photos", image_size=8, channels=1)
    assert data.image_shape == (8, 8, 1)
    means = load_dataset("photos").test.images.mean((1, 2)) @ [0.299, 0.587, 0.114]
    np.testing.assert_allclose(data.test.images.mean((1, 2, 3)), means, atol=1.0)


@pytest.mark.parametrize("side", ["big", "3", "33", "-8", "8.0"])
def test_impossible_sides_are_refused(side):
    with pytest.raises(ValueError, match=rf"pixels, 4..32. Received: '{side}'"):
        load_dataset(f"photos:{side}")
