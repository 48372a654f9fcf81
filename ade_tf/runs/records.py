"""Files of records, one JSON object per line, that survive a killed process.

A record counts once its line is ended. What follows the last line end was torn by the
death of its writer; readers drop it and the next writer cuts it off.
"""

import json
import math
import os
from pathlib import Path

from ade_tf.files import replace_file, sync_directory, where_supported

__all__ = ["append_record", "read_records", "truncate_after"]


def append_record(path, record: dict) -> None:
    """Appends a record in one write that is on the disk when this returns.

    JSON has no NaN and no infinities: a number that is not finite is written as null.

    Args:
      path: File, made if it is missing; its directory must exist.
      record: Names to JSON values; NumPy's scalars and arrays are converted.

    Raises:
      OSError: If the line cannot be written whole.
    """
    line = json.dumps(_to_json(record), allow_nan=False).encode() + b"\n"
    path = Path(path)
    new = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        _cut_torn_line(path, descriptor)
        if os.write(descriptor, line) != len(line):
            raise OSError(f"A record is written whole. Received: a full disk at {path}")
        with where_supported():
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if new:
        sync_directory(path.parent)


def read_records(path, *, missing_ok: bool = False) -> list[dict]:
    """Returns the records of a file in order, without a torn last line.

    Args:
      path: The file.
      missing_ok: Whether a missing file has no records; else it is an error.

    Raises:
      FileNotFoundError: If there is no such file.
      ValueError: If an ended line is not a JSON object; it is named.
    """
    path = Path(path)
    if missing_ok and not path.exists():
        return []
    return [record for record, _ in _parse(path)]


def truncate_after(path, step: int) -> None:
    """Drops the records of later steps, so that a resumed run writes each step once.

    The file is replaced as a whole: a process killed meanwhile leaves the old one. A
    missing file stays missing.

    Args:
      path: File whose records each have a number named "step".
      step: Last step to keep.

    Raises:
      ValueError: If a record has no step, or a line is not a record.
    """
    path = Path(path)
    if not path.exists():
        return
    kept = []
    for number, (record, line) in enumerate(_parse(path), 1):
        if "step" not in record:
            raise ValueError(
                f"A record to be truncated by step has a step. "
                f"Received: {path}, line {number}: {line.decode()}"
            )
        if record["step"] <= step:
            kept.append(line + b"\n")
    replace_file(path, b"".join(kept))


def _parse(path):
    """Returns each ended line of a file as a record and as bytes."""
    lines = path.read_bytes().split(b"\n")[:-1]
    return [(_record(path, number, line), line) for number, line in enumerate(lines, 1)]


def _record(path, number, line):
    try:
        record = json.loads(line)
    except ValueError:
        record = None
    if not isinstance(record, dict):
        raise ValueError(
            f"Every line of a file of records is a JSON object. "
            f"Received: {path}, line {number}: {line[:80]!r}"
        )
    return record


def _cut_torn_line(path, descriptor):
    size = os.fstat(descriptor).st_size
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        os.ftruncate(descriptor, path.read_bytes().rfind(b"\n") + 1)


def _to_json(value):
    if isinstance(value, dict):
        return {name: _to_json(item) for name, item in value.items()}
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_to_json(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
