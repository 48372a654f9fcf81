"""Which image files are in a folder."""

import collections
import os
import pathlib
import stat

from absl import logging

from ade_tf.config.run_marks import is_run
from ade_tf.data.decoding import SUFFIXES

__all__ = ["ImageFinder", "listed"]

_MOST_NAMED = 5


class ImageFinder:
    """Finds the image files below folders, each real directory once.

    Links are followed but for those to a directory that is read anyhow, or that holds
    one. Directories of runs and what is no regular file are left out by name, files of
    other kinds by their number, hidden names in silence.

    Args:
      folders: Those that are going to be read, none inside another.
      skip_bad: Leave out what cannot be read, too.

    Raises:
      ValueError: If two of the folders are one directory.
    """

    def __init__(self, folders, skip_bad: bool):
        self._skip_bad = skip_bad
        self._roots = {}
        for folder in folders:
            real = folder.resolve()
            if real in self._roots:
                raise ValueError(
                    "Splits must be different folders. Received: "
                    f"{str(self._roots[real])!r} and {str(folder)!r}, which are one"
                )
            self._roots[real] = folder
        self._seen = {_identity(folder.stat()) for folder in folders}
        self._others = collections.Counter()
        self._left_out = []

    def find(self, folder: pathlib.Path) -> list[pathlib.Path]:
        """Returns the image files below one of the folders, in order.

        Raises:
          ValueError: If a directory or a link in it cannot be read.
        """
        self._others.clear()
        self._left_out.clear()
        found = sorted(self._walk(folder))
        if self._left_out:
            names = listed(self._left_out)
            logging.warning("Not read in %s: %s.", folder, names)
        if self._others:
            counts = (f"{n} {suffix}" for suffix, n in sorted(self._others.items()))
            logging.warning(
                "Not read in %s, as no images by their names: %s.",
                folder,
                ", ".join(counts),
            )
        return found

    def _walk(self, folder):
        if is_run(folder):
            self._leave_out(folder, "the directory of a run")
            return
        try:
            names = sorted(os.listdir(folder))
        except OSError as error:
            self._refuse(folder, error)
            return
        for name in names:
            if not name.startswith("."):
                yield from self._entry(folder / name)

    def _entry(self, path):
        suffix = path.suffix.lower()
        try:
            status = path.stat()
        except OSError as error:
            self._refuse(path, error)
            return
        if stat.S_ISDIR(status.st_mode):
            if self._is_new(path, status):
                yield from self._walk(path)
        elif not stat.S_ISREG(status.st_mode):
            self._leave_out(path, "no regular file")
        elif suffix in SUFFIXES:
            yield path
        else:
            self._others[suffix or "without a suffix"] += 1

    def _is_new(self, path, status):
        identity = _identity(status)
        if identity in self._seen or self._links_back(path):
            self._leave_out(path, f"{path.resolve()}, which is read where it stands")
            return False
        self._seen.add(identity)
        return True

    def _links_back(self, path):
        """Returns whether a link leads into, or above, a directory that is read."""
        if not path.is_symlink():
            return False
        real = path.resolve()
        return any(
            real.is_relative_to(root) or root.is_relative_to(real)
            for root in self._roots
        )

    def _leave_out(self, path, reason):
        self._left_out.append(f"{path} ({reason})")

    def _refuse(self, path, error):
        if not self._skip_bad:
            raise ValueError(
                "Everything in a folder of images must be readable (`skip_bad_images` "
                f"leaves out what is not). Received: {str(path)!r} ({error.strerror})"
            ) from error
        self._leave_out(path, error.strerror)


def listed(names) -> str:
    """Returns the first of some names and the number of the others, in words."""
    names = [*names]
    more = len(names) - _MOST_NAMED
    words = ", ".join(names[:_MOST_NAMED])
    return f"{words} and {more} more" if more > 0 else words


def _identity(status):
    return status.st_dev, status.st_ino
