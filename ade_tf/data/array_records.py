"""Images in ArrayRecord files: written one after the other, read at random."""

import contextlib
import errno
import math
import os
from collections.abc import Iterator

import numpy as np

from ade_tf.data.stored import StoredImages

__all__ = ["RecordImages", "record_writer"]

# Each image by itself, so that one is read alone; Zstandard's quickest level makes
# photographs smaller by a third.
_OPTIONS = "group_size:1,zstd:1"


class RecordImages(StoredImages):
    """Images in ArrayRecord files, each a record of the bytes of its array.

    Args:
      files: The files, in order; at least one.
      shape: `(N, H, W, C)`.
      dtype: Type of the values.

    Raises:
      ValueError: If a file cannot be read or they do not hold N records.
    """

    def __init__(self, files, shape, dtype):
        super().__init__(shape, dtype)
        # Imported here: other sources do without it.
        from array_record.python import array_record_data_source as array_record

        self._files = [str(file) for file in files]
        with self._errors():
            self._records = array_record.ArrayRecordDataSource(self._files)
        if len(self._records) != len(self):
            self._refuse(f"{len(self._records)} records for {len(self)} images")

    def read(self, places: np.ndarray) -> np.ndarray:
        """Returns the images at places, `[n, H, W, C]`.

        Raises:
          ValueError: If a file is damaged or gone.
        """
        found = []
        if len(places):
            with self._errors():
                found = self._records.__getitems__(places.tolist())
        content = b"".join(found)
        shape = (len(places), *self.shape[1:])
        # The library gives nothing for what was cut off after it had opened the file.
        if len(content) != math.prod(shape) * self.dtype.itemsize:
            self._refuse(f"{len(content)} bytes for {len(places)} images")
        return np.frombuffer(content, self.dtype).reshape(shape)

    @contextlib.contextmanager
    def _errors(self):
        try:
            yield
        # All that the library knows.
        except RuntimeError as error:
            self._refuse(error)

    def _refuse(self, received):
        raise ValueError(
            "Files of images must be there and whole. "
            f"Received: {os.path.dirname(self._files[0])!r} ({received})"
        )


@contextlib.contextmanager
def record_writer(path) -> Iterator:
    """Makes a context that writes an ArrayRecord file, of the same bytes every time.

    It gives a function that adds an image, of its array.

    Args:
      path: The file, which is made or written over.

    Raises:
      OSError: If it cannot be written.
    """
    from array_record.python import array_record_module

    try:
        writer = array_record_module.ArrayRecordWriter(str(path), _OPTIONS)
        try:
            yield lambda image: writer.write(np.ascontiguousarray(image).tobytes())
        finally:
            writer.close()
    except RuntimeError as error:
        raise OSError(errno.EIO, str(error), str(path)) from error
