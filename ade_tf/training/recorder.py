"""What a run leaves behind while it trains: scalars, pictures, checkpoints."""

import contextlib
import math

import keras
import tensorflow as tf
from absl import logging

from ade_tf.metrics import mean_and_standard_error
from ade_tf.models import averaged_weights
from ade_tf.progress import Progress
from ade_tf.runs import Checkpointer
from ade_tf.runs.records import append_record, read_records
from ade_tf.training.clock import Clock

__all__ = ["Recorder"]


_COLLAPSED_KL_NATS = 1.0
# Of the only domain, or of A and of B.
_BITS = ("validation_bits_per_dim", "validation_b_bits_per_dim")


class Recorder(keras.callbacks.Callback):
    """Follows the model's steps: validation, scalars, samples, checkpoints.

    In this order after each step, so that a checkpoint never runs ahead of the records.

    Args:
      run: The `RunDirectory`.
      checkpointer: The model's `Checkpointer`.
      signals: The `StopSignals`.
      clock: The run's `Clock`.
      scored: For each domain of the model, its `LikelihoodScorer` and the validation
        split; none where there is no likelihood.
      grid: The model's `SampleGrid` or `TranslationGrid`.
      start: Step at which this process began.

    Attributes:
      stopped: Why training ended before its last step, in words; else empty.
      drawn: Step -> the picture of its averaged weights, of this process.
    """

    def __init__(
        self,
        run,
        checkpointer: Checkpointer,
        signals,
        clock: Clock,
        scored: tuple,
        grid,
        start: int = 0,
    ):
        super().__init__()
        self._run = run
        self._start = start
        self._checkpointer = checkpointer
        self._signals = signals
        self._clock = clock
        self.stopped = ""
        self.drawn = {}
        self._step = start
        self._scored = scored
        self._grid = grid
        self._best = None
        if start:
            lines = read_records(run.scalars, missing_ok=True)
            lines = [line for line in lines if line["step"] <= start]
            lines = [line for line in lines if "validation_bits_per_dim" in line]
            self._best = min(map(_bits_of_domains, lines), default=None)

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
        if self._scored and (last or _due(self._step, settings.validate_every)):
            line.update(self._validate())
        if line:
            self._write(line)
        if _due(self._step, settings.sample_every):
            self.save_samples()
        self._progress.update(self._step, logs)
        if self._signals.requested:
            self.stopped = "Stopped"
        elif self._clock.over and not last:
            self.stopped = f"Stopped after max_hours={settings.max_hours:g}"
        # Saved where the adversary joins in, too: the new tracing can be interrupted.
        joins = self._step == self.model.config.objective.likelihood_only_steps
        due = self._step % settings.checkpoint_every == 0 or self._clock.checkpoint_due
        if last or self.stopped or joins or due:
            self._clock.note(self._step)
            self._checkpointer.save(self._step)
            self._signals.unsaved = False
        if self.stopped:
            self._progress.end_line()
            self.model.stop_training = True

    def save_samples(self) -> None:
        """Writes a grid of samples drawn with the averaged weights."""
        path = self._run.samples / f"step-{self._step:06}.png"
        with averaged_weights(self.model):
            self._grid.save(path)
        self.drawn[self._step] = path

    def _validate(self):
        found, limit = {}, self._settings.validation_images
        with averaged_weights(self.model):
            for name, (scorer, validation) in zip(_BITS, self._scored, strict=False):
                scores = scorer.bound(validation, limit=limit)
                found[name], _ = mean_and_standard_error(scores.bits_per_dim, name)
            value = _bits_of_domains(found)
            better = self._best is None or value < self._best
            if better:
                self._best = value
                if self._settings.keep_best:
                    self._checkpointer.save_best(self._step)
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


def _bits_of_domains(line):
    """Returns the mean of the bits/dim of all domains in a line of scalars."""
    found = [line[name] for name in _BITS if name in line]
    return sum(found) / len(found)


def _due(step, every):
    return bool(every) and step % every == 0
