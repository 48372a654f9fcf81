"""One shard of a prepared data set: its images, and what belongs to each of them."""

import contextlib
import dataclasses
import json
import os
import pathlib
import warnings

import numpy as np
from PIL import Image

from ade_tf.data.array_records import record_writer
from ade_tf.data.decoding import decode_image
from ade_tf.data.images import to_levels, with_channels
from ade_tf.data.labels import check_labels
from ade_tf.data.prepared import IMAGES_SUFFIX, sha256_of_file
from ade_tf.data.tfds import TfdsImages
from ade_tf.files import replace_file, sync_directory

__all__ = [
    "ArrayPart",
    "FilePart",
    "StreamedPart",
    "details_of_shard",
    "write_shard",
]


@dataclasses.dataclass(frozen=True, eq=False)
class FilePart:
    """Consecutive image files of a split.

    Attributes:
      files: What opens and is named as a `Path`.
      names: Their paths in the split.
      image_size: Height and width, or 0.
      channels: 1 or 3, or 0, as of `decode_image`.
      image_shape: `(H, W, C)` that they get and must then have.
      levels: Their grey levels.
      skip_bad: Whether files that cannot be decoded are left out.
    """

    files: list
    names: list[str]
    image_size: tuple[int, int] | int
    channels: int
    image_shape: tuple[int, int, int]
    levels: int
    skip_bad: bool

    def __iter__(self):
        """Yields pairs of an image, or the error for which it is left out, and facts.

        Raises:
          ValueError: If an image is none, or of another shape.
        """
        deep = self.levels > 256
        for file, name in zip(self.files, self.names, strict=True):
            try:
                found = decode_image(file, self.image_size, self.channels, deep)
            except ValueError as error:
                if not self.skip_bad:
                    raise
                yield error, {}
                continue
            image = with_channels(found.pixels, self.image_shape[-1])
            _check_shape(image, self.image_shape, repr(str(file)))
            image = to_levels(image, self.levels, f"Image {str(file)!r}")
            yield image, {"name": name, "enlarged": found.enlarged}


@dataclasses.dataclass(frozen=True, eq=False)
class ArrayPart:
    """Consecutive images of a split that are arrays.

    Attributes:
      images: `[n, H, W, C]`.
      labels: `[n]`, or None.
    """

    images: np.ndarray
    labels: np.ndarray | None

    def __iter__(self):
        """Yields pairs of an image and its facts."""
        for place, image in enumerate(self.images):
            labelled = self.labels is not None
            yield image, {"label": int(self.labels[place])} if labelled else {}


@dataclasses.dataclass(frozen=True, eq=False)
class StreamedPart:
    """Consecutive images of a split that are read now, in order.

    Attributes:
      images: The `TfdsImages`.
      ends: The split, the first place and the place after the last.
      image_shape: `(H, W, C)` that they must have.
      levels: Their grey levels.
    """

    images: TfdsImages
    ends: tuple[str, int, int]
    image_shape: tuple[int, int, int]
    levels: int

    def __iter__(self):
        """Yields pairs of an image and its facts.

        Raises:
          ValueError: If an image has another shape or other levels, or a label is none.
        """
        split, first, _ = self.ends
        for place, found in enumerate(self.images.read(*self.ends), first):
            image, label, enlarged = found
            where = f"Image {split}[{place}]"
            _check_shape(image, self.image_shape, where)
            facts = {"enlarged": enlarged}
            if label is not None:
                facts["label"] = int(
                    check_labels([label], 1, f"The label of {where}")[0]
                )
            yield to_levels(image, self.levels, where), facts


def _check_shape(image, shape, where):
    if image.shape != shape:
        raise ValueError(
            "Images must have one size unless `image_size` is given. Received: "
            f"{where} of shape {image.shape}, not {shape}"
        )


def write_shard(directory: pathlib.Path, shard: str, part) -> None:
    """Writes the images of a part and, when they are on the disk, their details.

    What is written depends on the images alone.

    Args:
      directory: The directory of the data set.
      shard: The shard's name.
      part: A `FilePart`, an `ArrayPart` or a `StreamedPart`.

    Raises:
      ValueError: As the part does.
      OSError: If something cannot be written; nothing of the shard is then left.
    """
    path = directory / f"{shard}{IMAGES_SUFFIX}"
    temporary = directory / f".{path.name}"
    left_out, facts = [], []
    try:
        with warnings.catch_warnings(), record_writer(temporary) as add:
            # Of pictures that are refused for it.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            for image, found in part:
                if isinstance(image, ValueError):
                    left_out.append(str(image))
                    continue
                add(image)
                facts.append(found)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        details = {
            "images": len(facts),
            "bytes": temporary.stat().st_size,
            "sha256": sha256_of_file(temporary),
            "labels": [fact["label"] for fact in facts if "label" in fact] or None,
            "names": [fact["name"] for fact in facts if "name" in fact] or None,
            "enlarged": sum(fact.get("enlarged", 0) for fact in facts),
            "left_out": left_out,
        }
        os.replace(temporary, path)
        sync_directory(directory)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        raise
    content = json.dumps(details) + "\n"
    replace_file(directory / f"{shard}.json", content.encode())


def details_of_shard(directory: pathlib.Path, shard: str) -> dict | None:
    """Returns the details of a shard that is written, or None."""
    try:
        details = json.loads((directory / f"{shard}.json").read_text())
        size = (directory / f"{shard}{IMAGES_SUFFIX}").stat().st_size
    except (OSError, ValueError):
        return None
    return details if details["bytes"] == size else None
