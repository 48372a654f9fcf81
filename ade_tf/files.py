"""Files that are replaced whole or not at all, and what file systems allow."""

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

__all__ = [
    "check_writable",
    "existing",
    "expanded",
    "read_by_tensorflow",
    "replace_file",
    "replaced_directory",
    "replacement",
    "sync_directory",
    "where_supported",
]

# What file systems answer that do not know a call: shares, FUSE, some containers.
_UNSUPPORTED = {
    errno.EACCES,
    errno.EINVAL,
    errno.ENOLCK,
    errno.ENOSYS,
    errno.ENOTSUP,
    errno.EOPNOTSUPP,
    errno.EPERM,
}
# TensorFlow's reader of checkpoints takes a path for a pattern, which with one of these
# does not match itself.
_PATTERN = frozenset("[\\")


def expanded(path) -> Path:
    """Returns a path with `~` as a user's home; of nobody's, it is a name like others.

    (`Path.expanduser` would raise a RuntimeError.)
    """
    return Path(os.path.expanduser(path))


def existing(source: str, path: str) -> Path:
    """Returns the path of a source of images, `SOURCE:PATH`.

    Args:
      source: `folder`, or a source that is one file.
      path: As given; `~` is a user's home.

    Raises:
      ValueError: If there is no such folder or file.
    """
    found = expanded(path)
    folder = source == "folder"
    if not path or not (found.is_dir() if folder else found.is_file()):
        kind = "folder" if folder else "file"
        raise ValueError(
            f"`{source}:PATH` must name an existing {kind}. Received: {path!r}"
        )
    return found


@contextlib.contextmanager
def where_supported() -> Iterator[None]:
    """Makes a context for a call that a file system may refuse, which then is left."""
    try:
        yield
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise


@contextlib.contextmanager
def read_by_tensorflow(directory) -> Iterator[Path]:
    """Names a directory so that TensorFlow can read checkpoints in it.

    Where the path has characters of a pattern, such as `lr[1e-3]`, it is named by a
    link in a temporary directory.

    Args:
      directory: The directory; must exist.
    """
    directory = Path(directory)
    if not _PATTERN & set(str(directory)):
        yield directory
        return
    with tempfile.TemporaryDirectory() as temporary:
        link = Path(temporary, "directory")
        link.symlink_to(directory.absolute(), target_is_directory=True)
        yield link


def check_writable(path, *, added: bool = False) -> None:
    """Checks that a file can be written, and leaves everything as it is.

    Args:
      path: File to make or replace; directories that it needs may be missing.
      added: Whether it is added to, where it exists, and not replaced.

    Raises:
      OSError: If it cannot; the file is named.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "Is a directory")
        if path.exists():
            os.close(os.open(path, os.O_WRONLY | os.O_APPEND))
        if not (added and path.exists()):
            parent = next(parent for parent in path.parents if parent.exists())
            with tempfile.TemporaryFile(dir=parent):
                pass
    except OSError as error:
        error.filename = str(path)
        raise


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
            with where_supported():
                os.fsync(file.fileno())
        with where_supported():
            os.chmod(temporary, path.stat().st_mode & 0o777 if path.exists() else 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


@contextlib.contextmanager
def replaced_directory(path) -> Iterator[Path]:
    """Makes a directory that takes the place of another, or its name, when it is whole.

    It is filled beside it under another name. If the block is left by an exception it
    goes, and what was there stays.

    Args:
      path: Directory to make or replace; directories that it needs are made.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        dir=path.parent, prefix=f".{path.name}."
    ) as temporary:
        new = Path(temporary, "new")
        new.mkdir()
        yield new
        if path.exists():
            path.rename(Path(temporary, "old"))
        new.rename(path)
    sync_directory(path.parent)


def sync_directory(directory):
    """Makes a new name in a directory survive a crash of the machine, if it can be."""
    with where_supported():
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
