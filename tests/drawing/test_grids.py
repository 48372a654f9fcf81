"""Grids of images."""

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from ade_tf.drawing.grids import image_grid, save_png

_DIGITS = load_digits().images[..., np.newaxis]


def test_every_digit_stands_in_its_place_enlarged():
    grid = image_grid(_DIGITS[:7], 17, columns=3, scale=4)
    assert grid.dtype == np.uint8
    assert grid.shape == (3 * 34 + 2, 3 * 34 + 2, 1)
    for index in range(7):
        top, left = 2 + 34 * (index // 3), 2 + 34 * (index % 3)
        tile = grid[top : top + 32, left : left + 32, 0]
        expected = np.rint(_DIGITS[index, ..., 0] * 255 / 16)
        np.testing.assert_array_equal(tile, np.kron(expected, np.ones([4, 4])))
    borders = np.arange(104) % 34 < 2
    assert (grid[borders] == 128).all() and (grid[:, borders] == 128).all()
    assert (grid[70:, 36:] == 128).all()


@pytest.mark.parametrize(
    ("shape", "options", "grid_shape"),
    [
        ((9, 8, 8, 1), {}, (208, 208, 1)),
        ((5, 32, 16, 3), {}, (134, 104, 3)),
        ((2, 64, 64, 3), {}, (66, 131, 3)),
        ((2, 100, 30, 1), {"columns": 1}, (203, 32, 1)),
        ((1, 2, 2, 1), {"scale": 1}, (4, 4, 1)),
        ((4, 8, 8, 1), {"columns": 4, "group": 2}, (72, 4 * 68 + 12 + 4, 1)),
    ],
)
def test_default_layout(shape, options, grid_shape):
    assert image_grid(np.zeros(shape, np.uint8), 256, **options).shape == grid_shape


def test_groups_stand_apart():
    together = image_grid(_DIGITS[:8], 17, columns=4, scale=4)
    apart = image_grid(_DIGITS[:8], 17, columns=4, scale=4, group=2)
    middle = 2 + 2 * 34
    np.testing.assert_array_equal(apart[:, :middle], together[:, :middle])
    assert (apart[:, middle : middle + 6] == 128).all()
    np.testing.assert_array_equal(apart[:, middle + 6 :], together[:, middle:])


@pytest.mark.parametrize(
    ("levels", "dtype"), [(2, "uint8"), (256, "uint8"), (17, "f4")]
)
def test_levels_run_from_black_to_white(levels, dtype):
    ramp = np.arange(levels, dtype=dtype).reshape(1, 1, levels, 1)
    row = image_grid(ramp, levels, scale=1)[1, 1:-1, 0]
    np.testing.assert_array_equal(row, np.rint(255 * np.arange(levels) / (levels - 1)))


@pytest.mark.parametrize(
    ("images", "levels", "options", "message"),
    [
        (np.zeros([0, 8, 8, 1]), 17, {}, r"at least one.*\(0, 8, 8, 1\)"),
        (np.zeros([2, 8, 8]), 17, {}, r"\[N, H, W, 1\].*\(2, 8, 8\)"),
        (np.zeros([2, 8, 8, 2]), 17, {}, r"\[N, H, W, 3\].*\(2, 8, 8, 2\)"),
        (np.zeros([2, 8, 8, 1]), 1, {}, "levels is at least 2.*levels=1"),
        (np.zeros([2, 8, 8, 1]), 17, {"columns": 0}, "columns=0"),
        (np.zeros([2, 8, 8, 1]), 17, {"scale": 0}, "scale=0"),
        (np.zeros([2, 8, 8, 1]), 17, {"group": 0}, "group=0"),
        (np.zeros([4, 8, 8, 1]), 17, {"columns": 4, "group": 3}, "group=3, columns=4"),
        (np.full([2, 8, 8, 1], 17), 17, {}, "0 .. levels - 1.*levels=17.*17"),
        (np.full([2, 8, 8, 1], -0.1), 17, {}, "from -0.1"),
        (np.full([2, 8, 8, 1], np.nan), 17, {}, "from nan"),
    ],
)
def test_impossible_grids_are_refused(images, levels, options, message):
    with pytest.raises(ValueError, match=message):
        image_grid(images, levels, **options)


@pytest.mark.parametrize("channels", [1, 3])
def test_png_comes_back_as_it_was(tmp_path, channels):
    picture = np.random.default_rng(0).integers(256, size=[5, 7, channels])
    picture = picture.astype(np.uint8)
    path = tmp_path / "grid.png"
    path.write_bytes(b"something older")
    save_png(path, picture)
    with Image.open(path) as image:
        assert image.mode == {1: "L", 3: "RGB"}[channels]
        np.testing.assert_array_equal(np.asarray(image).reshape(picture.shape), picture)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "picture", [np.zeros([4, 4, 1]), np.zeros([4, 4], np.uint8), np.uint8([[[0, 0]]])]
)
def test_what_is_no_picture_is_refused(tmp_path, picture):
    with pytest.raises(ValueError, match="A picture is uint8.*Received: dtype="):
        save_png(tmp_path / "grid.png", picture)
    assert not list(tmp_path.iterdir())


def test_names_stand_in_margins_and_the_images_stay_as_they_are():
    images = np.random.default_rng(0).integers(17, size=(6, 8, 8, 3))
    plain = image_grid(images, 17, columns=3)
    named = image_grid(
        images, 17, columns=3, row_names=("a", "b"), column_names=("x", "y", "z")
    )
    height, width = plain.shape[:2]
    np.testing.assert_array_equal(named[-height:, -width:], plain)
    # Ink stands beside the middle of each row and above the middle of each column.
    beside = (named[-height:, :-width] < 100).any(axis=(1, 2))
    above = (named[:-height, -width:] < 100).any(axis=(0, 2))
    for found, length, parts in ((beside, height, 2), (above, width, 3)):
        for part in range(parts):
            middle = int((part + 0.5) * length / parts)
            assert found[middle - 8 : middle + 8].any()
        assert found.sum() < 14 * parts
    two = image_grid(images, 17, columns=4, group=2, column_names=("x", "y"))
    assert two.shape[0] > image_grid(images, 17, columns=4, group=2).shape[0]
