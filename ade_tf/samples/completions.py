"""Pictures of images completed from what is given of them."""

import numpy as np

from ade_tf.samples.pictures import Grid
from ade_tf.samples.request import Request

__all__ = ["draw_completions"]

_COMPLETIONS = 8


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
        _COMPLETIONS,
        labels,
        temperature=options.temperature,
        seed=options.seed,
    )
    shown = [given[:, None], completed]
    names = ["given", *map(str, range(1, _COMPLETIONS + 1))]
    if not options.given:
        shown, names = [images[:, None], *shown], ["image", *names]
    grid = np.concatenate(shown, 1)
    return Grid(
        grid.reshape(-1, *model.image_shape), len(names), column_names=tuple(names)
    )
