"""Samples in batches, so that no number of them fills the memory."""

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from ade_tf.config import requires
from ade_tf.data.images import type_of_levels
from ade_tf.example_draws import ExampleDraws
from ade_tf.models.answers import sample

__all__ = ["Sampler"]


class Sampler:
    """Draws long rows of samples; traced once for all rows and temperatures.

    Batches are filled up to one size, and the filling is dropped. The i-th sample
    depends on the seed and i alone.

    Args:
      model: An `AdaptiveDensityEstimator`.
      batch_size: Samples per pass.
      seed: Integer.
      noise: Whether to draw y instead of taking its mean (see `sample`).

    Raises:
      ValueError: If the model's preset draws no images.
    """

    def __init__(self, model, batch_size: int, seed: int = 0, noise: bool = False):
        requires(model.config, "a sample", "samples")
        self._model = model
        self._batch_size = batch_size

        def draw(temperature, first, given):
            draws = ExampleDraws(seed, first + tf.range(batch_size))
            return sample(
                model, draws, temperature, noise, **model.sample_arguments(given)
            )

        self._draw = tf.function(draw, autograph=False)

    def batches(
        self,
        count: int,
        temperature: float = 1.0,
        given=None,
        progress=None,
        first: int = 0,
    ) -> Iterator[np.ndarray]:
        """Yields `count` samples, arrays `[B, H, W, C]`.

        They are uint8, or uint16, in 0 .. levels-1, float32 of continuous data.

        Args:
          count: Number of samples.
          temperature: Factor on the standard deviations.
          given: Of a model that is given something, function `(first, count)` that
            returns what these samples are given, `[count, ...]`: their classes, or
            images (see `LatentVariableModel.condition`).
          progress: Called with `(done, count)` samples after each pass.
          first: Number of the first sample.

        Raises:
          ValueError: If a value of a sample is not finite.
        """
        kind = type_of_levels(self._model.levels)
        temperature = tf.constant(temperature, tf.float32)
        for start in range(first, first + count, self._batch_size):
            real = min(self._batch_size, first + count - start)
            rows = None
            if given is not None:
                rows = given(start, real)
                filling = np.repeat(rows[:1], self._batch_size - real, axis=0)
                rows = tf.constant(np.concatenate([rows, filling]))
            found = self._draw(temperature, tf.constant(start), rows).numpy()[:real]
            if not np.isfinite(found).all():
                raise ValueError(
                    "Every value of a sample must be finite. Received: NaN or infinity "
                    f"among samples {start} to {start + real - 1}"
                )
            yield found.astype(kind)
            if progress is not None:
                progress(start + real - first, count)

    def samples(self, count: int, *args, **kwargs) -> np.ndarray:
        """Returns what `batches` yields, `[count, H, W, C]`."""
        drawn = None
        done = 0
        for batch in self.batches(count, *args, **kwargs):
            if drawn is None:
                drawn = np.empty([count, *batch.shape[1:]], batch.dtype)
            drawn[done : done + len(batch)] = batch
            done += len(batch)
        return drawn
