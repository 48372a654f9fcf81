"""Rows of a study: runs trained once, and the time this took."""

from ade_tf.runs import RunDirectory, checkpoint_steps
from ade_tf.runs.records import read_records
from ade_tf.training import train

__all__ = [
    "check_row",
    "is_finished",
    "train_row",
    "training_times",
]

_HOURS = {"hours": "seconds", "cpu_hours": "cpu_seconds"}


def check_row(config, run_dir) -> None:
    """Checks that a run can be trained as a row, or is the one in its directory.

    Args:
      config: Its resolved configuration.
      run_dir: Its directory.

    Raises:
      ValueError: If it is spread over workers, each of which would keep a run of its
        own; or if the directory holds something else, such as a run of another
        configuration.
    """
    run = RunDirectory(run_dir)
    if config.training.strategy == "multi_worker":
        raise ValueError(
            "the rows of a table must be trained by one process. "
            f"Received: strategy='multi_worker' in {run.path.name!r}"
        )
    run.check(config)


def train_row(config, run_dir) -> bool:
    """Trains a run to its end, or goes on with the one that is there.

    A finished run is left as it is.

    Args:
      config: Its resolved configuration.
      run_dir: Its directory.

    Returns:
      Whether the run is at its end; it is not after a signal.

    Raises:
      ValueError: As `train` says.
    """
    if not is_finished(config, run_dir):
        train(config, run_dir)
    return is_finished(config, run_dir)


def is_finished(config, run_dir) -> bool:
    """Returns whether a run is trained and scored to its end: it draws curves last."""
    run = RunDirectory(run_dir)
    end = config.training.num_steps
    return _saved_step(run) >= end and (run.path / "curves.png").exists()


def training_times(run_dir) -> dict:
    """Returns how long a run was trained, by its `hours.jsonl`.

    Returns:
      `seconds` and `cpu_seconds` (all threads), with validation, up to the last
      checkpoint; empty where they are not recorded.
    """
    run = RunDirectory(run_dir)
    lines = read_records(run.hours, missing_ok=True)
    last = lines[-1] if lines else {}
    if not _HOURS.keys() <= last.keys() or last["step"] < _saved_step(run):
        return {}
    return {name: 3600.0 * last[hours] for hours, name in _HOURS.items()}


def _saved_step(run):
    return max(checkpoint_steps(run.checkpoints), default=0)
