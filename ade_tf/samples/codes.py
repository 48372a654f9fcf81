"""Pictures of codes: reconstructions, and what lies between and around codes."""

import numpy as np
import tensorflow as tf

from ade_tf.config import missing
from ade_tf.evaluation.latent import codes
from ade_tf.models import decode, encode, reconstruct
from ade_tf.randomness import BatchDraws
from ade_tf.samples.pictures import Grid
from ade_tf.samples.request import Request

__all__ = [
    "draw_interpolations",
    "draw_reconstructions",
    "draw_traversals",
    "interpolate",
    "traverse",
]

_STEPS = 10
_FURTHEST, _STOPS = 2.5, 11
_MOST_CODES = 1000


def draw_reconstructions(request: Request) -> Grid:
    """Returns test images, each beside its reconstruction."""
    real, labels = request.test_images(request.options.num_samples)
    rebuilt = reconstruct(request.model, request.model.batch(real, labels)).numpy()
    return Grid.of_groups(10, real=real, rebuilt=rebuilt)


def draw_interpolations(request: Request) -> Grid:
    """Returns rows from the code of one test image to that of another.

    The two are of one class where the model is conditional.
    """
    first, second, labels = request.test_pairs(request.options.num_samples)
    images = interpolate(request.model, first, second, _STEPS, labels)
    parts = np.linspace(0.0, 1.0, _STEPS)
    return Grid(images, _STEPS, column_names=tuple(f"{part:.2f}" for part in parts))


def draw_traversals(request: Request) -> Grid:
    """Returns rows along the most active units, around the first test image's code.

    A unit is the more active the more its code varies over the test images (the first
    1000 of them); see `evaluate_active_units`. Rows come in this order, as many as are
    asked for and there are units. Without an encoder they come in the order of z,
    around a code of the prior, drawn by the seed, of the first class asked for.
    """
    model, options = request.model, request.options
    stops = np.linspace(-_FURTHEST, _FURTHEST, _STOPS)
    if missing(model.config, "encoder"):
        labels = [request.classes[0]] if model.conditional else None
        draws = BatchDraws(options.seed, 1)
        code = model.draw_codes(draws, condition=model.condition(labels)).numpy()[0]
        units = np.arange(min(options.num_samples, len(code)))
    else:
        images, labels = request.test_images(_MOST_CODES)
        found = codes(model, images, labels)
        units = np.argsort(-found.var(0), kind="stable")[: options.num_samples]
        labels = None if labels is None else [int(labels[0])]
        code = encode(model, model.batch(images[:1], labels)).numpy()[0]
    rows = _along(model, code, units, stops, labels)
    return Grid(
        rows,
        _STOPS,
        row_names=tuple(f"z[{unit}]" for unit in units),
        column_names=tuple(f"{stop:g}" for stop in stops),
    )


def interpolate(model, first, second, steps: int, labels=None) -> np.ndarray:
    """Decodes straight lines between the codes of two sets of images.

    Args:
      model: A model with an encoder and a decoder.
      first: Images, `[N, H, W, C]`, where the lines begin.
      second: Images, `[N, H, W, C]`, where they end.
      steps: Images in a line, at least 2.
      labels: Of a conditional model, the class of each line, `[N]`.

    Returns:
      Images, `[N * steps, H, W, C]`, line after line.
    """
    count = min(len(first), len(second))
    labels = None if labels is None else labels[:count]
    start, end = (
        encode(model, model.batch(part[:count], labels)) for part in (first, second)
    )
    weight = tf.linspace(0.0, 1.0, steps)[None, :, None]
    z = start[:, None] * (1.0 - weight) + end[:, None] * weight
    labels = None if labels is None else tf.repeat(labels, steps)
    z = tf.reshape(z, [-1, z.shape[-1]])
    return decode(model, z, model.condition(labels)).numpy()


def traverse(model, image, units, stops, label=None) -> np.ndarray:
    """Decodes the code of an image with one unit at a time set to other values.

    Args:
      model: A model with an encoder and a decoder.
      image: `[H, W, C]` in 0 .. levels-1.
      units: Latent units, `[R]`, one for each row.
      stops: Values the unit takes, `[S]`, in standard deviations of the prior (which
        are 1).
      label: Of a conditional model, the class of the image.

    Returns:
      Images, `[R * S, H, W, C]`, row after row; the other units keep their code.
    """
    labels = None if label is None else [label]
    code = encode(model, model.batch(np.asarray(image)[None], labels)).numpy()[0]
    return _along(model, code, units, stops, labels)


def _along(model, code, units, stops, labels):
    """Returns images of a code with one unit at a time at each of the stops."""
    z = np.tile(code, (len(units), len(stops), 1))
    for row, unit in enumerate(units):
        z[row, :, unit] = stops
    z = z.reshape(-1, len(code))
    return decode(model, z, model.condition(labels and labels * len(z))).numpy()
