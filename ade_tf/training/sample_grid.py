"""The picture of samples that a training run leaves behind."""

import tensorflow as tf

from ade_tf.drawing.grids import can_show, image_grid, save_png
from ade_tf.example_draws import ExampleDraws
from ade_tf.models import labels_in_turn, sample

__all__ = ["SampleGrid"]


class SampleGrid:
    """Draws the same 100 samples of a model, with the weights it has at the time.

    Those of a conditional model are of its classes in turn.

    Args:
      model: An `AdaptiveDensityEstimator`.
    """

    def __init__(self, model):
        self._levels = model.levels
        self.shown = can_show(model.image_shape, model.levels)
        seed, labels = model.config.training.seed, None
        if model.conditional:
            labels = labels_in_turn(100, range(model.num_classes))
        self._draw = tf.function(
            lambda: sample(
                model,
                ExampleDraws(seed, tf.range(100)),
                condition=model.condition(labels),
            ),
            autograph=False,
        )

    def save(self, path) -> None:
        """Writes the samples as PNG; images that no picture can show are left out."""
        if self.shown:
            path.parent.mkdir(exist_ok=True)
            save_png(path, image_grid(self._draw().numpy(), self._levels, columns=10))
