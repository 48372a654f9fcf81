"""Parts that charts share: their style and colours, their frame, their files."""

import contextlib
import io
import math

from matplotlib import rc_context, style

__all__ = ["COLOURS", "SOFT", "dress", "figure_png", "house_style", "label_ends"]

# Readable on white and on black.
COLOURS = (
    "#2f7fc1",
    "#d9691e",
    "#2a9d6f",
    "#c64f9a",
    "#a08410",
    "#7d68d4",
    "#d6453b",
    "#5f8699",
    "#8c6239",
    "#1a9fb0",
)
SOFT = "#767d86"
_INKS = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color")
_INKS += ("ytick.color", "grid.color")


@contextlib.contextmanager
def house_style(ink: str | None = None):
    """Sets matplotlib to its defaults, whatever the user's own settings are.

    It is a context manager and a decorator.

    Args:
      ink: Colour of text and axes; None for matplotlib's.
    """
    # Equal figures become equal files.
    settings = {"svg.hashsalt": "ade_tf", "path.simplify_threshold": 0.5}
    with (
        style.context("default"),
        rc_context(settings | (dict.fromkeys(_INKS, ink) if ink else {})),
    ):
        yield


def dress(axis, title: str = "") -> None:
    """Gives an axis its title and a light frame."""
    axis.set_title(title, loc="left", fontsize=11, fontweight="bold")
    axis.grid(alpha=0.25, linewidth=0.6)
    axis.spines[["top", "right"]].set_visible(False)


def figure_png(figure) -> bytes:
    """Returns a matplotlib `Figure` as a PNG."""
    content = io.BytesIO()
    figure.savefig(content, format="png")
    return content.getvalue()


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
    heights = {
        name: min(max(transform.transform(end)[1], 0.0), 1.0)
        for name, end in ends.items()
    }
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
            parse_math=False,
            annotation_clip=False,
        )
