"""Splits of a data set, and how the missing ones are drawn."""

import dataclasses
import hashlib

import numpy as np

from ade_tf.data.split_names import SPLITS
from ade_tf.data.stored import StoredImages, take_rows

__all__ = ["Split", "complete_splits", "partition"]

_MAX_VALIDATION = 5000
# Where the number lies that an image's name gives, from 0 to 1: a tenth, and a tenth of
# the rest.
_BANDS = {"test": (0.0, 0.1), "validation": (0.1, 0.19)}


@dataclasses.dataclass(frozen=True, eq=False)
class Split:
    """Images, in memory or on disk, with their labels.

    Attributes:
      images: `[N, H, W, C]`, uint8, uint16 of more than 256 levels, or float32 where
        the data is continuous.
      labels: `[N]`, int32; None only inside a source that has no labels.
    """

    images: np.ndarray | StoredImages
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.images)


def partition(split: Split, num_validation: int, num_test: int) -> dict[str, Split]:
    """Parts a set at random, the same way every time.

    The order is `numpy.random.default_rng(0).permutation(N)`: training images come
    first, then `num_validation`, then `num_test`.

    Args:
      split: The whole set.
      num_validation: Number of validation images, 0 or more.
      num_test: Number of test images, 0 or more.

    Returns:
      The splits `train`, `validation` and `test`; those of no images are left out.

    Raises:
      ValueError: If nothing would be left for training.
    """
    num_train = len(split) - num_validation - num_test
    if num_train < 1:
        raise ValueError(
            "A set must have more images than are held out of it "
            f"({num_validation} for validation, {num_test} for test). "
            f"Received: {len(split)} images"
        )
    order = np.random.default_rng(0).permutation(len(split))
    ends = np.cumsum([num_train, num_validation])
    return {
        name: Split(take_rows(split.images, part), split.labels[part])
        for name, part in zip(SPLITS, np.split(order, ends), strict=True)
        if len(part)
    }


def complete_splits(
    splits: dict[str, Split], names: tuple[str, ...] | None = None
) -> tuple[dict[str, Split], str]:
    """Draws the splits that a source lacks from its training images.

    A missing test split is 10 % of them (at least one); a missing validation split
    is 10 % of what then remains (at least one, at most 5000). See `partition`.

    Images with names are drawn by these, each by itself: a hash of the name is a number
    u in [0, 1), and `u < 0.1` means test, `0.1 <= u < 0.19` validation. An image keeps
    its split whatever others come or go, and shares are kept on average only; a split
    that would have no image gets the one of least u that is not in another.

    Args:
      splits: `train`, and `validation` and `test` where the source has them.
      names: Of the training images; None: they are drawn by position.

    Returns:
      All three splits, and a sentence that says where each comes from.

    Raises:
      ValueError: If there are too few training images to hold any out.
    """
    num_images = len(splits["train"])
    num_test = 0 if "test" in splits else max(1, num_images // 10)
    remaining = num_images - num_test
    num_validation = 0
    if "validation" not in splits:
        num_validation = min(_MAX_VALIDATION, max(1, remaining // 10))
    if not num_validation + num_test:
        return splits, "All splits are the source's own."
    if names is None:
        drawn = partition(splits["train"], num_validation, num_test)
        how = "numpy.random.default_rng(0).permutation"
    else:
        missing = [key for key in _BANDS if key not in splits]
        drawn = _partition_by_name(splits["train"], names, missing)
        how = "a hash of each file's name"
    held_out = " and ".join(n for n in ("validation", "test") if n in drawn)
    verb = "are" if " and " in held_out else "is"
    return splits | drawn, (
        f"{held_out.capitalize()} {verb} held out of the source's {num_images} "
        f"training images by {how}."
    )


def _partition_by_name(split, names, missing):
    u = np.array([_uniform(name) for name in names])
    left, parts = np.ones(len(u), bool), {}
    for key in missing:
        low, high = _BANDS[key]
        part = left & (low <= u) & (u < high)
        if not part.any():
            part[np.argmin(np.where(left, u, 2.0))] = True
        left &= ~part
        parts[key] = part
    if not left.any():
        raise ValueError(
            "A set must have more images than are held out of it. "
            f"Received: {len(split)} images"
        )
    parts["train"] = left
    return {
        key: Split(take_rows(split.images, np.flatnonzero(part)), split.labels[part])
        for key, part in parts.items()
    }


def _uniform(name):
    """Returns a number in [0, 1) that a name decides, as if drawn at random."""
    digest = hashlib.sha256(name.encode(errors="surrogateescape")).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
