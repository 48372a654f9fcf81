"""What a picture is asked to show, and what a mode makes of it."""

import dataclasses
import functools
import pathlib

import numpy as np
import tensorflow as tf

from ade_tf.data import ImageData, Split
from ade_tf.models import labels_in_turn, sample
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

    @property
    def classes(self):
        """The classes shown, in turn: those asked for, or all of the model's."""
        return self.options.label or range(self.model.num_classes)

    @functools.cached_property
    def _test(self) -> Split:
        """The test images, float32; of the classes asked for, if any are."""
        split = self.data.test
        wanted = slice(None)
        if self.options.label:
            wanted = np.isin(split.labels, self.options.label)
        if not len(split.labels[wanted]):
            raise ValueError(
                "there must be test images of the classes asked for. "
                f"Received: label={','.join(map(str, self.options.label))}"
            )
        return Split(split.images[wanted].astype(np.float32), split.labels[wanted])

    def test_images(self, count: int) -> tuple:
        """Returns the first test images and, for a conditional model, their labels."""
        labels = self.model.own_labels(self._test.labels[:count])
        return self._test.images[:count], labels

    def test_pairs(self, count: int) -> tuple:
        """Returns the first and the second images of pairs of test images.

        Those of a conditional model are of one class, the classes in turn; their labels
        come third, else None.
        """
        images, labels = self.test_images(None if self.model.conditional else 2 * count)
        if labels is None:
            return images[0::2], images[1::2], None
        pairs = _pairs_by_class(labels.numpy(), self.classes)[:count]
        if not pairs:
            raise ValueError(
                "pairs need two test images of a class that is asked for. "
                f"Received: label={','.join(map(str, self.options.label))}"
            )
        first, second = np.transpose(pairs)
        return images[first], images[second], tf.gather(labels, first)

    def samples(self, count=None, temperature=None, classes=None) -> np.ndarray:
        """Draws samples, `[count, H, W, C]`; None: as the options say.

        Args:
          count: Number of samples.
          temperature: Factor on the standard deviations.
          classes: Of a conditional model, their classes in turn.
        """
        options = self.options
        count = options.num_samples if count is None else count
        temperature = options.temperature if temperature is None else temperature
        classes = self.classes if classes is None else classes
        batch = min(count, _BATCH)
        drawn = []
        for first in range(0, count, batch):
            labels = None
            if self.model.conditional:
                labels = tf.constant(labels_in_turn(batch, classes, first))
            numbers = map(tf.constant, (batch, float(temperature), first))
            drawn.append(self._sampler(*numbers, labels).numpy())
        return np.concatenate(drawn)[:count]

    @functools.cached_property
    def _sampler(self):
        """Traced once, for all temperatures."""
        model, seed, noise = self.model, self.options.seed, self.options.noise
        return tf.function(
            lambda num, temperature, first, labels: sample(
                model, num, temperature, seed, noise, first, labels
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


def _pairs_by_class(labels, classes):
    """Returns pairs of positions with one label, by turns of the classes."""
    found = [np.flatnonzero(labels == label) for label in classes]
    found = [places[: len(places) // 2 * 2].reshape(-1, 2) for places in found]
    longest = max(map(len, found))
    return [pairs[i] for i in range(longest) for pairs in found if i < len(pairs)]
