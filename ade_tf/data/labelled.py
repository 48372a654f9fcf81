"""The labels that training sees, where it does not see all of them."""

import numpy as np

from ade_tf.config import RunConfig
from ade_tf.data.splits import Split
from ade_tf.data.stored import take_rows

__all__ = ["MISSING", "partly_labelled", "training_part"]

# Sets the order apart from others of the seed.
_OF_LABELS = 2
# In place of a label that is not known.
MISSING = -1


def partly_labelled(
    split: Split, labelled: int, num_classes: int, seed: int = 0, only: bool = False
) -> Split:
    """Returns a split in which some images keep their labels, as many of each class.

    The images come in a random order, and each keeps its label while its class lacks
    some. Of a number that the classes do not divide, the first have one more. Labels of
    images that come after all classes have theirs decide nothing.

    Args:
      split: The images and their labels, 0 .. K-1.
      labelled: Number of labels that are kept; 0 for all.
      num_classes: K.
      seed: Seed of the order.
      only: Whether the images without a label are left out.

    Returns:
      The split, its other labels -1.

    Raises:
      ValueError: If there are fewer labels than classes, or too few images of a class.
    """
    if not labelled:
        return split
    if not 0 < num_classes <= labelled:
        raise ValueError(
            "labelled must be at least the number of classes of labelled data. "
            f"Received: labelled={labelled}, num_classes={num_classes}"
        )
    share = labelled // num_classes + (np.arange(num_classes) < labelled % num_classes)
    order = np.random.default_rng([seed, _OF_LABELS]).permutation(len(split))
    found = [order[split.labels[order] == c] for c in range(num_classes)]
    short = [c for c in range(num_classes) if len(found[c]) < share[c]]
    if short:
        raise ValueError(
            "labelled takes as many images of each class. Received: "
            f"labelled={labelled}, with {len(found[short[0]])} images of class "
            f"{short[0]}"
        )
    kept = np.sort(
        np.concatenate([part[:n] for part, n in zip(found, share, strict=True)])
    )
    if only:
        return Split(take_rows(split.images, kept), split.labels[kept])
    labels = np.full_like(split.labels, MISSING)
    labels[kept] = split.labels[kept]
    return Split(split.images, labels)


def training_part(split: Split, config: RunConfig, num_classes: int) -> Split:
    """Returns what training sees of a split, by the settings of a run.

    Args:
      split: The training images and their labels.
      config: The settings.
      num_classes: Classes of the labels; 0 if there are none.

    Raises:
      ValueError: As `partly_labelled`.
    """
    data, seed = config.data, config.training.seed
    return partly_labelled(split, data.labelled, num_classes, seed, data.only_labelled)
