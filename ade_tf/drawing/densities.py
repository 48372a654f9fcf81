"""Tables of densities in the plane, each a map above samples."""

import io

import numpy as np
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from PIL import Image

from ade_tf.drawing.charts import figure_png, house_style
from ade_tf.files import replace_file

__all__ = ["density_table"]

_COLOURS = "magma"
# Lets a twentieth of the peak be seen at a fifth of the brightness.
_GAMMA = 0.55
_INK, _STRAY = "#1f4e9c", "#d1341f"
_INCHES = 1.9


@house_style()
def density_table(rows, columns, path) -> None:
    """Draws panels as a table, each a density map above its samples, as a PNG.

    All maps of a row have one scale of brightness, that of its first panel.

    Args:
      rows: Name of each row -> its panels, one per column, as `DensityPanel` of
        `ade_tf.evaluation.density_map` describes them.
      columns: Headings.
      path: PNG file to make or replace; its directory must exist.

    Raises:
      ValueError: If there is nothing to draw, or a row has not one panel per column.
    """
    if not rows or not columns:
        raise ValueError(
            "a table of densities has rows and columns. "
            f"Received: {len(rows)} rows, {len(columns)} columns"
        )
    for name, panels in rows.items():
        if len(panels) != len(columns):
            raise ValueError(
                "a row has one panel per column. "
                f"Received: {name!r} with {len(panels)} of {len(columns)}"
            )
    size = (_INCHES * len(columns) + 0.3, 2.12 * _INCHES * len(rows) + 0.5)
    figure = Figure(figsize=size, dpi=120, layout="constrained")
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02, hspace=0.01, wspace=0.01)
    axes = figure.subplots(2 * len(rows), len(columns), squeeze=False)
    for index, (name, panels) in enumerate(rows.items()):
        peak = np.exp(panels[0].log_density.max())
        for column, panel in enumerate(panels):
            above, below = axes[2 * index : 2 * index + 2, column]
            for axis in (above, below):
                limits = (-panel.half_width, panel.half_width)
                axis.set(xticks=[], yticks=[], xlim=limits, ylim=limits, aspect=1)
            _draw_map(above, panel, peak)
            _draw_points(below, panel)
            if column == 0:
                above.set_ylabel(f"{name}\ndensity", fontsize=11)
                below.set_ylabel("samples", fontsize=11)
            if index == 0:
                above.set_title(columns[column], fontsize=11.5)
    replace_file(path, _png(figure))


def _png(figure):
    """Returns a figure as a PNG of 256 colours, which keeps the file small."""
    content = io.BytesIO()
    with Image.open(io.BytesIO(figure_png(figure))) as picture:
        picture.convert("RGB").quantize(256).save(content, "PNG", optimize=True)
    return content.getvalue()


def _draw_map(axis, panel, peak):
    side = panel.half_width
    axis.imshow(
        np.exp(panel.log_density),
        origin="lower",
        extent=(-side, side, -side, side),
        cmap=_COLOURS,
        norm=PowerNorm(_GAMMA, 0.0, peak, clip=True),
        interpolation="bilinear",
    )
    axis.set_xlabel(panel.map_note, fontsize=9.5, labelpad=2)


def _draw_points(axis, panel):
    for chosen, colour, size in (
        (panel.on_data, _INK, 0.6),
        (~panel.on_data, _STRAY, 1.2),
    ):
        axis.scatter(*panel.points[chosen].T, s=size, color=colour, linewidths=0)
    axis.set_xlabel(panel.points_note, fontsize=9.5, labelpad=2)
