"""Images that stay on disk and are read by their places."""

import abc
from collections.abc import Iterator

import numpy as np

from ade_tf.data.memory import check_memory

__all__ = ["StoredImages", "StoredRows", "in_memory", "pieces", "take_rows"]

_PIECE_BYTES = 2**24


class StoredImages(abc.ABC):
    """Images `[N, H, W, C]` on disk, which answer as an array does.

    `len`, `images[place]`, `images[first:last]` and `images[places]` read what is asked
    for, from as many threads as may be; `numpy.asarray` reads all, if memory holds it.

    Args:
      shape: `(N, H, W, C)`.
      dtype: Type of the values.
    """

    def __init__(self, shape, dtype):
        self.shape = tuple(map(int, shape))
        self.dtype = np.dtype(dtype)

    @abc.abstractmethod
    def read(self, places: np.ndarray) -> np.ndarray:
        """Returns the images at places `[n]`, in 0 .. N - 1: `[n, H, W, C]`."""

    @property
    def ndim(self) -> int:
        """4."""
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of all images in memory."""
        return int(np.prod(self.shape)) * self.dtype.itemsize

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index) -> np.ndarray:
        if isinstance(index, slice):
            return self.read(np.arange(*index.indices(len(self))))
        places = np.asarray(index)
        if places.dtype == bool:
            places = np.flatnonzero(places)
        if not np.all((-len(self) <= places) & (places < len(self))):
            raise IndexError(
                f"places must be less than {len(self)}. Received: {places}"
            )
        places = places % len(self)
        return self.read(places) if places.ndim else self.read(places[None])[0]

    def __iter__(self) -> Iterator[np.ndarray]:
        for piece in pieces(self):
            yield from piece

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        del copy
        check_memory(self.nbytes, f"{len(self)} images that are wanted at once")
        return self[:].astype(dtype or self.dtype, copy=False)


class StoredRows(StoredImages):
    """Some of the images of another, in an order of their own.

    Args:
      images: `StoredImages`, or a `numpy.memmap`, `[N, H, W, C]`.
      rows: Their places, `[n]`.
    """

    def __init__(self, images, rows: np.ndarray):
        super().__init__((len(rows), *images.shape[1:]), images.dtype)
        self._images, self._rows = images, rows

    def read(self, places: np.ndarray) -> np.ndarray:
        """Returns the images at places of the rows."""
        return self._images[self._rows[places]]


def in_memory(images) -> bool:
    """Whether images are an array in memory, neither `StoredImages` nor mapped."""
    return isinstance(images, np.ndarray) and not isinstance(images, np.memmap)


def take_rows(images, rows: np.ndarray):
    """Returns the images at places: an array of those in memory, else `StoredRows`."""
    return images[rows] if in_memory(images) else StoredRows(images, rows)


def pieces(images) -> Iterator[np.ndarray]:
    """Yields images in their order, some at a time: 16 MB, at least one."""
    size = int(np.prod(images.shape[1:])) * images.dtype.itemsize
    step = max(1, _PIECE_BYTES // max(1, size))
    for start in range(0, len(images), step):
        yield images[start : start + step]
