"""Learning curves of several runs in one drawing, as SVG."""

import re

import numpy as np
from matplotlib.ticker import MaxNLocator

from ade_tf.report.markup import Html, element

__all__ = ["curves", "is_loss", "terms_of"]

_HELD_OUT = "validation_"
_BITS = ("bits_per_dim", "reconstruction", "kl", "log_det")
_NATS = ("adversarial_loss", "discriminator_loss", "penalty")
# Steps are averaged in so many groups: that smooths a curve and keeps the page small.
_GROUPS = 100
_LABEL_WIDTH, _LINE = 30, 14
_LEFT, _RIGHT, _TOP, _BOTTOM = 66, 34, 14, 46


def terms_of(runs) -> list[str]:
    """Returns the terms of the runs' scalars, those of the loss first."""
    found = {
        key.removeprefix(_HELD_OUT): None
        for run in runs
        for record in run.scalars
        for key in record
        if key != "step"
    }
    known = [term for term in (*_BITS, *_NATS) if term in found]
    return known + sorted(set(found) - set(known))


def is_loss(term: str) -> bool:
    """Returns whether a term is one of the losses, not a norm or a counter."""
    return term in _BITS or term in _NATS


def curves(term: str, runs, *, width=640, height=360) -> Html:
    """Draws a term of several runs against the step.

    Training is a thin line, the mean of groups of steps; validation a strong one, with
    a point at each. A value that is not finite breaks its line. The vertical axis fits
    what follows the first twentieth of the steps, less the outermost half per cent at
    either end.

    Args:
      term: The term, without `validation_`.
      runs: The `RunFacts`, in the order of their colours.
      width: Width of the drawing, in units of the picture.
      height: Its height.

    Returns:
      A figure: the drawing and its caption.
    """
    lines = [
        (number, held_out, *points)
        for number, run in enumerate(runs)
        for held_out in (False, True)
        if len((points := _points(run.scalars, term, held_out))[0])
    ]
    x_range, y_range = _ranges(lines)
    box = _Box(x_range, y_range, width, height)
    name = "bits/dim" if term == "bits_per_dim" else term.replace("_", " ")
    unit = _unit(term)
    said = "; ".join(
        f"{runs[number].tag} {'validation' if held_out else 'training'} ends at "
        f"{values[-1]:.4g}"
        for number, held_out, _, values in lines
    )
    clip = f"clip-{re.sub(r'[^a-z0-9]', '-', term)}"
    drawing = element(
        "svg",
        element("title", f"{name} against the training step"),
        element("desc", f"{said}."),
        element("clipPath", element("rect", **box.frame), id=clip),
        *_axes(box, unit or name),
        element(
            "g",
            *(part for line in lines for part in _line(box, *line)),
            clip_path=f"url(#{clip})",
        ),
        *_labels(box, runs, lines),
        viewBox=f"0 0 {width} {height}",
        role="img",
        class_="chart",
    )
    caption = element("b", name) + (f" ({unit})" if unit not in ("", name) else "")
    return element(
        "figure",
        element("div", drawing, class_="scroll"),
        element("figcaption", Html(caption)),
        class_="curve",
    )


class _Box:
    """The rectangle of the axes: values to places in the drawing."""

    def __init__(self, x_range, y_range, width, height):
        self.x_range, self.y_range = x_range, y_range
        self.right, self.bottom = width - _RIGHT, height - _BOTTOM
        self.frame = {
            "x": _LEFT,
            "y": _TOP,
            "width": self.right - _LEFT,
            "height": self.bottom - _TOP,
        }

    def x(self, step):
        low, high = self.x_range
        return round(_LEFT + (step - low) / (high - low) * (self.right - _LEFT), 1)

    def y(self, value):
        low, high = self.y_range
        share = (value - low) / (high - low)
        return round(self.bottom - share * (self.bottom - _TOP), 1)


def _unit(term):
    return "bits/dim" if term in _BITS else "nats" if term in _NATS else ""


