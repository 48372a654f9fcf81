"""Splits of a data set, and how the missing ones are drawn."""

import dataclasses

import numpy as np

__all__ = ["Split", "complete_splits", "partition"]

_MAX_VALIDATION = 5000


@dataclasses.dataclass(frozen=True, eq=False)
class Split:
    """Images in memory with their labels.

    Attributes:
      images: `[N, H, W, C]`, uint8, or float32 where the data is continuous.
      labels: `[N]`, int32; None only inside a source that has no labels.
    """

    images: np.ndarray
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
    names = ("train", "validation", "test")
    return {
        name: Split(split.images[part], split.labels[part])
        for name, part in zip(names, np.split(order, ends), strict=True)
        if len(part)
    }


def complete_splits(splits: dict[str, Split]) -> tuple[dict[str, Split], str]:
    """Draws the splits that a source lacks from its training images.

    A missing test split is 10 % of them (at least one); a missing validation split
    is 10 % of what then remains (at least one, at most 5000). See `partition`.

    Args:
      splits: `train`, and `validation` and `test` where the source has them.

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
    drawn = partition(splits["train"], num_validation, num_test)
    held_out = " and ".join(name for name in drawn if name != "train")
    verb = "are" if " and " in held_out else "is"
    return splits | drawn, (
        f"{held_out.capitalize()} {verb} held out of the source's {num_images} "
        "training images by numpy.random.default_rng(0).permutation."
    )
