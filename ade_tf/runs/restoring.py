"""Trained models from their run directories."""

import dataclasses

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
    """A trained model with what is known of it.

    Attributes:
      model: The model, with the weights that evaluation uses.
      config: Its configuration.
      directory: Where it comes from; None for a model in memory.
      step: The training step of its weights.
      weights: `averaged` or `raw`.
      class_names: Names of the classes of its images, label by label.
    """

    model: AdaptiveDensityEstimator
    config: RunConfig
    directory: RunDirectory | None
    step: int
    weights: str = "averaged"
    class_names: tuple[str, ...] = ()


def load(run_dir, weights: str = "averaged") -> AdaptiveDensityEstimator:
    """Returns the model of a run, with its averaged (or, by setting, best) weights.

    Args:
      run_dir: Directory of the run.
      weights: `averaged`, or `raw` for those of the last step themselves.

    Raises:
      ValueError: As `load_run` does.
    """
    return load_run(run_dir, weights).model


def load_run(run_dir, weights: str = "averaged") -> LoadedRun:
    """Builds the model of a run with its averaged (or, by setting, best) weights.

    Args:
      run_dir: Directory of the run.
      weights: `averaged`, or `raw` for those of the last step themselves.

    Raises:
      ValueError: If the directory holds no run, or a run without a checkpoint.
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
    checkpointer = Checkpointer(model, directory.checkpoints)
    if checkpointer.restore() is None:
        raise ValueError(
            "a run is evaluated from its checkpoints, and this one has none yet. "
            f"Received: {str(run_dir)!r}"
        )
    if weights == "raw":
        step = int(model.step.numpy())
    else:
        step = settle_weights(model, checkpointer)
    names = tuple(record["class_names"])
    return LoadedRun(model, config, directory, step, weights, names)


def settle_weights(model: AdaptiveDensityEstimator, checkpointer: Checkpointer) -> int:
    """Gives a restored model the weights that evaluation uses; returns their step.

    These are the best ones with `keep_best`, else the moving average of the last.
    """
    if model.config.training.keep_best:
        step = checkpointer.restore_best()
        if step is not None:
            return step
    use_averaged_weights(model)
    return int(model.step.numpy())
