"""Samples as a picture, or as arrays of any number of them."""

import dataclasses
import pathlib
from collections.abc import Iterator

import numpy as np

from ade_tf.archives import ArrayParts
from ade_tf.models import labels_in_turn
from ade_tf.progress import Passes
from ade_tf.samples.request import Grid, Request

__all__ = ["Samples", "draw_samples"]

_LABELS_AT_ONCE = 100_000


@dataclasses.dataclass(frozen=True, eq=False)
class Samples:
    """Samples in rows, drawn when they are written.

    Attributes:
      request: What is asked for.
      rows: Of a conditional model, the classes of each row, in turn.
      length: Samples in a row; all rows are of the same draws.
      columns: Of the picture; None for about a square.
    """

    request: Request
    rows: list
    length: int
    columns: int | None

    def write(self, path: pathlib.Path, levels: int) -> None:
        """Writes the samples as a PNG."""
        Grid(np.concatenate([*self._batches()]), self.columns).write(path, levels)

    def arrays(self, levels: int) -> dict[str, ArrayParts]:
        """Returns `images` and, of a conditional model, their `labels`, in parts."""
        model, count = self.request.model, self.length * len(self.rows)
        kind = np.uint8 if levels else np.float32
        shape = (count, *model.image_shape)
        arrays = {"images": ArrayParts(shape, kind, self._batches())}
        if model.conditional:
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
        for classes in self.rows:
            for first in range(0, self.length, _LABELS_AT_ONCE):
                count = min(_LABELS_AT_ONCE, self.length - first)
                yield labels_in_turn(count, classes, first)


def draw_samples(request: Request) -> Samples:
    """Returns samples; of classes that are asked for, a row of the same draws each."""
    options, classes = request.options, request.options.label
    if len(classes) < 2:
        return Samples(request, [request.classes], options.num_samples, None)
    length = max(1, options.num_samples // len(classes))
    return Samples(request, [[label] for label in classes], length, length)
