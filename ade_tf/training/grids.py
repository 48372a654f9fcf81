"""Pictures of a model in training: always of the same draws, or of the same images."""

import numpy as np
import tensorflow as tf

from ade_tf.drawing.grids import can_show, image_grid, save_png
from ade_tf.example_draws import ExampleDraws
from ade_tf.models import DOMAINS, labels_in_turn, sample
from ade_tf.samples.translations import translation_grid

__all__ = ["SampleGrid", "TranslationGrid"]


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


class TranslationGrid:
    """Draws test images of two domains, translated and back, with today's weights.

    Args:
      model: A `TwoDomainModel`.
      data: The images of both domains.
    """

    _COLUMNS = 10

    def __init__(self, model, data):
        self._model = model
        count = min(self._COLUMNS, *(len(own.test) for own in data.domains))
        images = [own.test.images[:count] for own in data.domains]
        self._images = dict(zip(DOMAINS, images, strict=True))
        self.shown = can_show(model.image_shape, model.levels)

    def save(self, path) -> None:
        """Writes the rows as PNG; images that no picture can show are left out."""
        if self.shown:
            path.parent.mkdir(exist_ok=True)
            grid = translation_grid(self._model, **self._images)
            grid.write(path, self._model.levels)
