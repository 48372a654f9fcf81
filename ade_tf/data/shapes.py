"""Small pictures of one shape each, drawn from known factors."""

import itertools

import numpy as np

from ade_tf.data.source import LoadOptions, Source
from ade_tf.data.splits import Split, partition

__all__ = ["FACTORS", "load_shapes", "shape_factors"]

# Factor -> its values: the kind by name; the centre and half of the length in pixels;
# the angle in radians. All combinations are drawn, the last factor fastest.
FACTORS = {
    "kind": ("ellipse", "rectangle"),
    "x": tuple(4.5 + n for n in range(8)),
    "y": tuple(4.5 + n for n in range(8)),
    "size": (2.5, 3.0, 3.5, 4.0),
    "orientation": tuple(n * np.pi / 8 for n in range(8)),
}
_SIDE, _PARTS = 16, 4
_NUM_VALIDATION, _NUM_TEST = 400, 1000


def load_shapes(argument: str, options: LoadOptions) -> Source:
    """Draws 4096 images, 16x16x1, 17 levels, as 2696 / 400 / 1000.

    An ellipse or a rectangle, twice as long as wide, for each combination of a kind, 8
    columns, 8 rows, 4 sizes and 8 orientations. A level is the number of the 4x4 parts
    of a pixel whose centre is in the shape. Labels are the kinds. The splits are
    consecutive parts of `numpy.random.default_rng(0).permutation(4096)`;
    `shape_factors` gives the factors of each.

    Args:
      argument: Must be empty: there is one such set.
      options: Not used: nothing about the set varies.

    Returns:
      All three splits, of 2 classes.

    Raises:
      ValueError: If there is an argument.
    """
    del options
    if argument:
        raise ValueError(f"`shapes` takes no argument. Received: {argument!r}")
    images = [_draw(*values) for values in itertools.product(*FACTORS.values())]
    parts = _dealt(np.stack(images)[..., None])
    factors = shape_factors()
    splits = {
        name: Split(part.images, factors[name][:, 0]) for name, part in parts.items()
    }
    note = "The splits are parts of numpy.random.default_rng(0).permutation(4096)."
    return Source(splits, levels=_PARTS**2 + 1, class_names=FACTORS["kind"], note=note)


def shape_factors() -> dict[str, np.ndarray]:
    """Returns `split -> factors` of `shapes`, int64 `[N, 5]`: places in `FACTORS`."""
    sizes = [len(values) for values in FACTORS.values()]
    parts = _dealt(np.arange(np.prod(sizes)))
    return {
        name: np.stack(np.unravel_index(part.images, sizes), axis=1)
        for name, part in parts.items()
    }


def _dealt(rows):
    return partition(Split(rows, np.zeros(len(rows))), _NUM_VALIDATION, _NUM_TEST)


def _draw(kind, x, y, size, angle):
    """Returns the image of one shape, uint8 `[16, 16]`."""
    places = (np.arange(_SIDE * _PARTS) + 0.5) / _PARTS
    across, down = places[None, :] - x, places[:, None] - y
    cos, sin = np.cos(angle), np.sin(angle)
    along = (cos * across + sin * down) / size
    beside = (cos * down - sin * across) / (size / 2)
    if kind == "ellipse":
        inside = along**2 + beside**2 <= 1.0
    else:
        inside = np.maximum(np.abs(along), np.abs(beside)) <= 1.0
    blocks = inside.reshape(_SIDE, _PARTS, _SIDE, _PARTS)
    return blocks.sum(axis=(1, 3)).astype(np.uint8)