def _points(scalars, term, held_out):
    """Returns steps and values; those of training as means of groups of steps."""
    key = _HELD_OUT + term if held_out else term
    found = [
        (record["step"], np.nan if record[key] is None else record[key])
        for record in scalars
        if key in record
    ]
    steps, values = np.array(found, np.float64).reshape(-1, 2).T
    if held_out or len(steps) <= _GROUPS:
        return steps, values
    return tuple(
        np.array([group.mean() for group in np.array_split(row, _GROUPS)])
        for row in (steps, values)
    )


def _ranges(lines):
    steps = np.concatenate([line[2] for line in lines])
    first, last = steps.min(), max(steps.max(), steps.min() + 1)
    ends = []
    for _, _, steps, values in lines:
        settled = values[steps >= first + (last - first) / 20]
        settled = settled[np.isfinite(settled)]
        if settled.size:
            ends.append(np.percentile(settled, [0.5, 99.5]))
    low, high = (np.min(ends), np.max(ends)) if ends else (0.0, 1.0)
    margin = 0.06 * (high - low) or 0.5
    return (min(first, 0.0), last), (low - margin, high + margin)


def _axes(box, label):
    left, bottom, right = _LEFT, box.bottom, box.right
    for value in _ticks(box.y_range, 6):
        y = box.y(value)
        yield element("line", x1=left, x2=right, y1=y, y2=y, class_="grid")
        yield element("text", f"{value:.6g}", x=left - 7, y=y + 4, text_anchor="end")
    for value in _ticks(box.x_range, 6, integer=True):
        x = box.x(value)
        yield element("line", x1=x, x2=x, y1=bottom, y2=bottom + 5, class_="axis")
        yield element("text", f"{value:,.0f}", x=x, y=bottom + 19, text_anchor="middle")
    yield element("line", x1=left, x2=right, y1=bottom, y2=bottom, class_="axis")
    middle = (left + right) / 2
    yield element("text", "step", x=middle, y=bottom + 38, text_anchor="middle")
    centre = (_TOP + bottom) / 2
    yield element(
        "text",
        label,
        text_anchor="middle",
        transform=f"translate(13 {centre}) rotate(-90)",
    )


def _ticks(limits, count, integer=False):
    low, high = limits
    ticks = MaxNLocator(count, integer=integer).tick_values(low, high)
    return [float(tick) for tick in ticks if low <= tick <= high]


def _line(box, number, held_out, steps, values):
    pen, path = "M", []
    for step, value in zip(steps, values, strict=True):
        if not np.isfinite(value):
            pen = "M"
            continue
        path.append(f"{pen}{box.x(step)} {box.y(value)}")
        pen = "L"
    colour = _colour(number)
    kind = "held-out" if held_out else "training"
    yield element("path", d="".join(path), class_=f"line {kind} {colour}")
    for step, value in zip(steps, values, strict=True):
        if np.isfinite(value) and (held_out or len(steps) == 1):
            yield element(
                "circle",
                cx=box.x(step),
                cy=box.y(value),
                r=3,
                class_=f"point {colour}",
            )


def _labels(box, runs, lines):
    """Names each run where its strongest line ends, beside the names before it."""
    ends = {}
    for number, _, steps, values in lines:
        finite = np.flatnonzero(np.isfinite(values))
        if finite.size:
            ends[number] = (steps[finite[-1]], values[finite[-1]])
    placed = []
    for number, (step, value) in ends.items():
        x = box.x(step) + 7
        near = [other for at, other in placed if abs(at - x) < _LABEL_WIDTH]
        y = _free(min(max(box.y(value), _TOP), box.bottom), near, box.bottom) + 4
        placed.append((x, y - 4))
        yield element("text", runs[number].tag, x=x, y=y, class_=_colour(number))


def _free(y, taken, bottom):
    """Returns the place nearest to `y` that is a line away from those taken."""
    places = [y] + [place + shift for place in taken for shift in (-_LINE, _LINE)]
    free = [
        place
        for place in places
        if _TOP <= place <= bottom and all(abs(place - t) >= _LINE for t in taken)
    ]
    return min(free, key=lambda place: abs(place - y), default=y)


def _colour(number):
    return f"c{number % 8}"
