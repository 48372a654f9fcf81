"""How long a run is trained, over all its processes."""

import time

from ade_tf.runs.records import append_record, read_records

__all__ = ["Clock"]


class Clock:
    """Says when a process has trained long enough and when a checkpoint is due.

    The hours that a run was trained, over all its processes, stand in a file, a line
    for each checkpoint: steps that were lost count no more, and pauses never do.

    Args:
      path: The file, `hours.jsonl` of the run.
      settings: `max_hours` and `checkpoint_minutes` are read.
      start: Step at which this process goes on.
      began: What `time.monotonic` said when this process began.
    """

    def __init__(self, path, settings, start: int, began: float):
        self._path = path
        self._began = began
        self._saved = time.monotonic()
        self._max_hours = settings.max_hours
        self._minutes = settings.checkpoint_minutes
        lines = read_records(path) if start and path.exists() else []
        hours = [line["hours"] for line in lines if line["step"] <= start]
        self._before = hours[-1] if hours else 0.0

    @property
    def over(self) -> bool:
        """Whether this process is to end."""
        hours = (time.monotonic() - self._began) / 3600.0
        return bool(self._max_hours) and hours >= self._max_hours

    @property
    def checkpoint_due(self) -> bool:
        """Whether a checkpoint is due by the time since the last."""
        minutes = (time.monotonic() - self._saved) / 60.0
        return bool(self._minutes) and minutes >= self._minutes

    def note(self, step: int) -> None:
        """Writes the hours down, just before a checkpoint."""
        self._saved = time.monotonic()
        hours = self._before + (self._saved - self._began) / 3600.0
        append_record(self._path, {"step": step, "hours": round(hours, 6)})
