"""Labels of images: their check, and the classes they name."""

import numpy as np

from ade_tf.data.splits import Split

__all__ = ["all_numbers", "check_labels", "number_classes"]


def check_labels(labels, num_images: int, where: str, lowest: int = 0) -> np.ndarray:
    """Converts labels, `[N]` or `[N, 1]`, to integers `[N]`, as large as they are.

    Args:
      labels: Integers from 0.
      num_images: The N they must have.
      where: What the array is called in an error message.
      lowest: The lowest label, -1 where some may be missing.

    Returns:
      The labels, `[N]`.

    Raises:
      ValueError: If their number is not N, or they are not integers from `lowest`.
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
    if labels.min() < lowest:
        raise ValueError(f"{where} must be at least {lowest}. Received: {labels.min()}")
    return labels.astype(np.uint8) if labels.dtype.kind == "b" else labels


def all_numbers(splits: dict[str, Split]) -> tuple[str, ...]:
    """Returns all numbers up to the largest label, as names of classes."""
    largest = [int(s.labels.max()) for s in splits.values() if s.labels is not None]
    return tuple(map(str, range(max(largest, default=-1) + 1)))


def number_classes(
    splits: dict[str, Split], class_names: tuple[str, ...] | None, name: str
) -> tuple[dict[str, Split], tuple[str, ...]]:
    """Numbers the classes of a data set from 0 on.

    Args:
      splits: The splits of the source; their labels are None if there are none.
      class_names: The classes that the source states, whose numbers the labels are;
        None: the classes are the labels that there are, in their order.
      name: The data set's name, for an error message.

    Returns:
      The splits with labels int32, all 0 if there are none; and the names of the
      classes.

    Raises:
      ValueError: If only some splits have labels, or a label is not less than the
        stated number of classes.
    """
    unlabelled = [key for key, split in splits.items() if split.labels is None]
    if len(unlabelled) == len(splits):
        zeros = {key: np.zeros(len(split), np.int32) for key, split in splits.items()}
        return _with_labels(splits, zeros), ()
    if unlabelled:
        raise ValueError(
            "All splits of a data set must have labels, or none. "
            f"Received: {name!r} without labels for {', '.join(unlabelled)}"
        )
    if class_names is None:
        return _number(splits)
    largest = max(int(split.labels.max()) for split in splits.values())
    if largest >= len(class_names):
        raise ValueError(
            f"Labels of {name!r} must be less than its {len(class_names)} classes. "
            f"Received: {largest}"
        )
    labels = {key: split.labels.astype(np.int32) for key, split in splits.items()}
    return _with_labels(splits, labels), class_names


def _number(splits):
    found = {
        key: np.unique(split.labels, return_inverse=True)
        for key, split in splits.items()
    }
    # As whole numbers of Python: NumPy joins some of 64 bits as floats.
    values = sorted({value for used, _ in found.values() for value in used.tolist()})
    number = {value: label for label, value in enumerate(values)}
    labels = {
        key: np.array([number[value] for value in used.tolist()], np.int32)[inverse]
        for key, (used, inverse) in found.items()
    }
    return _with_labels(splits, labels), tuple(map(str, values))


def _with_labels(splits, labels):
    return {key: Split(split.images, labels[key]) for key, split in splits.items()}
