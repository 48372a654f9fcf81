"""Images in a NumPy archive."""

import pathlib
import zipfile

import numpy as np

from ade_tf.data.source import LoadOptions, Source
from ade_tf.data.splits import Split

__all__ = ["load_npz"]

_SPLITS = ("train", "validation", "test")


def load_npz(path: str, options: LoadOptions) -> Source:
    """Loads arrays of images from an `.npz` file.

    The file holds either `x_train`, and if it has them `x_validation`, `x_test` and
    the labels `y_train`, `y_validation`, `y_test`; or one array `images`, and if it
    has them `labels`. `levels`, one number, says how many grey levels the images have;
    without it whole numbers have 256. Other arrays are not read.

    Args:
      path: The file.
      options: Not used here: arrays are cropped and resized after their check.

    Returns:
      The splits that the file has, values as stored; no levels if they are floats and
      the file does not say.

    Raises:
      ValueError: If there is no such file, it is no archive of plain arrays, the arrays
        of images are not in it, or `levels` is not one number of 2 .. 256.
    """
    del options
    file = pathlib.Path(path).expanduser()
    if not file.is_file():
        raise ValueError(f"`npz:PATH` must name an existing file. Received: {path!r}")
    try:
        archive = np.load(file, allow_pickle=False)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"`npz:PATH` must name a NumPy archive. Received: {path!r} ({error})"
        ) from error
    if not isinstance(archive, np.lib.npyio.NpzFile):
        raise ValueError(
            "`npz:PATH` must name an archive of named arrays (numpy.savez). "
            f"Received: {path!r}, a single array"
        )
    with archive:
        splits = _read_splits(archive, path)
        levels = _read(archive, "levels", path)
    if levels is not None:
        return Source(splits, levels=_checked_levels(levels, path))
    is_float = any(split.images.dtype.kind == "f" for split in splits.values())
    return Source(splits, levels=None if is_float else 256)


def _read_splits(archive, path):
    if "x_train" in archive:
        keys = {s: (f"x_{s}", f"y_{s}") for s in _SPLITS if f"x_{s}" in archive}
    elif "images" in archive:
        keys = {"train": ("images", "labels")}
    else:
        raise ValueError(
            "An archive of images must hold the array `x_train` or `images`. "
            f"Received: {path!r} with {sorted(archive.files)}"
        )
    return {
        split: Split(_read(archive, x, path), _read(archive, y, path))
        for split, (x, y) in keys.items()
    }


def _checked_levels(levels, path):
    whole = levels.size == 1 and levels.dtype.kind in "iu"
    if not (whole and 2 <= levels.item() <= 256):
        raise ValueError(
            "`levels` of an archive must be one whole number of 2 .. 256. "
            f"Received: {np.array2string(levels, threshold=4)} of {path!r}"
        )
    return levels.item()


def _read(archive, key, path):
    if key not in archive:
        return None
    try:
        return archive[key]
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(
            "Every array of an archive must be readable and of numbers. "
            f"Received: {key!r} of {path!r} ({error})"
        ) from error
