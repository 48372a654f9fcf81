"""Pictures of images drawn anew: beside what is given of them, or from their z."""

import numpy as np

from ade_tf.samples.pictures import Grid
from ade_tf.samples.request import Request

__all__ = ["draw_completions", "draw_resamples"]

_REDRAWS = 8


def draw_completions(request: Request) -> Grid:
    """Returns test images, each followed by what is given of it and by completions.

    Images that are asked for are not shown themselves: what is given may be all there
    is of them.

    Raises:
      ValueError: If an image has not so many rows to be given, or what is asked for
        cannot be brought to the shape of what is given.
    """
    model, options = request.model, request.options
    labels = None
    if options.given:
        images = request.given_images(options.num_samples)
    else:
        images, labels = request.test_images(options.num_samples)
    if model.image_condition is not None:
        # None, or refused.
        rows = options.given_rows or None
        given = model.image_condition.shown(model.condition(images)).numpy()
    else:
        rows = options.given_rows or model.image_shape[0] // 2
        below = np.arange(images.shape[1])[:, None, None] >= rows
        given = np.where(below, 0.0, images)
    completed = model.complete(
        images,
        rows,
        _REDRAWS,
        labels,
        temperature=options.temperature,
        seed=options.seed,
    )
    shown = [given[:, None], completed]
    names = ["given", *map(str, range(1, _REDRAWS + 1))]
    if not options.given:
        shown, names = [images[:, None], *shown], ["image", *names]
    grid = np.concatenate(shown, 1)
    return Grid(
        grid.reshape(-1, *model.image_shape), len(names), column_names=tuple(names)
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
