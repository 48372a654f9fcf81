"""Pictures of images drawn anew: below their first rows, or from their z."""

import numpy as np

from ade_tf.samples.pictures import Grid
from ade_tf.samples.request import Request

__all__ = ["draw_completions", "draw_resamples"]

_REDRAWS = 8


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
        _REDRAWS,
        labels,
        temperature=options.temperature,
        seed=options.seed,
    )
    given = np.where(np.arange(images.shape[1])[:, None, None] < rows, images, 0.0)
    grid = np.concatenate([np.stack([images, given], 1), completed], 1)
    return Grid(
        grid.reshape(-1, *images.shape[1:]),
        2 + _REDRAWS,
        column_names=("image", "given", *map(str, range(1, _REDRAWS + 1))),
    )


def draw_resamples(request: Request) -> Grid:
    """Returns test images, each followed by images drawn anew from its z.

    Raises:
      ValueError: If z has not the level that is asked for.
    """
    options = request.options
    images, labels = request.test_images(options.num_samples)
    drawn = request.model.resample(
        images,
        options.resample_level,
        _REDRAWS,
        labels,
        noise=options.noise,
        temperature=options.temperature,
        seed=options.seed,
    )
    grid = np.concatenate([images[:, None], drawn], 1)
    return Grid(
        grid.reshape(-1, *images.shape[1:]),
        1 + _REDRAWS,
        column_names=("image", *map(str, range(1, _REDRAWS + 1))),
    )
