"""The 8x8 handwritten digits that scikit-learn ships."""

import numpy as np
from scipy import ndimage

from ade_tf.data.source import LoadOptions, Source
from ade_tf.data.splits import Split, partition

__all__ = ["load_digits"]

_NUM_VALIDATION, _NUM_TEST = 200, 300
_VARIANTS = {
    "": lambda images: images,
    "negative": lambda images: 16 - images,
    "bold": lambda images: ndimage.grey_dilation(images, (1, 2, 2, 1)),
}


def load_digits(argument: str, options: LoadOptions) -> Source:
    """Loads 1797 digits, 8x8x1, 17 levels, as 1297 / 200 / 300 images.

    The splits are consecutive parts of `numpy.random.default_rng(0).permutation(1797)`.

    Args:
      argument: Empty, or a second domain whose true translation is known: `negative`
        for black digits on white, 16 - x; `bold` for the greatest of 2 x 2 pixels.
      options: Not used: nothing about the set varies.

    Returns:
      All three splits, of 10 classes.

    Raises:
      ValueError: If the argument is another.
    """
    del options
    if argument not in _VARIANTS:
        raise ValueError(
            "`digits` takes no argument but `negative` or `bold`. "
            f"Received: {argument!r}"
        )
    # Imported here: scikit-learn is slow to import and other sources do without it.
    from sklearn import datasets

    bunch = datasets.load_digits()
    images = bunch.images.astype(np.uint8)[..., None]
    images = _VARIANTS[argument](images)
    splits = partition(Split(images, bunch.target), _NUM_VALIDATION, _NUM_TEST)
    note = "The splits are parts of numpy.random.default_rng(0).permutation(1797)."
    return Source(splits, levels=17, class_names=tuple("0123456789"), note=note)
