"""A picture of two sets of images and of the scores that should tell them apart."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from ade_tf.drawing.charts import COLOURS, dress, figure_png, house_style
from ade_tf.files import replace_file

__all__ = ["draw_novelty"]

_USUAL, _NOVEL, _MARK = *COLOURS[:2], "#2f2f2f"
_EXAMPLES = 9
_MOST_BINS = 40
_WIDE = 8.0
_TITLES = {
    "bits_per_dim": "bits/dim",
    "typicality": "typicality, |bits/dim - typical|",
    "kl": "KL of the code, bits/dim",
}


@house_style()
def draw_novelty(
    path,
    scores,
    *,
    usual_images,
    novel_images,
    constant,
    levels: int,
    names: tuple[str, str],
) -> None:
    """Draws images of both sets by their bits, and histograms of every score.

    Args:
      path: PNG file to make or replace; its directory must exist.
      scores: The `NoveltyScores`.
      usual_images: `[N, H, W, C]`, at least those scored.
      novel_images: `[N, H, W, C]`, at least those scored.
      constant: Bits per dimension of the constant image of each level, `[levels]`.
      levels: Number of grey levels.
      names: What the usual and the novel set are called.
    """
    width = max(8.0, 4.6 * len(scores.areas))
    figure = Figure(figsize=(width, 6.6), dpi=110, layout="constrained")
    first, second, below = figure.subfigures(3, 1, height_ratios=(1.0, 1.0, 2.6))
    usual = _examples(usual_images, scores.usual_bits_per_dim)
    novel = _examples(novel_images, scores.novel_bits_per_dim)
    flat = np.full_like(usual_images[0], constant.argmin())
    _draw_images(first, f"{names[0]}: usual", _USUAL, usual, levels)
    _draw_images(second, f"{names[1]}: novel", _NOVEL, novel, levels)
    _show(first.axes[-1], flat, constant.min(), levels, "constant ")
    axes = below.subplots(1, len(scores.areas), squeeze=False)[0]
    marks = {"typical": scores.typical, "constant image": constant.min()}
    for axis, name in zip(axes, scores.areas, strict=True):
        _draw_scores(axis, name, scores, names, marks if axis is axes[0] else {})
    replace_file(path, figure_png(figure))


def _examples(images, bits):
    """Returns images with their bits, evenly spread from the fewest to the most."""
    order = np.argsort(bits)
    chosen = order[np.linspace(0, len(order) - 1, _EXAMPLES).round().astype(int)]
    return [(images[index], bits[index]) for index in chosen]


def _draw_images(figure, title, colour, examples, levels):
    """Draws a row of images and leaves the last place free."""
    figure.suptitle(
        f"{title}, from the fewest bits/dim to the most",
        x=0.01,
        ha="left",
        fontsize=10,
        fontweight="bold",
        color=colour,
    )
    axes = figure.subplots(1, _EXAMPLES + 1)
    axes[-1].set_axis_off()
    for axis, (image, bits) in zip(axes, examples, strict=False):
        _show(axis, image, bits, levels)


def _show(axis, image, bits, levels, word=""):
    shown = image.astype(np.float64) / (levels - 1)
    shown = shown.squeeze(-1) if shown.shape[-1] == 1 else shown
    axis.set_axis_on()
    axis.imshow(shown, "gray", vmin=0.0, vmax=1.0)
    axis.set_xticks([])
    axis.set_yticks([])
    axis.set_xlabel(f"{word}{_rounded(bits)}", fontsize=9)


def _rounded(bits):
    return f"{bits:.2f}" if bits < 10 else f"{bits:.0f}"


def _draw_scores(axis, name, scores, names, marks):
    size = len(scores.usual_bits_per_dim) // len(scores.usual[name])
    group = f", {size} images together" if size > 1 else ""
    usual, novel = scores.usual[name], scores.novel[name]
    everything = np.concatenate([usual, novel])
    low, high = everything.min(), everything.max()
    # Images far from all that was learnt take bits by the hundred.
    wide = low >= 0 and high > _WIDE * np.median(usual)
    if wide:
        low = max(low, np.quantile(usual, 0.01), 1e-6)
        axis.set_xscale("log")
        axis.xaxis.set_major_formatter("{x:g}")
        axis.xaxis.set_minor_formatter(NullFormatter())
    space = np.geomspace if wide else np.linspace
    count = min(_MOST_BINS, 5 + 2 * int(np.sqrt(min(len(usual), len(novel)))))
    bins = space(low, high if high > low else low + 1.0, count + 1)
    for values, colour, label in ((usual, _USUAL, names[0]), (novel, _NOVEL, names[1])):
        weights = np.full(len(values), 1.0 / len(values))
        clipped = np.clip(values, bins[0], bins[-1])
        axis.hist(clipped, bins, weights=weights, color=colour, alpha=0.6, label=label)
    for text, value in marks.items():
        style = "--" if text == "typical" else ":"
        label = f"{text}, {_rounded(value)}"
        axis.axvline(value, color=_MARK, linestyle=style, linewidth=1.5, label=label)
    area, error = scores.areas[name]
    verdict = ", the wrong way round" if area + 2.0 * error < 0.5 else ""
    title = _TITLES[name] + group
    dress(axis, title)
    axis.set_xlabel(f"ROC area {area:.3f} +- {error:.3f}{verdict}")
    axis.set_ylabel("share")
    axis.margins(y=0.15 + 0.1 * (2 + len(marks)))
    axis.legend(edgecolor="none", framealpha=0.9, fontsize=8.5, loc="upper right")
