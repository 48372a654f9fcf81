"""What a mode returns: something that can be written as a picture or as arrays."""

import dataclasses
import pathlib
from typing import Protocol

import numpy as np

from ade_tf.archives import ArrayParts
from ade_tf.drawing.grids import image_grid, save_png

__all__ = ["Grid", "Picture"]


class Picture(Protocol):
    """What every mode returns."""

    def write(self, path: pathlib.Path, levels: int) -> None:
        """Writes it as a PNG, of images with values in 0 .. levels-1."""

    def arrays(self, levels: int) -> dict[str, ArrayParts]:
        """Returns it as arrays by name; `images` is one of them."""


@dataclasses.dataclass(frozen=True, eq=False)
class Grid(Picture):
    """Images in the order in which they are laid out.

    Attributes:
      images: `[N, H, W, C]` in 0 .. levels-1.
      columns: Images in a row; None for about a square.
      group: Neighbours in a row that belong together; None for the whole row.
    """

    images: np.ndarray
    columns: int | None = None
    group: int | None = None

    @classmethod
    def of_groups(cls, *groups, columns: int):
        """Returns a grid: the first image of each group, the second ones, and so on."""
        images = np.stack(groups, axis=1).reshape(-1, *groups[0].shape[1:])
        return cls(images, columns, len(groups))

    def arrays(self, levels: int) -> dict[str, ArrayParts]:
        """Returns `images`."""
        kind = np.uint8 if levels else np.float32
        return {"images": ArrayParts(self.images.shape, kind, [self.images])}

    def write(self, path: pathlib.Path, levels: int) -> None:
        """Writes the images, with values in 0 .. levels-1, as a PNG."""
        save_png(path, image_grid(self.images, levels, self.columns, group=self.group))
