"""What a picture is asked to show, and what a mode makes of it."""

import dataclasses
import functools
import pathlib

import numpy as np
import tensorflow as tf

from ade_tf.data import ImageData
from ade_tf.models import sample
from ade_tf.runs import LoadedRun, load_data
from ade_tf.visualize import image_grid, save_png

__all__ = ["Grid", "Request"]

_BATCH = 500


@dataclasses.dataclass(frozen=True, eq=False)
class Request:
    """A picture that is asked for.

    Attributes:
      run: The trained run.
      options: The `PictureOptions`.
    """

    run: LoadedRun
    options: object

    @property
    def model(self):
        """The run's model."""
        return self.run.model

    @functools.cached_property
    def data(self) -> ImageData:
        """The run's images."""
        return load_data(self.run.config.data, self.options.data_dir)

    def test_images(self, count: int) -> np.ndarray:
        """Returns the first test images, float32."""
        return self.data.test.images[:count].astype(np.float32)

    def samples(self, count=None, temperature=None) -> np.ndarray:
        """Draws samples, `[count, H, W, C]`; None: as the options say."""
        options = self.options
        count = options.num_samples if count is None else count
        temperature = options.temperature if temperature is None else temperature
        batch = min(count, _BATCH)
        drawn = [
            self._sampler(*map(tf.constant, (batch, float(temperature), first))).numpy()
            for first in range(0, count, batch)
        ]
        return np.concatenate(drawn)[:count]

    @functools.cached_property
    def _sampler(self):
        """Traced once, for all temperatures."""
        model, seed, noise = self.model, self.options.seed, self.options.noise
        return tf.function(
            lambda num, temperature, first: sample(
                model, num, temperature, seed, noise, first
            ),
            autograph=False,
        )


@dataclasses.dataclass(frozen=True, eq=False)
class Grid:
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

    def write(self, path: pathlib.Path, levels: int) -> None:
        """Writes the images, with values in 0 .. levels-1, as a PNG."""
        save_png(path, image_grid(self.images, levels, self.columns, group=self.group))
