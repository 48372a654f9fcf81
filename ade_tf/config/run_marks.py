"""What marks a directory as that of a run."""

import json
import pathlib

__all__ = ["RUN_FILE", "RUN_FORMAT", "is_run"]

RUN_FILE = "config.json"
RUN_FORMAT = "ade_tf run"


def is_run(directory) -> bool:
    """Returns whether a directory is that of a run."""
    try:
        record = json.loads(pathlib.Path(directory, RUN_FILE).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(record, dict) and record.get("format") == RUN_FORMAT
