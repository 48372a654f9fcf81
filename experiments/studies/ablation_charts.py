"""Pictures of an ablation: trade-off, samples and learning curves of its rows."""

import itertools

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from ade_tf.drawing.charts import COLOURS, SOFT, dress, figure_png, house_style
from ade_tf.drawing.curves import Curve, curves_png
from ade_tf.drawing.grids import image_grid

__all__ = ["FITTED", "curves_picture", "samples_picture", "trade_off_picture"]

# Behind a row's name: the curve is of the encoder fitted to its generator.
FITTED = " (fitted encoder)"

_COLUMNS = 6
# Where the likelihood of most models has left its start.
_START_SHARE = 0.2
# Where a label may stand beside its mark: offset in points, alignments.
_PLACES = (
    (11, 0, "left", "center"),
    (-11, 0, "right", "center"),
    (0, 10, "center", "bottom"),
    (0, -10, "center", "top"),
    (9, 12, "left", "bottom"),
    (9, -12, "left", "top"),
    (-9, 12, "right", "bottom"),
    (-9, -12, "right", "top"),
    (0, 26, "center", "bottom"),
    (0, -26, "center", "top"),
)


@house_style()
def trade_off_picture(points: dict, approximate, y_label: str) -> bytes:
    """Returns bits per dimension against a distance of samples, as a PNG.

    A small mark stands for each run, a large one with the row's name at their mean.

    Args:
      points: Row -> (bits per dimension, distance) of each run.
      approximate: Rows whose bits per dimension are approximate: hollow marks.
      y_label: Name of the distance.

    Raises:
      ValueError: If there are no points.
    """
    if not points:
        raise ValueError("a picture of a trade-off has rows. Received: none")
    figure = Figure(figsize=(7.6, 5.0), dpi=120, layout="constrained")
    axis = figure.subplots()
    means = {}
    for (row, found), colour in zip(points.items(), _colours(points), strict=True):
        bits, distances = np.array(found, np.float64).T
        face = "white" if row in approximate else colour
        style = dict(facecolor=face, edgecolor=colour)
        if len(found) > 1:
            axis.scatter(bits, distances, s=22, alpha=0.75, linewidths=1.0, **style)
        means[row] = (bits.mean(), distances.mean(), colour)
        axis.scatter(*means[row][:2], s=95, linewidths=1.8, zorder=3, **style)
    axis.set_yscale("log")
    axis.margins(x=0.16, y=0.14)
    axis.yaxis.set_major_locator(LogLocator(subs=_ticks(axis.get_ylim()), numticks=20))
    axis.yaxis.set_major_formatter("{x:g}")
    axis.yaxis.set_minor_formatter(NullFormatter())
    axis.set_xlabel("bits/dim on test images (lower: better)")
    axis.set_ylabel(f"{y_label} (lower: better)")
    dress(axis, "Likelihood against quality of samples")
    if approximate:
        note = "hollow: bits/dim of an encoder fitted to the generator"
        axis.set_title(note, loc="right", fontsize=8.5, color=SOFT)
    figure.draw_without_rendering()
    _label_marks(axis, means, [p for found in points.values() for p in found])
    return figure_png(figure)


def _ticks(limits):
    """Returns the multiples of powers of ten that an axis of few decades shows."""
    if limits[1] > 20 * limits[0]:
        return (1.0, 2.0, 5.0)
    return (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0)


def _label_marks(axis, means, points):
    """Names each mark where the name touches no other name and no mark."""
    renderer = FigureCanvasAgg(axis.figure).get_renderer()
    frame = axis.get_window_extent(renderer)
    marks = axis.transData.transform([*points, *(mean[:2] for mean in means.values())])
    taken = []
    for row, (x, y, colour) in means.items():
        best = None
        for dx, dy, horizontal, vertical in _PLACES:
            label = axis.annotate(
                row,
                (x, y),
                xytext=(dx, dy),
                textcoords="offset points",
                ha=horizontal,
                va=vertical,
                color=colour,
                fontsize=10.5,
                fontweight="bold",
            )
            box = label.get_window_extent(renderer)
            fault = sum(box.overlaps(other) for other in taken) * 10
            fault += sum(box.contains(*mark) for mark in marks)
            fault += 5 * (not (frame.x0 < box.x0 and box.x1 < frame.x1))
            fault += 5 * (not (frame.y0 < box.y0 and box.y1 < frame.y1))
            if best is None or fault < best[0]:
                if best is not None:
                    best[1].remove()
                best = (fault, label, box)
            else:
                label.remove()
        taken.append(best[2])


@house_style()
def samples_picture(panels: dict, levels: int, note: str) -> bytes:
    """Returns grids of images side by side, all of one size, as a PNG.

    Args:
      panels: Title -> images `[N, H, W, C]` in 0 .. levels-1, N the same in all.
      levels: Number of grey levels.
      note: Words below.

    Raises:
      ValueError: If there are no panels, or images are of no kind that a grid shows.
    """
    if not panels:
        raise ValueError("a picture of samples has panels. Received: none")
    across = min(3, len(panels))
    down = -(-len(panels) // across)
    figure = Figure(
        figsize=(3.2 * across, 3.65 * down + 0.3), dpi=130, layout="constrained"
    )
    axes = figure.subplots(down, across, squeeze=False).ravel()
    for axis in axes:
        axis.set_axis_off()
    for axis, (title, images) in zip(axes, panels.items(), strict=False):
        grid = image_grid(images, levels, columns=_COLUMNS)
        grey = grid.shape[-1] == 1
        axis.imshow(grid[..., 0] if grey else grid, cmap="gray", vmin=0, vmax=255)
        axis.set_title(title, fontsize=10.5)
    figure.supxlabel(note, fontsize=9, color=SOFT)
    return figure_png(figure)


def curves_picture(likelihood: dict, adversary: dict, rows) -> bytes:
    """Returns learning curves of all rows as a PNG, one colour for each row.

    Args:
      likelihood: Name -> (steps, bits per dimension, whether on validation images).
      adversary: Name -> (steps, discriminator's loss).
      rows: Names, in the order of their colours; a curve's name is its row's, or that
        and `FITTED`.

    Raises:
      ValueError: If there is no curve.
    """
    panels = {
        "Likelihood": ("bits/dim (points: of validation images)", likelihood),
        "Discriminator": ("loss", adversary),
    }
    colours = dict(zip(rows, _colours(rows), strict=True))
    shown = {
        title: (unit, [_curve(name, line, colours) for name, line in lines.items()])
        for title, (unit, lines) in panels.items()
        if lines
    }
    if not shown:
        raise ValueError("learning curves are of rows with scalars. Received: none")
    return curves_png(shown, start_share=_START_SHARE)


def _curve(name, line, colours):
    steps, values, *held_out = line
    colour, fitted = colours[name.removesuffix(FITTED)], name not in colours
    return Curve(name, steps, values, colour, any(held_out), dashed=fitted)


def _colours(rows):
    return itertools.islice(itertools.cycle(COLOURS), len(rows))
