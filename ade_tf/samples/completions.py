"""Pictures of images completed from their first rows."""

import numpy as np

from ade_tf.samples.pictures import Grid
from ade_tf.samples.request import Request

__all__ = ["draw_completions"]

_COMPLETIONS = 8


def draw_completions(request: Request) -> Grid:
    """Returns test images, each followed by its given rows and by completions of them.

    Raises:
      ValueError: If an image has not so many rows to be given.
    """
    options = request.options
    images, labels = request.test_images(options.num_samples)
    rows = options.given_rows or request.model.image_shape[0] // 2
    completed = request.model.complete(
        images,
        rows,
        _COMPLETIONS,
        labels,
        temperature=options.temperature,
        seed=options.seed,
    )
    given = np.where(np.arange(images.shape[1])[:, None, None] < rows, images, 0.0)
    grid = np.concatenate([np.stack([images, given], 1), completed], 1)
    return Grid(
        grid.reshape(-1, *images.shape[1:]),
        2 + _COMPLETIONS,
        column_names=("image", "given", *map(str, range(1, _COMPLETIONS + 1))),
    )
