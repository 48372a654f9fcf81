import re
import types

import numpy as np

from ade_tf.report.curves import curves, terms_of


def run(scalars, tag="R1"):
    return types.SimpleNamespace(tag=tag, scalars=scalars)


def places(drawing, kind):
    """Returns the points of a drawing's line."""
    path = re.search(f'<path d="(.*?)" class="line {kind} c0">', drawing)[1]
    return np.array([p.split() for p in re.split("[ML]", path)[1:]], float)


def test_a_point_stands_where_the_axes_say():
    """The ticks give the scale of each axis; the points must agree with it."""
    scalars = [{"step": n, "validation_kl": 0.1 * n} for n in range(11)]
    drawing = curves("kl", [run(scalars)])
    found = places(drawing, "held-out")
    texts = re.findall(
        r'<text x="(\S+)" y="(\S+)" text-anchor="(\w+)">(\S+?)<', drawing
    )
    y_ticks = [(float(y) - 4, float(t)) for _, y, a, t in texts if a == "end"]
    x_ticks = [
        (float(x), float(t)) for x, _, a, t in texts if a == "middle" and t != "step"
    ]
    assert len(y_ticks) > 2 and len(x_ticks) > 2
    steps = np.polyval(np.polyfit(*zip(*x_ticks, strict=True), 1), found[:, 0])
    values = np.polyval(np.polyfit(*zip(*y_ticks, strict=True), 1), found[:, 1])
    np.testing.assert_allclose(steps, np.arange(11), atol=0.01)
    np.testing.assert_allclose(values, 0.1 * np.arange(11), atol=0.002)


def test_a_long_curve_is_the_means_of_groups():
    values = np.random.default_rng(0).normal(size=1000)
    noisy = [{"step": n, "kl": value} for n, value in enumerate(values)]
    means = [
        {"step": n, "kl": v}
        for n, v in zip(
            np.arange(1000).reshape(100, 10).mean(1),
            values.reshape(100, 10).mean(1),
            strict=True,
        )
    ]
    first, second = (places(curves("kl", [run(s)]), "training") for s in (noisy, means))
    assert first.shape == (100, 2)
    np.testing.assert_allclose(first, second, atol=0.11)


def test_labels_of_runs_do_not_cover_each_other():
    runs = [
        run([{"step": 1, "kl": 1.0}, {"step": 9, "kl": 2.0}], f"R{n}") for n in "1234"
    ]
    drawing = curves("kl", runs)
    tags = re.findall(r'y="(\S+)" class="c\d">R\d<', drawing)
    heights = np.sort(np.array(tags, float))
    assert len(heights) == 4 and np.diff(heights).min() >= 14


def test_constant_values_and_a_single_step_are_drawn():
    assert "circle" in curves("kl", [run([{"step": 5, "kl": 2.0}])])
    constant = [{"step": n, "kl": 0.0} for n in range(5)]
    assert "nan" not in curves("kl", [run(constant)]).lower()
    nothing = [{"step": n, "kl": None} for n in range(5)]
    assert "nan<" not in curves("kl", [run(nothing)])


def test_terms_of_the_loss_come_first():
    scalars = [{"step": 1, "a_norm": 1.0, "kl": 1.0}, {"step": 2, "validation_elbo": 1}]
    assert terms_of([run(scalars)]) == ["kl", "a_norm", "elbo"]
