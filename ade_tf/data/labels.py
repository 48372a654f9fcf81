"""Labels of images: their check, and the number of classes."""

import numpy as np

from ade_tf.data.splits import Split

__all__ = ["check_labels", "count_classes"]


def check_labels(labels, num_images: int, where: str) -> np.ndarray:
    """Converts labels, `[N]` or `[N, 1]`, to int32 `[N]`.

    Args:
      labels: Integers from 0.
      num_images: The N they must have.
      where: What the array is called in an error message.

    Returns:
      The labels, `[N]`.

    Raises:
      ValueError: If their number is not N, or they are not integers from 0.
    """
    labels = np.asarray(labels)
    if labels.shape == (num_images, 1):
        labels = labels[:, 0]
    if labels.shape != (num_images,):
        raise ValueError(
            f"{where} must be one per image ({num_images} images). "
            f"Received: shape={labels.shape}"
        )
    if labels.dtype.kind not in "biu":
        raise ValueError(f"{where} must be integers. Received: dtype={labels.dtype}")
    if labels.min() < 0:
        raise ValueError(f"{where} must be at least 0. Received: {labels.min()}")
    return labels.astype(np.int32)


def count_classes(splits: dict[str, Split], num_classes: int | None, name: str) -> int:
    """Counts the classes of a data set.

    Args:
      splits: The splits of the source; their labels are None if there are none.
      num_classes: The number that the source states, or None.
      name: The data set's name, for an error message.

    Returns:
      The stated number, else the largest label + 1; 0 if no split has labels.

    Raises:
      ValueError: If only some splits have labels, or a label is not less than the
        stated number.
    """
    unlabelled = [key for key, split in splits.items() if split.labels is None]
    if len(unlabelled) == len(splits):
        return 0
    if unlabelled:
        raise ValueError(
            "All splits of a data set must have labels, or none. "
            f"Received: {name!r} without labels for {', '.join(unlabelled)}"
        )
    largest = max(int(split.labels.max()) for split in splits.values())
    if num_classes is not None and largest >= num_classes:
        raise ValueError(
            f"Labels of {name!r} must be less than its {num_classes} classes. "
            f"Received: {largest}"
        )
    return largest + 1 if num_classes is None else num_classes
