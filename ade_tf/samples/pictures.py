"""What a mode returns: something that can be written as a picture or as arrays."""

import dataclasses
import pathlib
from typing import Protocol

import numpy as np

from ade_tf.archives import ArrayParts, write_npz
from ade_tf.data.images import type_of_levels
from ade_tf.drawing.grids import image_grid, save_png

__all__ = ["Grid", "Picture", "write_arrays"]


class Picture(Protocol):
    """What every mode returns."""

    def write(self, path: pathlib.Path, levels: int) -> None:
        """Writes it as a PNG, of images with values in 0 .. levels-1."""

    def arrays(self, levels: int) -> dict[str, ArrayParts]:
        """Returns it as arrays by name; `images` is one of them."""


def write_arrays(path: pathlib.Path, picture: Picture, levels: int) -> None:
    """Writes the arrays of a picture and, where there are any, the number of levels."""
    arrays = picture.arrays(levels)
    if levels:
        arrays["levels"] = ArrayParts((), np.int64, [np.array([levels])])
    write_npz(path, arrays)


@dataclasses.dataclass(frozen=True, eq=False)
class Grid(Picture):
    """Images in the order in which they are laid out.

    Attributes:
      images: `[N, H, W, C]` in 0 .. levels-1.
      columns: Images in a row; None for about a square.
      group: Neighbours in a row that belong together; None for the whole row.
      row_names: What stands before each row of a picture.
      column_names: What stands above each image of a row, or of each group.
    """

    images: np.ndarray
    columns: int | None = None
    group: int | None = None
    row_names: tuple[str, ...] = ()
    column_names: tuple[str, ...] = ()

    @classmethod
    def of_groups(cls, columns: int, **groups):
        """Returns a grid: the first image of each named group, the second ones, ..."""
        parts = list(groups.values())
        images = np.stack(parts, axis=1).reshape(-1, *parts[0].shape[1:])
        return cls(images, columns, len(parts), (), tuple(groups))

    def arrays(self, levels: int) -> dict[str, ArrayParts]:
        """Returns `images`."""
        kind = type_of_levels(levels)
        return {"images": ArrayParts(self.images.shape, kind, [self.images])}

    def write(self, path: pathlib.Path, levels: int) -> None:
        """Writes the images, with values in 0 .. levels-1, as a PNG."""
        grid = image_grid(
            self.images,
            levels,
            self.columns,
            group=self.group,
            row_names=self.row_names,
            column_names=self.column_names,
        )
        save_png(path, grid)
