"""Learning curves."""

import re

import matplotlib
import numpy as np
import pytest
from PIL import Image

from ade_tf.drawing.charts import COLOURS
from ade_tf.drawing.curves import (
    Curve,
    curves_svg,
    learning_curves,
    running_mean,
    settled_limits,
)


def test_the_running_mean_leaves_out_what_is_not_finite():
    values = np.random.default_rng(0).normal(size=250)
    values[[10, 100]] = np.nan, np.inf
    found = running_mean(values)
    for place in (0, 11, 99, 249):
        near = values[max(0, place - 2) : place + 3]
        assert np.isclose(found[place], near[np.isfinite(near)].mean())
    assert np.isnan(found[[10, 100]]).all()


def test_limits_fit_what_follows_the_start():
    steps = np.arange(1001.0)
    values = np.where(steps < 100, 50.0, steps / 1000)
    low, high = settled_limits([(steps, values)], 0.2)
    assert 0.1 < low < 0.21 and 1.0 < high < 1.1
    assert settled_limits([(steps, values)])[1] > 40
    assert settled_limits([(steps, np.full(1001, np.nan))]) is None


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


_BLUE, _ORANGE = (
    np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) for colour in COLOURS[:2]
)


def test_a_panel_for_each_group_of_terms(tmp_path):
    likelihood = {"bits_per_dim": lambda s: 3 - s / 200}
    adversary = {"adversarial_loss": lambda s: 0.7, "discriminator_loss": lambda s: 1.3}
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


def test_validation_has_a_colour_of_its_own(tmp_path):
    scalars = _scalars(bits_per_dim=lambda s: 3.0)
    picture = _drawn(tmp_path, scalars)
    assert _has_colour(picture, _BLUE) and not _has_colour(picture, _ORANGE)
    scalars[50]["validation_bits_per_dim"] = 3.1
    picture = _drawn(tmp_path, scalars)
    assert _has_colour(picture, _BLUE) and _has_colour(picture, _ORANGE)


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


def _drawing(*curves, unit="nats"):
    return curves_svg(unit, curves).decode()


def test_names_may_hold_what_would_be_mathematics():
    name = r"$\frac{$"
    assert name in _drawing(Curve(name, np.ones(1), np.ones(1), COLOURS[0]), unit=name)


def test_a_drawing_reads_on_any_ground_and_is_the_same_again():
    curve = Curve("R1", np.arange(9.0), np.arange(9.0), COLOURS[0], held_out=True)
    drawing = _drawing(curve)
    assert _drawing(curve) == drawing
    with matplotlib.rc_context({"axes.facecolor": "black", "font.size": 20}):
        assert _drawing(curve) == drawing
    assert not re.search("<script|<image|#000000|#ffffff", drawing)
    grounds = re.findall(r'<g id="patch_[12]">\s*<path [^>]*style="(.*?)"', drawing)
    assert grounds == ["fill: none"] * 2


@pytest.mark.parametrize("values", [[2.0], [0.0] * 5, [np.nan] * 5, [1.0, np.nan]])
def test_few_equal_and_absent_values_are_drawn(values):
    curve = Curve("R1", np.arange(len(values)), np.array(values), COLOURS[0])
    assert "nan" not in _drawing(curve)


def test_a_drawing_of_many_steps_is_small_and_keeps_its_gaps():
    values = np.random.default_rng(0).normal(size=20_000)
    values[5_003] = np.nan
    drawing = _drawing(Curve("", np.arange(20_000), values, COLOURS[0]))
    assert len(drawing) < 60_000
    line = re.search(rf'<path d="([^"]*)" [^>]*stroke: {COLOURS[0]}', drawing)[1]
    assert line.count("M") == 2 and line.count("L") > 200
