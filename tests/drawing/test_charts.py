"""Parts that charts share."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ade_tf.drawing.charts import label_ends, running_mean, settled_limits


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


def test_names_at_the_ends_of_lines_do_not_touch():
    figure = Figure(figsize=(6, 4))
    axis = figure.subplots()
    axis.set(xlim=(0, 10), ylim=(1.0, 1000.0), yscale="log")
    ends = {"a": (10, 100.0), "b": (10, 101.0), "c": (10, 1.0), "d": (10, 999.0)}
    label_ends(axis, ends, dict.fromkeys(ends, "black"), bold=("b",))
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = {text.get_text(): text.get_window_extent(renderer) for text in axis.texts}
    assert sorted(boxes, key=lambda name: boxes[name].y0) == ["c", "a", "b", "d"]
    for first, second in (("a", "b"), ("c", "a"), ("b", "d")):
        assert not boxes[first].overlaps(boxes[second])
    middle = axis.transAxes.transform((0, 2 / 3))[1]
    assert abs((boxes["a"].y0 + boxes["a"].y1) / 2 - middle) < 2
