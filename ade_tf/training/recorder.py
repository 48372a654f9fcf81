"""What a run leaves behind while it trains: scalars, pictures, checkpoints."""

import contextlib
import math

import keras
import numpy as np
import tensorflow as tf
from absl import logging

from ade_tf.drawing.grids import can_show, image_grid, save_png
from ade_tf.example_draws import ExampleDraws
from ade_tf.metrics import mean_and_standard_error
from ade_tf.models import LikelihoodScorer, averaged_weights, labels_in_turn, sample
from ade_tf.progress import Progress
from ade_tf.runs import Checkpointer
from ade_tf.runs.records import append_record, read_records

__all__ = ["Recorder", "SampleGrid"]


class SampleGrid:
    """Draws the same 100 samples of a model, with the weights it has at the time.

    Those of a conditional model are of its classes in turn; those of a model with a
    `condition` are given that of some images.

    Args:
      model: An `AdaptiveDensityEstimator`.
      images: Of a model with a `condition`, images that have it, `[N, H, W, C]`.
    """

    def __init__(self, model, images=None):
        self._levels = model.levels
        self.shown = can_show(model.image_shape, model.levels)
        seed, given = model.config.training.seed, None
        if model.conditional:
            given = labels_in_turn(100, range(model.num_classes))
        elif model.image_condition is not None:
            given = images[np.arange(100) % len(images)]
        self._draw = tf.function(
            lambda: sample(
                model,
                ExampleDraws(seed, tf.range(100)),
                condition=model.condition(given),
            ),
            autograph=False,
        )

    def save(self, path) -> None:
        """Writes the samples as PNG; images that no picture can show are left out."""
        if self.shown:
            path.parent.mkdir(exist_ok=True)
            save_png(path, image_grid(self._draw().numpy(), self._levels, columns=10))


_COLLAPSED_KL_NATS = 1.0


class Recorder(keras.callbacks.Callback):
    """Follows the model's steps: validation, scalars, samples, checkpoints.

    In this order after each step, so that a checkpoint never runs ahead of the records.

    Args:
      run: The `RunDirectory`.
      checkpointer: The model's `Checkpointer`.
      validation: The validation split.
      signals: The `StopSignals`.
      scorer: The model's `LikelihoodScorer`; None where there is no likelihood.
      grid: The model's `SampleGrid`.
      start: Step at which this process began.
    """

    def __init__(
        self,
        run,
        checkpointer: Checkpointer,
        validation,
        signals,
        scorer: LikelihoodScorer | None,
        grid: SampleGrid,
        start: int = 0,
    ):
        super().__init__()
        self._run = run
        self._start = start
        self._checkpointer = checkpointer
        self._validation = validation
        self._signals = signals
        self._step = start
        self._scorer = scorer
        self._grid = grid
        self._best = None
        if start and run.scalars.exists():
            lines = read_records(run.scalars)
            lines = [line for line in lines if line["step"] <= start]
            found = [line.get("validation_bits_per_dim") for line in lines]
            self._best = min((v for v in found if v is not None), default=None)

    def set_model(self, model):
        """Prepares what needs the model; Keras calls it."""
        super().set_model(model)
        settings = model.config.training
        self._settings = settings
        with _written_whole(self._run.tensorboard):
            self._events = tf.summary.create_file_writer(str(self._run.tensorboard))
        self._progress = Progress(settings.num_steps, settings.batch_size, self._step)

    def on_train_batch_end(self, batch, logs=None):
        """Does all that is due after a step."""
        if self._step == self._start:
            self._run.go_on(self.model.config, self._start)
        self._step += 1
        self._signals.unsaved = True
        settings, logs = self._settings, dict(logs or {})
        last = self._step == settings.num_steps
        line = {}
        if last or self._step % settings.log_every == 0:
            line = {name: float(value) for name, value in logs.items()}
        if self._scorer and (last or _due(self._step, settings.validate_every)):
            line.update(self._validate())
        if line:
            self._write(line)
        if last or _due(self._step, settings.sample_every):
            self.save_samples()
        self._progress.update(self._step, logs)
        stopping = self._signals.requested
        # Saved where the adversary joins in, too: the new tracing can be interrupted.
        joins = self._step == self.model.config.objective.likelihood_only_steps
        due = self._step % settings.checkpoint_every == 0
        if last or stopping or joins or due:
            self._checkpointer.save(self._step)
            self._signals.unsaved = False
        if stopping:
            self._progress.end_line()
            self.model.stop_training = True

    def save_samples(self) -> None:
        """Writes a grid of samples drawn with the averaged weights."""
        with averaged_weights(self.model):
            self._grid.save(self._run.samples / f"step-{self._step:06}.png")

    def _validate(self):
        with averaged_weights(self.model):
            limit = self._settings.validation_images
            scores = self._scorer.bound(self._validation, limit=limit)
            value, _ = mean_and_standard_error(
                scores.bits_per_dim, "validation_bits_per_dim"
            )
            better = self._best is None or value < self._best
            if better:
                self._best = value
                if self._settings.keep_best:
                    self._checkpointer.save_best(self._step)
        found = {"validation_bits_per_dim": value}
        if self.model.latent_size:
            found["validation_kl"] = float(scores.kl.mean())
            # Earlier the KL's warm-up and the average's memory of the start show.
            late = self._step >= self._settings.num_steps // 4
            kl_nats = found["validation_kl"] * self.model.dims * math.log(2.0)
            if late and kl_nats < _COLLAPSED_KL_NATS:
                logging.warning(
                    "step %d: the KL is %.2f nats per image. Below %g, z says next to "
                    "nothing of an image, which bits/dim cannot show.",
                    self._step,
                    kl_nats,
                    _COLLAPSED_KL_NATS,
                )
        self._progress.message(
            f"step {self._step}: validation bits/dim {value:.4f}"
            + (" (best)" if better else "")
        )
        return found

    def _write(self, line):
        append_record(self._run.scalars, {"step": self._step, **line})
        with _written_whole(self._run.tensorboard):
            with self._events.as_default(step=self._step):
                for name, value in line.items():
                    tf.summary.scalar(name, value)
            self._events.flush()


@contextlib.contextmanager
def _written_whole(directory):
    """Turns TensorFlow's errors of TensorBoard's files into the system's."""
    try:
        yield
    except tf.errors.OpError as error:
        raise OSError(
            "TensorBoard's events must be written whole. "
            f"Received: {str(directory)!r} ({type(error).__name__})"
        ) from error


def _due(step, every):
    return bool(every) and step % every == 0
