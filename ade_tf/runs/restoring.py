"""Trained models from their run directories."""

import dataclasses
import os

from ade_tf.config import RunConfig
from ade_tf.config.training import WEIGHTS
from ade_tf.models import (
    AdaptiveDensityEstimator,
    build_model,
    use_averaged_weights,
)
from ade_tf.runs.checkpoints import Checkpointer
from ade_tf.runs.run_directory import RunDirectory

__all__ = ["LoadedRun", "load", "load_run", "settle_weights"]


@dataclasses.dataclass(frozen=True)
class LoadedRun:
    """A trained model and the run it comes from.

    Attributes:
      model: The model, with the weights that evaluation uses.
      config: The configuration of the model.
      directory: The directory of the run; None for a model in memory.
      step: The training step of its weights.
      weights: `averaged`, `raw` or `best`.
      class_names: Names of the classes of its images, label by label.
    """

    model: AdaptiveDensityEstimator
    config: RunConfig
    directory: RunDirectory | None
    step: int
    weights: str = "averaged"
    class_names: tuple[str, ...] = ()


def load(
    run_dir: str | os.PathLike[str], weights: str = "averaged"
) -> AdaptiveDensityEstimator:
    """Returns the model of a run, with its averaged (or, by setting, best) weights.

    Args:
      run_dir: Directory of the run.
      weights: `averaged`, `raw` for those of the last step themselves, or `best` for
        those that `evaluate --follow --best_by` kept.

    Raises:
      ValueError: As `load_run` does.
    """
    return load_run(run_dir, weights).model


def load_run(run_dir: str | os.PathLike[str], weights: str = "averaged") -> LoadedRun:
    """Builds the model of a run with its averaged (or, by setting, best) weights.

    Args:
      run_dir: Directory of the run.
      weights: `averaged`, `raw` for those of the last step themselves, or `best` for
        those that `evaluate --follow --best_by` kept.

    Raises:
      ValueError: If the directory holds no run, or a run without such weights.
    """
    if weights not in WEIGHTS:
        raise ValueError(
            f"weights must be one of {', '.join(WEIGHTS)}. Received: {weights!r}"
        )
    directory = RunDirectory(run_dir)
    record = directory.read()
    if record is None:
        raise ValueError(
            f"run_dir must be the directory of a run. Received: {str(run_dir)!r}"
        )
    config = record["config"]
    images = ("image_shape", "levels", "num_classes")
    model = build_model(config, *(record[name] for name in images))
    names = tuple(record["class_names"])
    if weights == "best":
        step = Checkpointer(model, directory.followed).restore_best()
        if step is None:
            raise ValueError(
                "weights `best` are those that evaluate --follow --best_by keeps. "
                f"Received: {str(run_dir)!r}, of which it kept none"
            )
        return LoadedRun(model, config, directory, step, weights, names)
    checkpointer = Checkpointer(model, directory.checkpoints)
    if checkpointer.restore() is None:
        raise ValueError(
            "a run must have a checkpoint before it can be loaded. "
            f"Received: {str(run_dir)!r}"
        )
    if weights == "raw":
        step = int(model.step.numpy())
    else:
        step = settle_weights(model, checkpointer)
    return LoadedRun(model, config, directory, step, weights, names)


def settle_weights(model: AdaptiveDensityEstimator, checkpointer: Checkpointer) -> int:
    """Sets the weights of a restored model for evaluation, and returns their step.

    With `keep_best` these are the best weights, otherwise the last moving average.
    """
    if model.config.training.keep_best:
        step = checkpointer.restore_best()
        if step is not None:
            return step
    use_averaged_weights(model)
    return int(model.step.numpy())
