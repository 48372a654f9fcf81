"""Grids of images, as arrays and as files."""

import io
import itertools
import math

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ade_tf.files import replace_file

__all__ = ["can_show", "image_grid", "save_png", "to_bytes"]

_TILE_PIXELS = 64
# Neither black nor white: a stroke that runs to the edge of its image ends there.
_BORDER = 128
_PAPER, _INK = 255, 0
_LETTERS = 13


def can_show(image_shape, levels: int) -> bool:
    """Returns whether `image_grid` takes such images: grey or colour, with levels."""
    return levels >= 2 and image_shape[-1] in (1, 3)


def image_grid(
    images,
    levels: int,
    columns: int | None = None,
    scale: int | None = None,
    group: int | None = None,
    row_names=(),
    column_names=(),
) -> np.ndarray:
    """Lays images out in a grid, row by row, between thin grey borders.

    Args:
      images: Array, `[N, H, W, C]`, C 1 or 3, of values in `0 .. levels - 1`, shown
        from black to white.
      levels: Number of grey levels, at least 2.
      columns: Images in a row; None makes the grid about square.
      scale: Screen pixels per image pixel, without interpolation; None enlarges small
        images to about 64 pixels.
      group: Number of neighbours in a row that belong together; a wider gap stands
        between groups. It divides `columns`; None takes the row as one.
      row_names: What stands before each row, from the first; none for no margin.
      column_names: What stands above each image of the first row, group by group
        again.

    Returns:
      uint8 array, `[h, w, C]`.

    Raises:
      ValueError: If there are no images, the shape, `levels`, `columns`, `scale` or
        `group` is impossible, or a value is outside of its range or not a number.
    """
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[-1] not in (1, 3) or not images.size:
        raise ValueError(
            f"A grid shows images [N, H, W, 1] or [N, H, W, 3], at least one. "
            f"Received: images.shape={images.shape}"
        )
    count, height, width, channels = images.shape
    columns = math.ceil(math.sqrt(count)) if columns is None else columns
    scale = max(1, _TILE_PIXELS // max(height, width)) if scale is None else scale
    group = columns if group is None else group
    _check_grid(images, levels, columns, scale, group)
    rows = math.ceil(count / columns)
    tiles = to_bytes(images, levels).repeat(scale, axis=1).repeat(scale, axis=2)
    line = 1 if scale == 1 else max(2, scale // 2)
    empty = rows * columns - count
    sides = ((0, empty), (line, 0), (line, 0), (0, 0))
    tiles = np.pad(tiles, sides, constant_values=_BORDER)
    high, wide = tiles.shape[1:3]
    grid = tiles.reshape(rows, columns, high, wide, channels).swapaxes(1, 2)
    grid = grid.reshape(rows * high, columns // group, group * wide, channels)
    gap = 3 * line
    grid = np.pad(grid, ((0, 0), (0, 0), (gap, 0), (0, 0)), constant_values=_BORDER)
    grid = grid.reshape(rows * high, -1, channels)[:, gap:]
    grid = np.pad(grid, ((0, line), (0, line), (0, 0)), constant_values=_BORDER)
    if not (row_names or column_names):
        return grid
    places = np.arange(min(columns, count))
    above = places * wide + places // group * gap + (line + wide) / 2
    beside = np.arange(rows) * high + (line + high) / 2
    return _with_margins(
        grid,
        list(zip(row_names, beside, strict=False)),
        list(zip(itertools.cycle(column_names), above, strict=False)),
    )


def _check_grid(images, levels, columns, scale, group):
    for name, value, least in (
        ("levels", levels, 2),
        ("columns", columns, 1),
        ("scale", scale, 1),
        ("group", group, 1),
    ):
        if value < least:
            raise ValueError(
                f"{name} is at least {least} in a grid. Received: {name}={value}"
            )
    if columns % group:
        raise ValueError(
            f"group divides columns in a grid. Received: group={group}, "
            f"columns={columns}"
        )
    if not (images.min() >= 0 and images.max() <= levels - 1):
        raise ValueError(
            f"Values of images lie in 0 .. levels - 1. Received: levels={levels}, "
            f"images from {images.min()} to {images.max()}"
        )


def to_bytes(images, levels: int) -> np.ndarray:
    """Returns images in 0 .. levels-1 in 0 .. 255, rounded, uint8."""
    return np.rint(images.astype(np.float64) * (255 / (levels - 1))).astype(np.uint8)


def _with_margins(grid, rows, columns):
    """Writes names and where their middles are, in pixels, beside and above a grid."""
    font = ImageFont.load_default(_LETTERS)
    space = _LETTERS // 2
    left = int(max((font.getlength(name) for name, _ in rows), default=-2 * space))
    left, top = left + 2 * space, (_LETTERS + 2 * space) * bool(columns)
    mode = "L" if grid.shape[-1] == 1 else "RGB"
    page = Image.new(
        mode, (left + grid.shape[1], top + grid.shape[0]), (_PAPER,) * grid.shape[-1]
    )
    page.paste(_as_image(grid), (left, top))
    ink, pen = (_INK,) * grid.shape[-1], ImageDraw.Draw(page)
    for name, middle in rows:
        pen.text((left - space, top + middle), name, ink, font, anchor="rm")
    for name, middle in columns:
        pen.text((left + middle, top / 2), name, ink, font, anchor="mm")
    return np.asarray(page).reshape(page.height, page.width, -1)


def save_png(path, array) -> None:
    """Writes a picture as PNG, whole or not at all.

    Args:
      path: File to make or replace; its directory must exist.
      array: uint8 array, `[h, w, 1]` or `[h, w, 3]`.

    Raises:
      ValueError: If the array is no such picture.
    """
    array = np.asarray(array)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[-1] not in (1, 3):
        raise ValueError(
            f"A picture is uint8, [h, w, 1] or [h, w, 3]. "
            f"Received: dtype={array.dtype}, shape={array.shape}"
        )
    content = io.BytesIO()
    _as_image(array).save(content, format="PNG")
    replace_file(path, content.getvalue())


def _as_image(array):
    return Image.fromarray(array.squeeze(-1) if array.shape[-1] == 1 else array)
