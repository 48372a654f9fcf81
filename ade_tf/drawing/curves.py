"""Learning curves: of a run, of the rows of a study, of the runs of a page."""

import dataclasses
import io
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ade_tf.drawing.charts import (
    COLOURS,
    SOFT,
    dress,
    figure_png,
    house_style,
    label_ends,
)
from ade_tf.files import replace_file
from ade_tf.terms import held_out, term

__all__ = [
    "Curve",
    "curves_png",
    "curves_svg",
    "learning_curves",
    "points_of",
    "running_mean",
    "settled_limits",
]

_FEW_POINTS = 30
_MOST_POINTS = 300


@dataclasses.dataclass(frozen=True, eq=False)
class Curve:
    """A term against the step.

    Attributes:
      name: What stands at its end; "" for nothing.
      steps: Steps, `[N]`.
      values: Its values, `[N]`; what is not finite breaks the line.
      colour: Its colour.
      held_out: Whether it is of validation images: drawn with points, as it is. Others
        are smoothed, where they are long.
      dashed: Whether the line is.
    """

    name: str
    steps: np.ndarray
    values: np.ndarray
    colour: str
    held_out: bool = False
    dashed: bool = False


def points_of(scalars: Sequence[Mapping], key: str) -> tuple[np.ndarray, np.ndarray]:
    """Returns the steps and the values of a term, `[N]` each; null becomes NaN."""
    found = [(record["step"], record[key]) for record in scalars if key in record]
    steps, values = np.array(found, np.float64).reshape(-1, 2).T
    return steps, values


@house_style()
def curves_png(
    panels: Mapping[str, tuple[str, Sequence[Curve]]], along: str = "step", **options
) -> bytes:
    """Returns panels of curves side by side, as a PNG.

    A long curve is drawn pale under its running mean. The vertical axis fits what
    follows the first steps, less the outermost half per cent at either end.

    Args:
      panels: Title -> unit and curves.
      along: What the curves' steps are: `step` or, for instance, `hours`.
      **options: `start_share` of `settled_limits`.
    """
    figure = Figure(figsize=(6.4 * len(panels), 4.2), dpi=115, layout="constrained")
    parts = figure.subfigures(1, len(panels), squeeze=False)[0]
    for part, (title, (unit, curves)) in zip(parts, panels.items(), strict=True):
        axis = part.subplots()
        dress(axis, title)
        _draw(axis, unit, curves, along, pale=True, **options)
    return figure_png(figure)


@house_style(SOFT)
def curves_svg(unit: str, curves: Sequence[Curve], *, size=(6.4, 3.6)) -> bytes:
    """Returns curves as an SVG without ground, which reads on white and on black.

    The axis is that of `curves_png`; of a long curve only the running mean is drawn.

    Args:
      unit: Name of the vertical axis.
      curves: The curves.
      size: Width and height, in inches.
    """
    figure = Figure(figsize=size, layout="constrained")
    axis = figure.subplots()
    dress(axis)
    _draw(axis, unit, curves, "step", pale=False)
    content = io.BytesIO()
    figure.savefig(content, format="svg", transparent=True, metadata={"Date": None})
    return content.getvalue()


def learning_curves(
    scalars: Sequence[Mapping],
    path,
    panels: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Draws a run's scalars against the step as a PNG, a panel for each group of terms.

    A term of validation images (`validation_`) has points and a colour of its own. A
    null breaks its curve.

    Args:
      scalars: Records in the order of their steps: "step" and the values of any terms.
      path: PNG file to make or replace; its directory must exist.
      panels: Title of each panel -> its keys. None draws bits per dimension, then the
        losses of the adversary.

    Raises:
      ValueError: If no record has any of the keys.
    """
    keys = list(dict.fromkeys(key for record in scalars for key in record))
    if panels is None:
        panels = {
            "Likelihood": [key for key in keys if held_out(key)[0] == "bits_per_dim"],
            "Adversary": [key for key in keys if term(key).unit == "nats"],
        }
    shown = {}
    for title, wanted in panels.items():
        wanted = [key for key in wanted if key in keys]
        curves = [
            _curve(scalars, key, COLOURS[place % len(COLOURS)])
            for place, key in enumerate(wanted)
        ]
        if curves:
            shown[title] = (term(held_out(wanted[0])[0]).unit, curves)
    if not shown:
        raise ValueError(
            f"Learning curves need records of the terms they draw. "
            f"Received: keys={keys}, panels={dict(panels)}"
        )
    replace_file(path, curves_png(shown))


def running_mean(values) -> np.ndarray:
    """Averages each value with its finite neighbours, a fiftieth of the row in all."""
    values = np.asarray(values, np.float64)
    finite = np.isfinite(values)
    window = np.ones(2 * (len(values) // 100) + 1)
    total = np.convolve(np.where(finite, values, 0.0), window, "same")
    count = np.convolve(finite, window, "same")
    return np.where(finite, total / np.maximum(count, 1.0), np.nan)


def settled_limits(lines, start_share: float = 1 / 20) -> tuple[float, float] | None:
    """Returns limits of an axis that fit what lines do after their start.

    What follows the first steps of a line counts, less the outermost half per cent at
    either end.

    Args:
      lines: Pairs of arrays, steps and values `[N]`.
      start_share: Share of a line's steps that does not count.

    Returns:
      The lower and the upper limit, with a margin; None if nothing is finite.
    """
    ends = []
    for steps, values in lines:
        settled = values[steps >= steps[0] + (steps[-1] - steps[0]) * start_share]
        settled = settled[np.isfinite(settled)]
        if settled.size:
            ends.append(np.percentile(settled, [0.5, 99.5]))
    if not ends:
        return None
    low, high = np.min(ends), np.max(ends)
    margin = 0.08 * (high - low) or 0.5
    return low - margin, high + margin


def _curve(scalars, key, colour):
    name, validation = held_out(key)
    label = f"validation {term(name).label}" if validation else term(name).label
    return Curve(label, *points_of(scalars, key), colour, validation)


def _draw(axis, unit, curves, along, *, pale, **options):
    """Draws curves into an axis, each with its name at its end."""
    ends, colours = {}, {}
    for curve in curves:
        few = len(curve.steps) <= _FEW_POINTS
        style = {"color": curve.colour, "linestyle": "--" if curve.dashed else "-"}
        shown = curve.values
        if curve.held_out or few:
            style |= {"marker": "o", "markersize": 3.5 if few else 2.5}
        else:
            if pale:
                axis.plot(curve.steps, shown, color=curve.colour, lw=0.7, alpha=0.3)
            shown = running_mean(shown)
        width = 1.8 if curve.held_out else 1.3
        # A file of vectors holds each point that is drawn; gaps stay.
        every = 1 if pale else len(shown) // _MOST_POINTS + 1
        kept = (np.arange(len(shown))[::-1] % every == 0) | ~np.isfinite(shown)
        axis.plot(curve.steps[kept], shown[kept], linewidth=width, **style)
        finite = np.flatnonzero(np.isfinite(shown))
        if curve.name and finite.size:
            ends[curve.name] = (curve.steps[finite[-1]], shown[finite[-1]])
            colours[curve.name] = curve.colour
    lines = [(curve.steps, curve.values) for curve in curves]
    axis.set_ylim(settled_limits(lines, **options))
    axis.margins(x=0.02)
    axis.set_xlim(left=0)
    axis.xaxis.set_major_locator(MaxNLocator(6, integer=along == "step"))
    axis.set_xlabel(along)
    axis.set_ylabel(unit, parse_math=False)
    label_ends(axis, ends, colours)
