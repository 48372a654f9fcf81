"""The picture and the page of the study of adversaries."""

import math
import os
import platform

from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from ade_tf.drawing.charts import dress, figure_png, house_style, label_ends
from ade_tf.drawing.tables import markdown_table

__all__ = ["adversary_page", "adversary_picture"]

_STARVED = "saturating"
_COLOURS = {
    "saturating": "#d1341f",
    "log_ratio": "#1f4e9c",
    "non_saturating": "#2f8fd0",
    "hinge": "#3c8d5a",
    "least_squares": "#8a6d2f",
    "wasserstein": "#6a4c9c",
    "relativistic": "#7a7a7a",
}


@house_style()
def adversary_picture(found) -> bytes:
    """Returns the study's picture as a PNG.

    Left, the generator's gradient against the discriminator's steps, one line for each
    loss; right, both estimates along the ladder of samples.

    Args:
      found: The result of `adversary_study`.
    """
    figure = Figure(figsize=(11.5, 4.6), dpi=110, layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=[1.15, 1.0], wspace=0.03)
    _draw_starvation(left.subplots(), found["starvation"])
    _draw_ladder(*right.subplots(2, 1, sharex=True), found["ladder"])
    return figure_png(figure)


def _draw_starvation(axis, starvation):
    steps = starvation["steps"]
    ends = {}
    for loss, norms in starvation["gradient_norms"].items():
        strong = loss == _STARVED
        axis.plot(
            steps,
            norms,
            color=_COLOURS[loss],
            linewidth=2.4 if strong else 1.4,
            marker="o",
            markersize=4 if strong else 3,
            zorder=3 if strong else 2,
        )
        ends[_words(loss)] = (steps[-1], norms[-1])
    axis.set_xscale("symlog", linthresh=1, linscale=0.4)
    axis.set_yscale("log")
    axis.set_xticks([0, 1, 10, 100, steps[-1]])
    axis.xaxis.set_major_formatter("{x:g}")
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.set_xlim(-0.15, steps[-1] * 1.15)
    colours = {_words(loss): colour for loss, colour in _COLOURS.items()}
    label_ends(axis, ends, colours, bold=(_STARVED,))
    axis.set_xlabel("steps of the discriminator, the generator standing still")
    axis.set_ylabel("norm of the generator's gradient")
    dress(axis, "A strong discriminator starves one loss")


def _words(loss):
    return loss.replace("_", " ")


def _draw_ladder(upper, lower, ladder):
    places = range(len(ladder))
    for axis, key, colour in (
        (upper, "wasserstein", _COLOURS["wasserstein"]),
        (lower, "jensen_shannon_nats", _COLOURS["saturating"]),
    ):
        values = [record[key] for record in ladder]
        axis.plot(places, values, "o-", color=colour, linewidth=1.8, markersize=5)
        for place, value in zip(places, values, strict=True):
            axis.annotate(
                f"{value:.2f}",
                (place, value),
                xytext=(3, 6),
                textcoords="offset points",
                fontsize=8,
                color=colour,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4},
            )
        axis.set_xlim(-0.3, len(ladder) - 0.5)
        low, high = min(0.0, *values), max(values)
        axis.set_ylim(low - 0.06 * (high - low), high + 0.3 * (high - low))
    lower.axhline(math.log(2), color="#555555", linewidth=0.9, linestyle="--")
    lower.annotate(
        "ln 2",
        (len(ladder) - 0.52, math.log(2)),
        xytext=(0, 3),
        textcoords="offset points",
        ha="right",
        fontsize=8,
        color="#555555",
    )
    lower.set_xticks(list(places), [_rung(record) for record in ladder])
    lower.set_xlabel("samples: steps of the generator's training, and real digits")
    upper.set_ylabel("distance")
    lower.set_ylabel("nats")
    dress(upper, "Wasserstein estimate: falls as samples improve")
    dress(lower, "Jensen-Shannon estimate: near its bound for long")


def _rung(record):
    steps = record["generator_steps"]
    return "real" if steps is None else f"{steps:,}"


def adversary_page(found) -> str:
    """Returns the study's tables, with what they were made by, as Markdown.

    Args:
      found: The result of `adversary_study`.
    """
    starvation = found["starvation"]
    steps = starvation["steps"]
    gradients = starvation["gradient_norms"]
    kept = {loss: norms[-1] / max(norms) for loss, norms in gradients.items()}
    least = min(share for loss, share in kept.items() if loss != _STARVED)
    shown = [n for n, step in enumerate(steps) if step in (0, 10, 50, 100, 200, 400)]
    lines = [
        "# What a strong discriminator leaves to the generator",
        "",
        "![The generator's gradient by loss, and two estimates along a ladder of "
        "samples](adversaries.png)",
        "",
        f"A small GAN of digits is stopped after {found['starved_at']} steps, and a "
        "new discriminator is trained against it. The table shows the norm of each "
        "loss's gradient in the generator's weights, after the given number of "
        "discriminator steps (median of three):",
        "",
        markdown_table(
            [
                "loss of the generator",
                *(f"{steps[n]:,}" for n in shown),
                "last / greatest",
            ],
            (
                [loss, *(f"{norms[n]:.2g}" for n in shown), f"{kept[loss]:.2g}"]
                for loss, norms in gradients.items()
            ),
        ),
        "",
        f"In the end the saturating loss keeps {kept[_STARVED]:.2g} of its greatest "
        f"gradient, the others {least:.2g} or more. Saturating, non-saturating and "
        "log-ratio share one discriminator; the gradient of the log-ratio is the sum "
        "of the other two. Wasserstein uses a gradient penalty of 10 on interpolates, "
        "the relativistic game uses R1 and R2 of 0.1, and the others use none.",
        "",
        "Samples of the same GAN during its training, judged by discriminators that "
        f"were each trained from scratch for {found['ladder_steps']} steps. The "
        "estimates use 250 held-out digits and 250 new samples:",
        "",
        markdown_table(
            (
                "samples after",
                "Wasserstein-1, pixels in [-1, 1]",
                "Jensen-Shannon, nats",
                "Frechet distance of pixels",
            ),
            map(_ladder_row, found["ladder"]),
        ),
        "",
        "The Jensen-Shannon estimate is ln 2 minus half of the held-out cross-entropy. "
        "It is a lower bound, and an overfitted discriminator makes it negative.",
        "",
        f"Made by `{found['command']}`, seed {found['seed']}, in {found['minutes']:.1f}"
        f" minutes on {platform.machine()} with {os.cpu_count()} cores shared with "
        "other jobs. Numbers in `adversaries.json`.",
    ]
    return "\n".join(lines) + "\n"


def _ladder_row(record):
    steps = record["generator_steps"]
    return [
        "real digits" if steps is None else f"{steps:,} steps",
        f"{record['wasserstein']:.2f}",
        f"{record['jensen_shannon_nats']:.3f}",
        f"{record['frechet_of_pixels']:.2f}",
    ]
