"""Images with what they are given: the one thing that the model's methods take."""

from typing import NamedTuple

import tensorflow as tf

__all__ = ["Batch"]


class Batch(NamedTuple):
    """Images, and their condition.

    Attributes:
      images: float32 `[B, H, W, C]` in 0 .. levels-1 (continuous data as they are).
      condition: What every part of a conditional model is given, `[B, ...]`, such as
        one-hot labels; None of an unconditional one.
      indices: int64 `[B]`, the images' positions in their set, where that is known.
    """

    images: tf.Tensor
    condition: tf.Tensor | None = None
    indices: tf.Tensor | None = None

    @property
    def count(self):
        """Number of images."""
        return tf.shape(self.images)[0]

    def repeat(self, times: int) -> "Batch":
        """Returns each image `times` times, its copies side by side."""
        parts = [None if p is None else tf.repeat(p, times, axis=0) for p in self]
        return Batch(*parts)
