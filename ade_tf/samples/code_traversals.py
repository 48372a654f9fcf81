"""Pictures of codes: a row for each category, along the continuous codes."""

import numpy as np

from ade_tf.models import decode
from ade_tf.randomness import BatchDraws
from ade_tf.samples.pictures import Grid
from ade_tf.samples.request import Request

__all__ = ["draw_codes"]

_STOPS = np.linspace(-2.0, 2.0, 5)
_MOST_COLUMNS = 20


def draw_codes(request: Request) -> Grid:
    """Returns rows of one category each, in which one continuous code moves at a time.

    The other codes are 0, and the noise is one draw for all images, by the seed. Where
    there are no continuous codes, the images of a row are of different noise.
    """
    model, options = request.model, request.options
    prior = model.prior
    rows = min(options.num_samples, prior.code_classes)
    dims = min(prior.code_dims, _MOST_COLUMNS // len(_STOPS))
    draws = BatchDraws(options.seed, 1 if dims else len(_STOPS))
    size = prior.latent_size - prior.code_classes
    normal = options.temperature * draws.normal([size]).numpy()
    names = tuple(str(number) for number in range(1, len(normal) + 1))
    if dims:
        normal = np.tile(normal, (dims * len(_STOPS), 1))
        normal[:, : prior.code_dims] = 0.0
        for dim in range(dims):
            normal[dim * len(_STOPS) : (dim + 1) * len(_STOPS), dim] = _STOPS
        names = tuple(f"v{dim + 1}={s:g}" for dim in range(dims) for s in _STOPS)
    category = np.repeat(np.arange(rows), len(normal))
    z = prior.join(category, np.tile(normal, (rows, 1)).astype(np.float32))
    images = decode(model, z, None).numpy()
    return Grid(
        images,
        len(normal),
        row_names=tuple(f"category {row}" for row in range(rows)),
        column_names=names,
    )
