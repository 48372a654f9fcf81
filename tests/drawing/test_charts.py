"""Parts that charts share."""

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ade_tf.drawing.charts import house_style, label_ends


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


def test_settings_of_the_user_change_nothing_and_are_left_alone():
    theirs = {"font.size": 31.0, "axes.grid": True, "svg.hashsalt": None}
    with matplotlib.rc_context(theirs):
        with house_style():
            assert matplotlib.rcParams["font.size"] == 10.0
            assert not matplotlib.rcParams["axes.grid"]
        with house_style("red"):
            assert matplotlib.rcParams["text.color"] == "red"
        assert {name: matplotlib.rcParams[name] for name in theirs} == theirs
