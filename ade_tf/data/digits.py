"""The 8x8 handwritten digits that scikit-learn ships."""

import numpy as np

from ade_tf.data.source import LoadOptions, Source
from ade_tf.data.splits import Split, partition

__all__ = ["load_digits"]

_NUM_VALIDATION, _NUM_TEST = 200, 300


def load_digits(argument: str, options: LoadOptions) -> Source:
    """Loads 1797 digits, 8x8x1, 17 levels, as 1297 / 200 / 300 images.

    The splits are consecutive parts of `numpy.random.default_rng(0).permutation(1797)`.

    Args:
      argument: Empty, or `negative` for black digits on white, 16 - x, as a second
        domain whose true translation is known.
      options: Not used: nothing about the set varies.

    Returns:
      All three splits, of 10 classes.

    Raises:
      ValueError: If the argument is another.
    """
    del options
    if argument not in ("", "negative"):
        raise ValueError(
            f"`digits` takes no argument but `negative`. Received: {argument!r}"
        )
    # Imported here: scikit-learn is slow to import and other sources do without it.
    from sklearn import datasets

    bunch = datasets.load_digits()
    images = bunch.images.astype(np.uint8)[..., None]
    if argument:
        images = 16 - images
    splits = partition(Split(images, bunch.target), _NUM_VALIDATION, _NUM_TEST)
    note = "The splits are parts of numpy.random.default_rng(0).permutation(1797)."
    return Source(splits, levels=17, class_names=tuple("0123456789"), note=note)
