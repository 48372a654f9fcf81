"""Tests of the pictures."""

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from ade_tf.drawing.grids import image_grid, learning_curves, save_png

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


def _scalars(**terms):
    return [
        {"step": step, **{name: value(step) for name, value in terms.items()}}
        for step in range(0, 200, 2)
    ]


def _drawn(tmp_path, scalars, panels=None):
    path = tmp_path / "curves.png"
    learning_curves(scalars, path, panels)
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def _has_colour(picture, colour):
    return (np.abs(picture - colour).max(-1) < 12).sum() > 30


_BLUE, _ORANGE = (31, 119, 180), (255, 127, 14)


def test_a_panel_for_each_group_of_terms(tmp_path):
    likelihood = {"bits_per_dim": lambda s: 3 - s / 200}
    adversary = {"generator_loss": lambda s: 0.7, "discriminator_loss": lambda s: 1.3}
    one = _drawn(tmp_path, _scalars(**likelihood))
    two = _drawn(tmp_path, _scalars(**likelihood, **adversary))
    assert two.shape[1] == 2 * one.shape[1]
    half = two.shape[1] // 2
    assert _has_colour(two[:, :half], _BLUE)
    assert not _has_colour(two[:, :half], _ORANGE)
    assert _has_colour(two[:, half:], _BLUE) and _has_colour(two[:, half:], _ORANGE)


def test_panels_can_be_named(tmp_path):
    scalars = _scalars(bits_per_dim=lambda s: 3.0, images_per_second=lambda s: s)
    panels = {"Speed": ["images_per_second"], "Absent": ["no_such_term"]}
    picture = _drawn(tmp_path, scalars, panels)
    assert picture.shape == _drawn(tmp_path, _scalars(bits_per_dim=float)).shape


def test_a_term_of_some_steps_shares_the_colour_of_its_training_curve(tmp_path):
    scalars = _scalars(bits_per_dim=lambda s: 3.0)
    scalars[50]["validation_bits_per_dim"] = 3.1
    picture = _drawn(tmp_path, scalars)
    assert _has_colour(picture, _BLUE) and not _has_colour(picture, _ORANGE)


def test_an_outlier_does_not_flatten_the_rest(tmp_path):
    """The slope of 1 stays visible beside a first value of a million."""

    def rows_of_blue(picture):
        rows = np.flatnonzero((np.abs(picture - _BLUE).max(-1) < 12).any(1))
        rows = rows[rows < 0.75 * len(picture)]
        return np.ptp(rows) / len(picture)

    scalars = _scalars(bits_per_dim=lambda s: 3 - s / 200)
    scalars[0]["bits_per_dim"] = 1e6
    assert rows_of_blue(_drawn(tmp_path, scalars)) > 0.4


@pytest.mark.parametrize("bad", [None, float("nan"), float("inf")])
def test_values_that_are_not_finite_leave_a_gap(tmp_path, bad):
    scalars = _scalars(bits_per_dim=lambda s: bad if 80 < s < 120 else 0.0)
    picture = _drawn(tmp_path, scalars)
    line = (np.abs(picture - _BLUE).max(-1) < 12)[: int(0.75 * len(picture))].any(0)
    columns = np.flatnonzero(line)
    gap = np.diff(columns).max() / np.ptp(columns)
    assert 0.15 < gap < 0.3


def test_one_record_is_enough(tmp_path):
    assert _has_colour(_drawn(tmp_path, [{"step": 1, "bits_per_dim": 2.0}]), _BLUE)


@pytest.mark.parametrize("scalars", [[], [{"step": 1, "learning_rate": 1e-3}]])
def test_nothing_to_draw_is_an_error(tmp_path, scalars):
    with pytest.raises(ValueError, match="Learning curves need records.*keys="):
        learning_curves(scalars, tmp_path / "curves.png")
