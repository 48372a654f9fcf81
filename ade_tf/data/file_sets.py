"""Image files of a folder, a zip or a tar: what they are called and how they open."""

import collections
import dataclasses
import functools
import hashlib
import io
import pathlib
import tarfile
import zipfile
from typing import BinaryIO, NamedTuple

from absl import logging

from ade_tf.data.decoding import SUFFIXES
from ade_tf.data.folder import find_files, split_names
from ade_tf.data.split_names import splits_by_name
from ade_tf.files import existing

__all__ = ["ARCHIVES", "FileSet", "find_file_set"]

ARCHIVES = ("zip", "tar")
_NOT_READ = "__MACOSX"


@dataclasses.dataclass(frozen=True, eq=False)
class FileSet:
    """Image files by split.

    Attributes:
      files: Split -> the files: each opens as a `Path` does, and can go to another
        process.
      names: Split -> their paths relative to its folder, `PurePosixPath`.
      stamp: A hash of all names, sizes and times of change.
    """

    files: dict[str, list]
    names: dict[str, list[pathlib.PurePosixPath]]
    stamp: str


class _ZipMember(NamedTuple):
    archive: str
    name: str

    def open(self, mode="rb") -> BinaryIO:
        del mode
        return _zip(self.archive).open(self.name)

    def __str__(self):
        return f"{self.archive}/{self.name}"


class _TarMember(NamedTuple):
    archive: str
    name: str
    start: int
    size: int

    def open(self, mode="rb") -> BinaryIO:
        with open(self.archive, mode) as file:
            file.seek(self.start)
            return io.BytesIO(file.read(self.size))

    def __str__(self):
        return f"{self.archive}/{self.name}"


# One for each process: opening reads the names of all members.
@functools.cache
def _zip(archive):
    return zipfile.ZipFile(archive)


def find_file_set(kind: str, path: str, skip_bad: bool) -> FileSet:
    """Finds the image files of a folder or an archive.

    An archive is read as the folder that it was made of: see `load_folder`. A directory
    that holds all of it, and is no split, does not count.

    Args:
      kind: `folder`, `zip` or `tar`.
      path: The folder or the file.
      skip_bad: As of `ImageFinder`.

    Raises:
      ValueError: If there is no such folder or archive, it is compressed as a whole, or
        a split holds no image files.
    """
    if kind == "folder":
        files, names, stamps = _of_folder(path, skip_bad)
    else:
        files, names, stamps = _of_archive(kind, path)
    if empty := [split for split in files if not files[split]]:
        raise ValueError(
            f"Every split must hold {', '.join(SUFFIXES)} files. "
            f"Received: {kind}:{path} without any for {', '.join(empty)}"
        )
    return FileSet(files, names, hashlib.sha256(repr(stamps).encode()).hexdigest())


def _of_folder(path, skip_bad):
    files, names, stamps = {}, {}, []
    for split, (folder, found) in find_files(path, skip_bad).items():
        files[split] = found
        relative = [file.relative_to(folder) for file in found]
        names[split] = [pathlib.PurePosixPath(name.as_posix()) for name in relative]
        states = [file.stat() for file in found]
        stamps.append((split, [str(name) for name in names[split]]))
        stamps.append([(state.st_size, state.st_mtime_ns) for state in states])
    return files, names, stamps


def _of_archive(kind, path):
    archive = existing(kind, path)
    try:
        members = (_zip_members if kind == "zip" else _tar_members)(str(archive))
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError) as error:
        compressed = "" if kind == "zip" else ", not compressed as a whole (gunzip it)"
        raise ValueError(
            f"`{kind}:PATH` must name a whole {kind} file{compressed}. "
            f"Received: {path!r} ({error})"
        ) from error
    members = _without_outer(members)
    tops = {name.parts[0] for name in members}
    inner = {name.parts[0] for name in members if len(name.parts) > 1}
    found = split_names(sorted(tops), sorted(inner), archive) or {"train": ""}
    files, names = {}, {}
    for split, folder in found.items():
        kept = {
            name.relative_to(folder): member
            for name, member in members.items()
            if not folder or name.parts[0] == folder
        }
        names[split] = sorted(name for name in kept if name.suffix.lower() in SUFFIXES)
        files[split] = [kept[name] for name in names[split]]
        others = collections.Counter(
            name.suffix for name in kept if name.suffix.lower() not in SUFFIXES
        )
        if others:
            counts = (
                f"{n} {suffix or 'others'}" for suffix, n in sorted(others.items())
            )
            logging.warning(
                "Not read in %s, as no images by their names: %s.",
                archive,
                ", ".join(counts),
            )
    state = archive.stat()
    return files, names, [sorted(members.values()), state.st_size, state.st_mtime_ns]


def _zip_members(archive):
    with zipfile.ZipFile(archive) as opened:
        names = [entry.filename for entry in opened.infolist() if not entry.is_dir()]
    return {name: _ZipMember(archive, name) for name in names}


def _tar_members(archive):
    with tarfile.open(archive, "r:") as opened:
        return {
            entry.name: _TarMember(archive, entry.name, entry.offset_data, entry.size)
            for entry in opened
            if entry.isreg()
        }


def _without_outer(members):
    """Returns path -> member of what is not hidden, without a directory around all."""
    found = {pathlib.PurePosixPath(name): member for name, member in members.items()}
    found = {
        name: member
        for name, member in found.items()
        if not any(p.startswith(".") or p == _NOT_READ for p in name.parts)
    }
    tops = {name.parts[0] for name in found}
    outer = len(tops) == 1 and all(len(name.parts) > 1 for name in found)
    if outer and not splits_by_name({top: top for top in tops}, ""):
        found = {name.relative_to(*tops): member for name, member in found.items()}
    return found
