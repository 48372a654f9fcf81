"""The picture and the page of the study of likelihood against quality."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from ade_tf.drawing.charts import COLOURS, SOFT, dress, figure_png, house_style
from ade_tf.drawing.tables import markdown_table
from experiments.studies.pages import cell, minutes, values_of

__all__ = ["frontier_page", "frontier_picture"]

_HEAD = (
    *("model", "weight of L_Q", "seeds", "bits/dim", "FD to test", "FD to train"),
    *("FD by class", "precision", "recall", "steps", "CPU minutes"),
)


def frontier_page(rows, results, command) -> str:
    """Returns the page in Markdown.

    Args:
      rows: The `FrontierRow`s, in the order of the table.
      results: Of `measured_rows`.
      command: The command that makes it.
    """
    table = []
    for row in rows:
        found = _of(row, results)
        if not found:
            continue
        seeds = ", ".join(str(r["seed"]) for r in found)
        three, one = "{:.3f}".format, "{:.1f}".format
        table.append(
            [
                f"`{row.model}`",
                "-" if row.weight is None else f"{row.weight:g}",
                seeds,
                cell(found, "bits_per_dim", three),
                cell(found, "frechet_distance", one),
                cell(found, "frechet_distance_train", one),
                cell(found, "class_weighted_frechet", one),
                cell(found, "precision", three),
                cell(found, "recall", three),
                f"{found[0]['steps']:,}",
                cell(found, "cpu_seconds", minutes),
            ]
        )
    lines = [
        "# Likelihood against quality",
        "",
        "![bits per dimension against Frechet distance, precision against recall]"
        "(frontier.png)",
        "",
        markdown_table(_HEAD, table),
        "",
        "* Means over the seeds, and their range, which the bars of the picture show.",
        "* bits/dim: of the test images, the single-sample bound. A model without a "
        "likelihood is a line across the picture.",
        "* FD: Frechet distance between samples and real images; precision and recall "
        "to test images by nearest neighbours (arXiv 1904.06991); all in the features "
        "of the data's own classifier (protocol `desk`).",
        "* FD by class: to the test images, with each sample weighted so that the "
        "classes have their shares (`class_weighted_frechet`).",
        f"* Made by `{command}`.",
    ]
    return "\n".join(lines) + "\n"


@house_style()
def frontier_picture(rows, results) -> bytes:
    """Returns the study's picture as a PNG.

    Left, bits per dimension against Frechet distance; right, recall against precision.
    A point is the mean over the seeds, its bars are their range, and a line joins the
    weights of one model.

    Args:
      rows: The `FrontierRow`s.
      results: Of `measured_rows`.
    """
    figure = Figure(figsize=(11.5, 4.8), dpi=110, layout="constrained")
    left, right = figure.subplots(1, 2)
    models = list(dict.fromkeys(row.model for row in rows))
    for model, colour in zip(models, _colours(), strict=False):
        own = [row for row in rows if row.model == model]
        own = [row for row in own if _of(row, results)]
        if not own:
            continue
        if values_of(_of(own[0], results), "bits_per_dim"):
            _draw(left, own, results, ("bits_per_dim", "frechet_distance"), colour)
        else:
            _draw_across(left, own, results, colour)
        _draw(right, own, results, ("recall", "precision"), colour, model)
    left.set_yscale("log")
    left.yaxis.set_major_formatter("{x:g}")
    left.yaxis.set_minor_formatter(NullFormatter())
    low, high = left.get_ylim()
    ticks = [6, 8, 10, 12, 15, 20, 30, 50, 100, 200, 500]
    left.set_yticks([tick for tick in ticks if low <= tick <= high])
    left.set_xlabel("bits per dimension of test images")
    left.set_ylabel("Frechet distance to test images")
    right.set_xlabel("recall")
    right.set_ylabel("precision")
    dress(left, "Likelihood against quality: better to the lower left")
    dress(right, "Quality against variety: better to the upper right")
    figure.legend(
        *right.get_legend_handles_labels(),
        loc="outside lower center",
        ncols=min(len(models), 5),
        frameon=False,
        fontsize=9,
    )
    return figure_png(figure)


def _draw(axis, rows, results, keys, colour, label=None):
    spreads = [[_spread(_of(row, results), key) for row in rows] for key in keys]
    (x, x_bars), (y, y_bars) = map(_with_bars, spreads)
    axis.errorbar(
        x,
        y,
        xerr=x_bars,
        yerr=y_bars,
        color=colour,
        label=label,
        marker="o",
        markersize=5,
        linewidth=1.4,
        elinewidth=0.9,
        capsize=2,
    )
    for row, *place in zip(rows, x, y, strict=True):
        if row.weight is not None:
            axis.annotate(
                f"{row.weight:g}",
                place,
                xytext=(5, 5),
                textcoords="offset points",
                fontsize=8,
                color=colour,
            )


def _draw_across(axis, rows, results, colour):
    for row in rows:
        mean, low, high = _spread(_of(row, results), "frechet_distance")
        axis.axhline(mean, color=colour, linewidth=1.4, linestyle="--")
        axis.axhspan(low, high, color=colour, alpha=0.12, linewidth=0)


def _spread(found, key):
    values = values_of(found, key)
    return float(np.mean(values)), min(values), max(values)


def _with_bars(spreads):
    """Returns means, and the lengths of bars below and above them, `[2, N]`."""
    mean, low, high = np.transpose(spreads)
    return mean, np.maximum([mean - low, high - mean], 0.0)


def _colours():
    """Yields the colours of lines, and the soft one for all that remain."""
    yield from COLOURS
    while True:
        yield SOFT


def _of(row, results):
    return [r for r in results if r["row"] == row.name]
