import dataclasses

import numpy as np
import pytest
from PIL import Image

from ade_tf.drawing.densities import density_table
from ade_tf.evaluation.density_map import DensityPanel, lattice


def panel(centre=(0.0, 0.0)):
    squares = np.sum((lattice(2.0, 40) - centre) ** 2, axis=1)
    points = np.random.default_rng(0).normal(centre, 0.2, size=(500, 2))
    return DensityPanel(2.0, -8.0 * squares.reshape(40, 40), points, points[:, 0] < 9)


def test_a_lattice_is_of_cells_with_the_first_coordinate_fastest():
    points = lattice(2.0, 4)
    np.testing.assert_allclose(points[:4, 0], [-1.5, -0.5, 0.5, 1.5])
    np.testing.assert_allclose(points[:4, 1], -1.5)
    assert points.shape == (16, 2)


def test_maps_stand_above_samples_the_right_way_up(tmp_path):
    """A density to the upper right is bright there, and its samples are there."""
    path = tmp_path / "table.png"
    density_table({"one": [panel(), panel((1.0, 1.0))]}, ["data", "model"], path)
    with Image.open(path) as picture:
        pixels = np.asarray(picture.convert("L"), np.float64)
    height, width = pixels.shape
    right = pixels[:, width // 2 :]
    above, below = right[: height // 2], right[height // 2 :]
    rows, columns = np.nonzero((above > 60) & (above < 250))
    assert rows.mean() < 0.5 * above.shape[0] and columns.mean() > 0.5 * right.shape[1]
    rows, columns = np.nonzero(below < 120)
    assert rows.mean() < 0.5 * below.shape[0] and columns.mean() > 0.5 * right.shape[1]


def test_samples_off_the_data_stand_out(tmp_path):
    colours = []
    for on in (True, False):
        shown = dataclasses.replace(panel(), on_data=np.full(500, on))
        density_table({"one": [shown]}, ["data"], tmp_path / "a.png")
        with Image.open(tmp_path / "a.png") as picture:
            pixels = np.asarray(picture.convert("RGB"), np.int64)
        half = pixels[pixels.shape[0] // 2 :].reshape(-1, 3)
        coloured = half[half.max(1) - half.min(1) > 60].mean(0)
        colours.append(coloured[0] - coloured[2])
    assert colours[0] < -50 and colours[1] > 50


def test_one_sample_off_the_data_is_still_seen(tmp_path):
    """Of few colours, so that the file is small, none of those that matter is lost."""
    one = dataclasses.replace(
        panel(), points=np.zeros([500, 2]), on_data=np.arange(500) < 499
    )
    for shown in (one, dataclasses.replace(one, on_data=np.full(500, True))):
        density_table({"one": [shown]}, ["data"], tmp_path / "a.png")
        with Image.open(tmp_path / "a.png") as picture:
            assert picture.mode == "P"
            pixels = np.asarray(picture.convert("RGB"), np.int64)
        lower = pixels[pixels.shape[0] // 2 :].reshape(-1, 3)
        red = np.any(lower[:, 0] - lower[:, 2] > 60)
        assert red == (shown is one)


@pytest.mark.parametrize(
    ("rows", "columns", "message"),
    [
        ({}, ["data"], "has rows and columns. Received: 0 rows, 1 columns"),
        ({"a": [panel()]}, ["data", "b"], "per column. Received: 'a' with 1 of 2"),
    ],
)
def test_impossible_tables_are_refused(tmp_path, rows, columns, message):
    with pytest.raises(ValueError, match=message):
        density_table(rows, columns, tmp_path / "a.png")
