"""NumPy archives that are written part by part."""

import zipfile
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from ade_tf.files import replacement

__all__ = ["ArrayParts", "write_npz"]


class ArrayParts(NamedTuple):
    """An array that comes in parts, one after the other along its first axis.

    Attributes:
      shape: Of the whole.
      dtype: Of the whole; parts are cast to it.
      parts: Iterable of arrays, run through once; of a scalar `[1]` in all.
    """

    shape: tuple[int, ...]
    dtype: type
    parts: Iterable[np.ndarray]


def write_npz(path, arrays: Mapping[str, ArrayParts]) -> None:
    """Writes a compressed `.npz` in the memory of a part; whole or not at all.

    Args:
      path: File to make or replace; its directory must exist.
      arrays: Name -> array, written in this order.

    Raises:
      ValueError: If the parts of an array do not make up its shape.
    """
    with (
        replacement(path) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name, array in arrays.items():
            # The size of a compressed entry is not known before its end.
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                _write(entry, name, array)


def _write(entry, name, array):
    shape, dtype = tuple(map(int, array.shape)), np.dtype(array.dtype)
    header = {
        "descr": np.lib.format.dtype_to_descr(dtype),
        "fortran_order": False,
        "shape": shape,
    }
    np.lib.format.write_array_header_1_0(entry, header)
    rows, *rest = shape or (1,)
    done = 0
    for part in array.parts:
        done += len(part)
        if part.shape[1:] != tuple(rest) or done > rows:
            _refuse(name, shape, f"a part {part.shape} that ends at {done}")
        entry.write(np.ascontiguousarray(part, dtype))
    if done != rows:
        _refuse(name, shape, f"parts that end at {done}")


def _refuse(name, shape, received):
    raise ValueError(
        f"the parts of `{name}` must make up its shape, {shape}. Received: {received}"
    )
