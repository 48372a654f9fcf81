"""How long a run is trained, over all its processes."""

import time

from ade_tf.runs.records import append_record, read_records

__all__ = ["Clock", "times_now"]

_HOURS = "hours", "cpu_hours"


def times_now() -> tuple[float, float]:
    """Returns the time and the processor time of this process, in hours.

    Both count from some moment of their own.
    """
    return time.monotonic() / 3600.0, time.process_time() / 3600.0


class Clock:
    """Says when a process has trained long enough and when a checkpoint is due.

    The hours that a run was trained, over all its processes, stand in a file, a line
    for each checkpoint, and beside them its hours of processor time (`cpu_hours`, of
    all threads): steps that were lost count no more, and pauses never do. Of a run
    whose first hours are not known nothing is written.

    Args:
      path: The file, `hours.jsonl` of the run.
      settings: `max_hours` and `checkpoint_minutes` are read.
      start: Step at which this process goes on.
      began: What `times_now` said when this process began.
    """

    def __init__(self, path, settings, start: int, began: tuple[float, float]):
        self._path = path
        self._began = began
        self._saved, _ = times_now()
        self._max_hours = settings.max_hours
        self._minutes = settings.checkpoint_minutes
        lines = read_records(path, missing_ok=True) if start else []
        lines = [line for line in lines if line["step"] <= start]
        self._before = lines[-1] if lines else {}
        if not start:
            self._before = dict.fromkeys(_HOURS, 0.0)

    @property
    def over(self) -> bool:
        """Whether this process is to end."""
        hours = times_now()[0] - self._began[0]
        return bool(self._max_hours) and hours >= self._max_hours

    @property
    def checkpoint_due(self) -> bool:
        """Whether a checkpoint is due by the time since the last."""
        minutes = (times_now()[0] - self._saved) * 60.0
        return bool(self._minutes) and minutes >= self._minutes

    def note(self, step: int) -> None:
        """Writes the hours down, just before a checkpoint."""
        now = times_now()
        self._saved = now[0]
        hours = {
            name: round(self._before[name] + end - start, 6)
            for name, start, end in zip(_HOURS, self._began, now, strict=True)
            if name in self._before
        }
        if hours:
            append_record(self._path, {"step": step, **hours})
