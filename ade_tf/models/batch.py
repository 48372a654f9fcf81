"""Images with what they are given: the one thing that the model's methods take."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

__all__ = [
    "DOMAINS",
    "Batch",
    "DomainBatch",
    "checked_labels",
    "labels_in_turn",
    "one_hot_labels",
]

# Of a model of two: the first is that of its inherited methods.
DOMAINS = ("a", "b")


class Batch(NamedTuple):
    """Images, and their condition.

    Attributes:
      images: float32 `[B, H, W, C]` in 0 .. levels-1 (continuous data as they are);
        None in a bound on the labels.
      condition: What every part of a conditional model is given, `[B, ...]`, such as
        one-hot labels; None of an unconditional one.
      indices: int64 `[B]`, the images' positions in their set, where that is known.
      labels: int32 `[B]`, what a classifier is to say, of a model that has one; -1
        where it is missing.
    """

    images: tf.Tensor | None
    condition: tf.Tensor | None = None
    indices: tf.Tensor | None = None
    labels: tf.Tensor | None = None

    @property
    def count(self):
        """Number of images."""
        return tf.shape(self.labels if self.images is None else self.images)[0]

    def repeat(self, times: int) -> "Batch":
        """Returns each image `times` times, its copies side by side."""
        parts = [None if p is None else tf.repeat(p, times, axis=0) for p in self]
        return Batch(*parts)


class DomainBatch(NamedTuple):
    """A batch of each domain, as many images of both, in no relation to each other.

    Attributes:
      a: The `Batch` of A.
      b: The `Batch` of B.
    """

    a: Batch
    b: Batch

    @property
    def condition(self) -> None:
        """None: there are no conditional models of two domains."""
        return None

    @property
    def count(self):
        """Number of images of each domain."""
        return self.a.count


def one_hot_labels(labels, num_classes: int) -> tf.Tensor | None:
    """Returns labels as the networks of a model take them: one-hot, float32 `[B, K]`.

    Args:
      labels: Integers `[B]` in 0 .. K-1; None for an unconditional model.
      num_classes: K of a conditional model; 0 of an unconditional one, which gives
        None.

    Raises:
      ValueError: If a conditional model gets no labels or an unconditional one gets
        some, or as `checked_labels`.
    """
    if num_classes and labels is None:
        raise ValueError("a conditional model needs labels. Received: None")
    if labels is None:
        return None
    if not num_classes:
        raise ValueError(
            "an unconditional model takes no labels. "
            f"Received: labels of shape {tuple(np.shape(labels))}"
        )
    return tf.one_hot(checked_labels(labels, num_classes), num_classes)


def checked_labels(labels, num_classes: int, lowest: int = 0) -> tf.Tensor:
    """Returns labels as an int32 Tensor `[B]`.

    Args:
      labels: Integers, `[B]`.
      num_classes: Number of classes, K.
      lowest: The lowest that is one, -1 where labels may be missing.

    Raises:
      ValueError: If they are not integers `[B]`, or one is outside lowest .. K-1 (of
        values that are known when this is called, not of a graph's).
    """
    labels = tf.convert_to_tensor(labels)
    if labels.shape.rank != 1 or not labels.dtype.is_integer:
        raise ValueError(
            "labels must be integers, one for each image. "
            f"Received: {labels.dtype.name}, shape={labels.shape}"
        )
    known = tf.get_static_value(labels)
    if known is not None:
        wrong = known[(known < lowest) | (known >= num_classes)]
        if wrong.size:
            raise ValueError(
                f"labels must be in {lowest} .. {num_classes - 1}. Received: {wrong[0]}"
            )
    return tf.cast(labels, tf.int32)


def labels_in_turn(count: int, choices, first: int = 0) -> np.ndarray:
    """Returns `choices[i mod len(choices)]` for i from `first` on, int32 `[count]`."""
    places = np.arange(first, first + count) % len(choices)
    return np.asarray(choices, np.int32)[places]
