"""Files that are replaced whole or not at all."""

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

__all__ = ["replace_file", "replacement", "sync_directory"]


def replace_file(path, content: bytes) -> None:
    """Writes a file so that its name holds the old content or the new, never a part.

    Args:
      path: File to make or replace; its directory must exist.
      content: All of its bytes.
    """
    with replacement(path) as file:
        file.write(content)


@contextlib.contextmanager
def replacement(path) -> Iterator[BinaryIO]:
    """Opens a file that takes the place of another, or its name, when it is whole.

    The content goes to a temporary file beside it, to the disk, then to the name. If
    the block is left by an exception, the temporary file goes and the name keeps what
    it had.

    Args:
      path: File to make or replace; its directory must exist.

    Raises:
      IsADirectoryError: If it is a directory, before the block.
    """
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "Is a directory", str(path))
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, path.stat().st_mode & 0o777 if path.exists() else 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def sync_directory(directory):
    """Makes a new name in a directory survive a crash of the machine."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
