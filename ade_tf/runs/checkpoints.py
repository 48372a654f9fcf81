"""Checkpoints of everything a run needs to go on as if never stopped."""

import pathlib
import re
import shutil

import tensorflow as tf
from absl import logging

from ade_tf.files import read_by_tensorflow

__all__ = ["Checkpointer", "checkpoint_steps"]

# What TensorFlow raises for files that are damaged, cut short, missing or of another
# model, depending on where it notices.
_UNREADABLE = (
    tf.errors.OpError,
    AssertionError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)


def checkpoint_steps(directory, kind: str = "step") -> list[int]:
    """Returns the steps of the checkpoints of a kind in a directory, oldest first.

    Args:
      directory: Where checkpoints stand; need not exist.
      kind: `step`, or `best` for the best weights.
    """
    pattern = re.compile(rf"{kind}-(\d+)\.index")
    found = pathlib.Path(directory).glob(f"{kind}-*.index")
    matches = (pattern.fullmatch(path.name) for path in found)
    return sorted(int(match[1]) for match in matches if match)


class Checkpointer:
    """Saves and restores model, optimisers, weight averages, step and counters.

    A checkpoint is written beside the earlier ones, which are removed only after it is
    complete; one that cannot be read is passed over for the one before it.

    Args:
      model: A compiled `AdaptiveDensityEstimator`.
      directory: Where checkpoints stand.
      keep: Number of newest checkpoints kept.
    """

    def __init__(self, model, directory, keep: int = 2):
        self._directory = pathlib.Path(directory)
        self._keep = keep
        # Later than what was restored: never gone on with.
        self._passed_over = set()
        parts = {"model": model, "generator": model.generator_optimizer}
        if model.discriminator_optimizer is not None:
            parts["discriminator"] = model.discriminator_optimizer
        self._checkpoint = tf.train.Checkpoint(**parts)

    def steps(self, kind: str = "step") -> list[int]:
        """Returns the steps of the checkpoints of a kind found, oldest first."""
        return checkpoint_steps(self._directory, kind)

    def save(self, step: int) -> None:
        """Writes the checkpoint of a step, then removes all but the newest.

        Those later than the one that was restored are removed too: they could not be
        read, or another worker lacked them.

        Raises:
          OSError: If it cannot be written; the earlier checkpoints are untouched.
        """
        self._write(f"step-{step}")
        self._passed_over.discard(step)
        kept = [found for found in self.steps() if found <= step]
        kept = [found for found in kept if found not in self._passed_over]
        kept = kept[-self._keep :]
        for found in set(self.steps()) - set(kept):
            self._remove(f"step-{found}")

    def save_best(self, step: int) -> None:
        """Writes the weights as they now are as the best ones, in place of earlier.

        Raises:
          OSError: If they cannot be written; the earlier best ones are untouched.
        """
        self._write(f"best-{step}")
        for found in set(self.steps("best")) - {step}:
            self._remove(f"best-{found}")

    def restore(self, at_most: int | None = None) -> int | None:
        """Restores the newest checkpoint that can be read; returns its step.

        Args:
          at_most: The latest step to restore, if not any.

        Returns:
          The step, or None if there is no such checkpoint.

        Raises:
          ValueError: If there are checkpoints, but none can be read.
        """
        steps, reason = self.steps(), None
        if at_most is not None:
            steps = [step for step in steps if step <= at_most]
        for step in reversed(steps):
            try:
                self._read(f"step-{step}")
                self._passed_over = {s for s in self.steps() if s > step}
                return step
            except ValueError as error:
                logging.warning("%s; trying the one before it.", error)
                reason = error
        if steps:
            raise ValueError(
                "a run with checkpoints must have one that can be read. "
                f"Received: directory={str(self._directory)!r}, steps={steps}; of the "
                f"earliest, {reason}"
            ) from reason
        return None

    def restore_step(self, step: int) -> None:
        """Restores the checkpoint of a step.

        Raises:
          ValueError: If it cannot be read.
        """
        self._read(f"step-{step}")

    def restore_best(self) -> int | None:
        """Restores the best weights; returns their step, or None if there are none.

        Raises:
          ValueError: If they cannot be read.
        """
        steps = self.steps("best")
        if not steps:
            return None
        self._read(f"best-{steps[-1]}")
        return steps[-1]

    def _path(self, name):
        return self._directory / name

    def _read(self, name):
        path = str(self._path(name))
        try:
            with read_by_tensorflow(self._directory) as directory:
                found = self._checkpoint.read(str(directory / name))
                found.assert_existing_objects_matched()
        except _UNREADABLE as error:
            raise ValueError(
                "a checkpoint must be whole and of this model. "
                f"Received: {path!r} ({_reason(error)})"
            ) from error

    def _write(self, name):
        # Written under another name first: a failure half-way leaves the old one whole.
        self._directory.mkdir(parents=True, exist_ok=True)
        temporary = f"writing-{name}"
        self._remove("writing-*")
        try:
            self._checkpoint.write(str(self._path(temporary)))
        except (tf.errors.OpError, OSError) as error:
            self._remove(temporary)
            raise OSError(
                "a checkpoint must be written whole; the earlier ones are kept. "
                f"Received: {_reason(error)}"
            ) from error
        shards = sorted(self._directory.glob(f"{temporary}.data-*"))
        index = self._path(f"{temporary}.index")
        for part in [*shards, index]:
            part.replace(self._path(part.name.removeprefix("writing-")))

    def _remove(self, name):
        for part in self._directory.glob(f"{name}.*"):
            part.unlink()
        # TensorFlow gathers the parts in a directory of its own and leaves it behind
        # when it fails or is killed.
        for gathered in self._directory.glob(f"{name}_temp"):
            shutil.rmtree(gathered)


def _reason(error):
    """Returns an error's first line without TensorFlow's names of operations."""
    line = str(error).splitlines()[0] if str(error) else type(error).__name__
    return re.sub(r"\{\{.*?\}\} ?| ?\[Op:.*", "", line)[:200]
