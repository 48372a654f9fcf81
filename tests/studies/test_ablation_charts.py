"""Pictures of an ablation."""

import io

import numpy as np
import pytest
from PIL import Image

from ade_tf.drawing.charts import COLOURS
from experiments.studies.ablation_charts import (
    curves_picture,
    samples_picture,
    trade_off_picture,
)


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), np.int64)


def near(picture, colour):
    """Returns the places of a colour, as rows and columns."""
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return np.nonzero(np.abs(picture - wanted).max(-1) < 25)


def test_better_rows_stand_to_the_left_and_below():
    rows = {"first": [(2.0, 5.0), (2.1, 6.0)], "second": [(4.0, 50.0)]}
    picture = pixels(trade_off_picture(rows, set(), "Frechet distance"))
    (y0, x0), (y1, x1) = (near(picture, colour) for colour in COLOURS[:2])
    assert np.median(x0) < np.median(x1)
    assert np.median(y0) > np.median(y1)


def test_approximate_rows_are_hollow():
    rows = {"first": [(2.0, 5.0)], "second": [(4.0, 50.0)]}
    full, hollow = (
        len(near(pixels(trade_off_picture(rows, found, "FD")), COLOURS[1])[0])
        for found in (set(), {"second"})
    )
    assert hollow < 0.9 * full


def test_grids_have_one_size_and_stand_beside_each_other():
    white = np.full([36, 4, 4, 1], 255.0)
    dark = np.full([36, 4, 4, 1], 60.0)
    picture = pixels(samples_picture({"real": dark, "row": white}, 256, "note"))
    height, width, _ = picture.shape
    left, right = picture[:, : width // 2], picture[:, width // 2 :]
    share = [np.mean(np.all(part == 60, axis=-1)) for part in (left, right)]
    assert share[0] > 0.4 and share[1] < 0.01


def test_a_row_has_its_colour_in_both_panels():
    steps = np.arange(0.0, 50.0)
    picture = pixels(
        curves_picture(
            {
                "b": (steps, 3 - steps / 50, False),
                "c (fitted encoder)": (steps, steps, True),
            },
            {"c": (steps, 1 + np.sin(steps))},
            ["a", "b", "c"],
        )
    )
    halves = np.split(picture, [picture.shape[1] // 2], axis=1)
    for colour, counts in ((0, (0, 0)), (1, (1, 0)), (2, (1, 1))):
        found = [len(near(half, COLOURS[colour])[0]) > 20 for half in halves]
        assert found == [bool(count) for count in counts], colour


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: trade_off_picture({}, set(), "FD"), "has rows. Received: none"),
        (lambda: samples_picture({}, 17, ""), "has panels. Received: none"),
        (lambda: curves_picture({}, {}, []), "rows with scalars. Received: none"),
    ],
)
def test_nothing_is_no_picture(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
