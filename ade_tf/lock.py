"""One process at a time in a directory."""

import contextlib
import errno
import fcntl
import os
import platform
from collections.abc import Iterator
from pathlib import Path

from ade_tf.files import where_supported

__all__ = ["LOCK", "locked"]

LOCK = "lock"


@contextlib.contextmanager
def locked(
    directory, rule="a run is trained by one process at a time"
) -> Iterator[None]:
    """Makes a context in which no other process, or thread, has the directory.

    The system gives the lock back when the process ends, however it ends. The file
    `lock` says who has it, and is empty otherwise. A file system without locks gives
    none.

    Args:
      directory: The directory; must exist.
      rule: What the message of a refusal says.

    Raises:
      ValueError: If another has it; the message names the other's process and machine.
    """
    path = Path(directory) / LOCK
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            with where_supported():
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno != errno.EWOULDBLOCK:
                raise
            owner = os.pread(descriptor, 200, 0).decode(errors="replace").strip()
            raise ValueError(
                f"{rule}. Received: {str(directory)!r}, which {owner or 'another'} has"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()} on {platform.node()}".encode(), 0)
        try:
            yield
        finally:
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)
