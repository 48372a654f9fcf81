"""Checkpoints of everything a run needs to go on as if never stopped."""

import pathlib
import re

import tensorflow as tf
from absl import logging

__all__ = ["Checkpointer"]


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
        parts = {"model": model, "generator": model.generator_optimizer}
        if model.discriminator_optimizer is not None:
            parts["discriminator"] = model.discriminator_optimizer
        self._checkpoint = tf.train.Checkpoint(**parts)

    def steps(self, kind: str = "step") -> list[int]:
        """Returns the steps of the checkpoints of a kind found, oldest first."""
        found = self._directory.glob(f"{kind}-*.index")
        pattern = re.compile(rf"{kind}-(\d+)\.index")
        matches = (pattern.fullmatch(path.name) for path in found)
        return sorted(int(match[1]) for match in matches if match)

    def save(self, step: int) -> None:
        """Writes the checkpoint of a step, then removes all but the newest.

        Raises:
          OSError: If it cannot be written; the earlier checkpoints are untouched.
        """
        self._write(f"step-{step}")
        for old in self.steps()[: -self._keep]:
            self._remove(f"step-{old}")

    def save_best(self, step: int) -> None:
        """Writes the weights as they now are as the best ones, in place of earlier.

        Raises:
          OSError: If they cannot be written; the earlier best ones are untouched.
        """
        self._write(f"best-{step}")
        for old in self.steps("best")[:-1]:
            self._remove(f"best-{old}")

    def restore(self) -> int | None:
        """Restores the newest checkpoint that can be read; returns its step.

        Returns:
          The step, or None if there is no checkpoint at all.

        Raises:
          ValueError: If there are checkpoints, but none can be read.
        """
        steps = self.steps()
        for step in reversed(steps):
            path = self._path(f"step-{step}")
            try:
                self._read(path)
                return step
            except (tf.errors.OpError, ValueError, AssertionError) as error:
                reason = str(error).splitlines()[0][:200]
                logging.warning(
                    "Checkpoint %s cannot be read (%s); trying the one before it.",
                    path,
                    reason,
                )
        if steps:
            raise ValueError(
                "a run with checkpoints must have one that can be read. "
                f"Received: directory={str(self._directory)!r}, steps={steps}"
            )
        return None

    def restore_best(self) -> int | None:
        """Restores the best weights; returns their step, or None if there are none."""
        steps = self.steps("best")
        if not steps:
            return None
        self._read(self._path(f"best-{steps[-1]}"))
        return steps[-1]

    def _path(self, name):
        return self._directory / name

    def _read(self, path):
        status = self._checkpoint.read(str(path))
        status.assert_existing_objects_matched()

    def _write(self, name):
        # Written under another name first: a failure half-way leaves the old one whole.
        self._directory.mkdir(parents=True, exist_ok=True)
        temporary = f"writing-{name}"
        try:
            self._checkpoint.write(str(self._path(temporary)))
        except (tf.errors.OpError, OSError) as error:
            self._remove(temporary)
            raise OSError(
                "a checkpoint must be written whole; the earlier ones are kept. "
                f"Received: {str(error).splitlines()[0]}"
            ) from error
        shards = sorted(self._directory.glob(f"{temporary}.data-*"))
        index = self._path(f"{temporary}.index")
        for part in [*shards, index]:
            part.replace(self._path(part.name.removeprefix("writing-")))

    def _remove(self, name):
        for part in self._directory.glob(f"{name}.*"):
            part.unlink()
