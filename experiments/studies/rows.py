"""Rows of a study: runs trained once, the time this took, and numbers over seeds."""

import math
import time

import numpy as np

from ade_tf.runs import RunDirectory, checkpoint_steps
from ade_tf.runs.records import append_record, read_records
from ade_tf.training import train

__all__ = ["check_one_process", "mean_and_range", "train_row", "training_times"]

_SESSIONS = "sessions.jsonl"


def check_one_process(config, row) -> None:
    """Checks that a row is not spread over workers: each would keep a run of its own.

    Raises:
      ValueError: If it is.
    """
    if config.training.strategy == "multi_worker":
        raise ValueError(
            "the rows of a table must be trained by one process. "
            f"Received: strategy='multi_worker' in {row!r}"
        )


def train_row(config, run_dir) -> bool:
    """Trains a run to its end, or goes on with the one that is there.

    The seconds of each session are kept in the run's `sessions.jsonl`. A finished run
    is left as it is.

    Args:
      config: Its resolved configuration.
      run_dir: Its directory.

    Returns:
      Whether the run is at its end; it is not after a signal.

    Raises:
      ValueError: As `train` says.
    """
    run = RunDirectory(run_dir)
    end = config.training.num_steps
    if _finished(run, end):
        return True
    began, worked, first = time.monotonic(), time.process_time(), _saved_step(run)
    try:
        train(config, run_dir)
    finally:
        if run.path.exists():
            append_record(
                run.path / _SESSIONS,
                {
                    "seconds": time.monotonic() - began,
                    "cpu_seconds": time.process_time() - worked,
                    "from_step": first,
                    "to_step": _saved_step(run),
                },
            )
    return _finished(run, end)


def training_times(run_dir) -> dict:
    """Returns how long a run was trained, by the sessions that a study kept.

    Returns:
      `seconds` and `cpu_seconds` (of the process, all threads); empty where steps were
      made in no session that was kept: by other binaries, or by a process that was
      killed.
    """
    run = RunDirectory(run_dir)
    path = run.path / _SESSIONS
    sessions = read_records(path) if path.exists() else []
    reached = 0
    for session in sessions:
        if session.get("from_step", 0) > reached:
            return {}
        reached = session.get("to_step", math.inf)
    if reached < _saved_step(run):
        return {}
    names = ("seconds", "cpu_seconds") if sessions else ()
    return {name: sum(session[name] for session in sessions) for name in names}


def mean_and_range(values, text) -> str:
    """Returns numbers in words: their mean and, of several, the least and greatest.

    Args:
      values: The numbers; none for a dash.
      text: Function of a number.
    """
    if not values:
        return "-"
    words = text(float(np.mean(values)))
    if len(values) > 1:
        words += f" ({text(min(values))} to {text(max(values))})"
    return words


def _finished(run, end):
    """Returns whether a run is trained and scored: it draws its curves last."""
    return _saved_step(run) >= end and (run.path / "curves.png").exists()


def _saved_step(run):
    return max(checkpoint_steps(run.checkpoints), default=0)
