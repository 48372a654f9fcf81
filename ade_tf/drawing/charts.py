"""Parts that charts share: their frame, their limits, smoothed and labelled lines."""

import io
import math

import numpy as np

__all__ = ["dress", "figure_png", "label_ends", "running_mean", "settled_limits"]


def dress(axis, title: str) -> None:
    """Gives an axis its title and a light frame."""
    axis.set_title(title, loc="left", fontsize=11, fontweight="bold")
    axis.grid(alpha=0.25, linewidth=0.6)
    axis.spines[["top", "right"]].set_visible(False)


def figure_png(figure) -> bytes:
    """Returns a matplotlib `Figure` as a PNG."""
    content = io.BytesIO()
    figure.savefig(content, format="png")
    return content.getvalue()


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


def label_ends(axis, ends, colours, *, gap=0.06, bold=()) -> None:
    """Writes lines' names beside their ends, moved apart where they would touch.

    Args:
      axis: The axis, whose limits and scale stand.
      ends: Name -> (x, y) of the end of its line.
      colours: Name -> colour.
      gap: Least distance of two names, as a share of the axis's height.
      bold: Names that stand out.
    """
    transform = axis.transData + axis.transAxes.inverted()
    heights = {name: transform.transform(end)[1] for name, end in ends.items()}
    place, places = -math.inf, {}
    for name in sorted(heights, key=heights.get):
        place = max(heights[name], place + gap)
        places[name] = place
    ceiling = 1.0
    for name in reversed(places):
        places[name] = min(places[name], ceiling)
        ceiling = places[name] - gap
        axis.annotate(
            name,
            ends[name],
            xytext=(1.02, places[name]),
            textcoords="axes fraction",
            color=colours[name],
            fontsize=9,
            fontweight="bold" if name in bold else "normal",
            va="center",
            annotation_clip=False,
        )
