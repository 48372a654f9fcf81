"""Samples, also at several temperatures, as pictures or as arrays of any number."""

import dataclasses
import pathlib
from collections.abc import Iterator

import numpy as np

from ade_tf.archives import ArrayParts
from ade_tf.data.images import type_of_levels
from ade_tf.models import labels_in_turn
from ade_tf.progress import Passes
from ade_tf.samples.pictures import Grid, Picture
from ade_tf.samples.request import Request

__all__ = ["Samples", "draw_samples", "draw_temperatures"]

_LABELS_AT_ONCE = 100_000


@dataclasses.dataclass(frozen=True, eq=False)
class Samples(Picture):
    """Samples in rows, drawn when they are written.

    Attributes:
      request: What is asked for.
      rows: The classes of each row, in turn, if they are of classes.
      length: Samples in a row; all rows are of the same draws.
      columns: Of the picture; None for about a square.
    """

    request: Request
    rows: list
    length: int
    columns: int | None

    def write(self, path: pathlib.Path, levels: int) -> None:
        """Writes the samples as a PNG."""
        names = [f"class {row[0]}" for row in self.rows] if len(self.rows) > 1 else []
        images = np.concatenate([*self._batches()])
        Grid(images, self.columns, row_names=tuple(names)).write(path, levels)

    def arrays(self, levels: int) -> dict[str, ArrayParts]:
        """Returns `images` and, if they are of classes, `labels`, in parts.

        Labels are those that the data had, if they were 32-bit numbers, else numbers of
        the classes.
        """
        model, count = self.request.model, self.length * len(self.rows)
        kind = type_of_levels(levels)
        shape = (count, *model.image_shape)
        arrays = {"images": ArrayParts(shape, kind, self._batches())}
        if self.request.of_classes:
            arrays["labels"] = ArrayParts((count,), np.int32, self._labels())
        return arrays

    def _batches(self) -> Iterator[np.ndarray]:
        progress = Passes("samples", unit="images")
        total = self.length * len(self.rows)
        for row, classes in enumerate(self.rows):
            before = row * self.length
            yield from self.request.batches(
                self.length,
                classes=classes,
                progress=lambda done, _, before=before: progress(before + done, total),
            )

    def _labels(self) -> Iterator[np.ndarray]:
        names = self.request.run.class_names
        numbers = all(name.isdecimal() and int(name) < 2**31 for name in names)
        values = np.array([int(n) for n in names] if numbers else range(len(names)))
        before = self.request.options.first
        for classes in self.rows:
            for first in range(0, self.length, _LABELS_AT_ONCE):
                count = min(_LABELS_AT_ONCE, self.length - first)
                yield values[labels_in_turn(count, classes, before + first)]


def draw_samples(request: Request) -> Samples:
    """Returns samples; of classes that are asked for, a row of the same draws each."""
    options, classes = request.options, request.classes
    if len(options.label) < 2:
        return Samples(request, [classes], options.num_samples, None)
    length = max(1, options.num_samples // len(classes))
    return Samples(request, [[label] for label in classes], length, length)


def draw_temperatures(request: Request) -> Grid:
    """Returns a row for each temperature, of samples from the same draws.

    As many stand in a row as `num_samples` in all allow, at least one.

    Raises:
      ValueError: If a temperature of its own is asked for besides.
    """
    options = request.options
    if options.temperature != 1.0:
        raise ValueError(
            "mode `temperatures` has a row for each of temperatures; temperature must "
            f"be left at 1. Received: temperature={options.temperature}"
        )
    columns = max(1, options.num_samples // len(options.temperatures))
    rows = [request.samples(columns, value) for value in options.temperatures]
    names = tuple(f"T {value:g}" for value in options.temperatures)
    return Grid(np.concatenate(rows), columns, row_names=names)
