"""Images in a NumPy archive."""

import contextlib
import lzma
import math
import re
import struct
import zipfile
import zlib

import numpy as np
from absl import logging

from ade_tf.config.data import MOST_LEVELS
from ade_tf.data.image_files import listed
from ade_tf.data.memory import check_memory
from ade_tf.data.source import LoadOptions, Source
from ade_tf.data.split_names import splits_by_name
from ade_tf.data.splits import Split
from ade_tf.data.stored import StoredImages
from ade_tf.files import existing, expanded

__all__ = ["load_npz"]

_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
# Images of more bytes stay in the file where it is not compressed.
_MAPPED_FROM = 2**30
# A RuntimeError is of an archive with a password or of an unknown compression.
_DAMAGED = (
    *(ValueError, OSError, EOFError, MemoryError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError),
)


def load_npz(path: str, options: LoadOptions) -> Source:
    """Loads arrays of images from an `.npz` file.

    The file holds either `x_train`, and if it has them `x_validation`, `x_test` and
    the labels `y_train`, `y_validation`, `y_test` (splits also by their other names and
    in any case, as of folders); or one array `images`, and if it has them `labels`.
    Classes are the labels that there are. `levels`, one number, says how many grey
    levels the images have; without it whole numbers have 256, and booleans 2. Other
    arrays are not read, and named in the log.

    Args:
      path: The file.
      options: Of these, only `in_order` is used: arrays are cropped and resized after
        their check.

    Returns:
      The splits that the file has, values as stored; no levels if they are floats and
      the file does not say.

    Raises:
      ValueError: If there is no such file, it is no archive of plain arrays, the arrays
        of images are not in it or would not fit in memory, or `levels` is not one
        number of 2 .. 65,536.
    """
    file = existing("npz", path)
    try:
        archive = np.load(file, allow_pickle=False)
    except _DAMAGED as error:
        raise ValueError(
            f"`npz:PATH` must name a NumPy archive. Received: {path!r} ({error})"
        ) from error
    if not isinstance(archive, np.lib.npyio.NpzFile):
        raise ValueError(
            "`npz:PATH` must name an archive of named arrays (numpy.savez). "
            f"Received: {path!r}, a single array"
        )
    with archive:
        splits = _read_splits(archive, path, options.in_order)
        levels = _read(archive, "levels", path)
    if levels is not None:
        return Source(splits, levels=_checked_levels(levels, path))
    kinds = {split.images.dtype.kind for split in splits.values()}
    return Source(splits, levels=2 if kinds == {"b"} else None if "f" in kinds else 256)


def _read_splits(archive, path, in_order):
    keys = _keys(archive.files, path)
    known = {"levels", *(key for pair in keys.values() for key in pair)}
    if others := sorted(set(archive.files) - known):
        logging.warning("Not read in %s: %s.", path, listed(others))
    wanted = known & {*archive.files}
    mapped = {key: _mapped(archive, key, path, in_order) for key in wanted}
    check_memory(
        sum(_num_bytes(archive, key, path) for key in wanted if mapped[key] is None),
        repr(path),
    )

    def read(key):
        found = mapped.get(key)
        return _read(archive, key, path) if found is None else found

    return {split: Split(read(x), read(y)) for split, (x, y) in keys.items()}


def _keys(files, path):
    """Returns split -> the names of its images and of its labels."""
    found = {}
    for kind in "xy":
        matches = (re.fullmatch(f"(?i:{kind})_(.+)", name) for name in files)
        words = {match[0]: match[1] for match in matches if match}
        found[kind] = splits_by_name(words, repr(path))
    if "train" in found["x"]:
        return {s: (x, found["y"].get(s, "")) for s, x in found["x"].items()}
    if "images" in files:
        return {"train": ("images", "labels")}
    raise ValueError(
        "An archive of images must hold the array `x_train` or `images`. "
        f"Received: {path!r} with {sorted(files)}"
    )


def _checked_levels(levels, path):
    whole = levels.size == 1 and levels.dtype.kind in "iu"
    if not (whole and 2 <= levels.item() <= MOST_LEVELS):
        raise ValueError(
            f"`levels` of an archive must be one whole number of 2 .. {MOST_LEVELS}. "
            f"Received: {np.array2string(levels, threshold=4)} of {path!r}"
        )
    return levels.item()


def _num_bytes(archive, key, path):
    """Returns how many bytes an array says it has, without reading it."""
    shape, _, dtype, _ = _header(archive, key, path)
    return math.prod(shape) * dtype.itemsize


def _header(archive, key, path):
    """Returns an array's shape, whether it is of Fortran's order, type and start."""
    with _reading(key, path), archive.zip.open(f"{key}.npy") as entry:
        read_header = _HEADERS[np.lib.format.read_magic(entry)]
        return (*read_header(entry), entry.tell())


class _PackedImages(StoredImages):
    """Images in a compressed entry; quick where they are read in their order."""

    def __init__(self, key, path, start, shape, dtype):
        super().__init__(shape, dtype)
        self._key, self._path, self._start = key, path, start
        # Of an archive of its own, for the other is closed when it is looked through.
        archive = zipfile.ZipFile(expanded(path))
        self._content = archive.open(f"{key}.npy")

    def read(self, places):
        """Returns the images at places; all before them are unpacked on the way.

        Raises:
          ValueError: If the archive is damaged.
        """
        images = np.empty([len(places), *self.shape[1:]], self.dtype)
        with _reading(self._key, self._path):
            for image, place in zip(images, places.tolist(), strict=True):
                self._content.seek(self._start + place * image.nbytes)
                packed = self._content.read(image.nbytes)
                image[...] = np.frombuffer(packed, self.dtype).reshape(image.shape)
        return images


def _mapped(archive, key, path, in_order):
    """Returns an array as it lies in the file, or None where it is to be read."""
    entry = archive.zip.NameToInfo.get(f"{key}.npy")
    if entry is None or entry.file_size <= _MAPPED_FROM:
        return None
    if entry.compress_type and not in_order:
        return None
    shape, fortran, dtype, start = _header(archive, key, path)
    # Values of other types are converted, which takes memory.
    if fortran or len(shape) not in (3, 4) or dtype not in (np.uint8, np.uint16):
        return None
    with _reading(key, path):
        if start + math.prod(shape) * dtype.itemsize > entry.file_size:
            raise ValueError(f"{entry.file_size} bytes for an array of {shape}")
        if entry.compress_type:
            shape = shape if len(shape) == 4 else (*shape, 1)
            return _PackedImages(key, path, start, shape, dtype)
        file = expanded(path)
        with file.open("rb") as content:
            # Of the entry's own header: its name and extra fields may have other
            # lengths than in the archive's directory.
            content.seek(entry.header_offset + 26)
            name_and_extra = struct.unpack("<2H", content.read(4))
        start += entry.header_offset + 30 + sum(name_and_extra)
        return np.memmap(file, dtype, "r", start, shape)


def _read(archive, key, path):
    if key not in archive:
        return None
    with _reading(key, path):
        return archive[key]


@contextlib.contextmanager
def _reading(key, path):
    """Makes a context in which whatever is wrong with an array is one message."""
    try:
        yield
    except (KeyError, *_DAMAGED) as error:
        raise ValueError(
            "Every array of an archive must be readable and of numbers. "
            f"Received: {key!r} of {path!r} ({error})"
        ) from error
