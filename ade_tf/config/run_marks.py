"""What marks a directory as that of a run."""

import json
import pathlib

__all__ = ["RUN_FILE", "RUN_FORMAT", "is_run", "run_record"]

RUN_FILE = "config.json"
RUN_FORMAT = "ade_tf run"


def is_run(directory) -> bool:
    """Returns whether a directory is that of a run."""
    return run_record(directory) is not None


def run_record(directory) -> dict | None:
    """Returns what a run's configuration file says, unchecked; None of no run."""
    try:
        record = json.loads(pathlib.Path(directory, RUN_FILE).read_bytes())
    except (OSError, ValueError):
        return None
    found = isinstance(record, dict) and record.get("format") == RUN_FORMAT
    return record if found else None
