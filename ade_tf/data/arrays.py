"""Images that are already in memory: arrays and datasets of the caller's own."""

import numpy as np
import tensorflow as tf

from ade_tf.data.images import as_stack, to_values
from ade_tf.data.labels import check_labels
from ade_tf.data.splits import Split

__all__ = ["as_batches", "as_split", "first_images"]


def as_split(
    images, labels=None, *, levels: int, image_shape=None, lowest: int = 0
) -> Split:
    """Returns arrays, or a dataset read to its end, as a checked `Split`.

    Args:
      images: `[N, H, W, C]`, or `[N, H, W]` of one channel, in 0 .. levels - 1 of any
        type; or a finite `tf.data.Dataset` of batches, see `as_batches`.
      labels: Integers from 0, `[N]`, or None. Those of a dataset are in it.
      levels: Grey levels of the images; 0 if they are continuous.
      image_shape: `(H, W, C)` that they must have; None: any.
      lowest: The lowest label, -1 where some may be missing.

    Raises:
      ValueError: If the images are none, of another shape or out of range, or the
        labels do not fit them.
    """
    if isinstance(images, tf.data.Dataset):
        images, labels = _read(as_batches(images))
    images = np.asarray(images)
    given, images = images.shape, as_stack(images, "images")
    if image_shape is not None and images.shape[1:] != tuple(image_shape):
        if given == tuple(image_shape):
            raise ValueError(
                "images must be several, [N, H, W, C]; of one, images[None] is such. "
                f"Received: shape={given}"
            )
        raise ValueError(
            f"images must have the shape of the model's, {tuple(image_shape)}. "
            f"Received: shape={images.shape[1:]}"
        )
    images = to_values(images, levels, "images")
    if labels is None:
        return Split(images, np.zeros(len(images), np.int32))
    return Split(images, check_labels(labels, len(images), "labels", lowest))


def as_batches(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Returns a dataset of batches as the model's `train_step` takes them.

    Args:
      dataset: Batches of images `[B, H, W, C]`; of pairs `(images, labels)`; or of
        `{"image": images, "label": labels}`.

    Raises:
      ValueError: If its elements are something else.
    """
    if _is_named(dataset.element_spec):
        return dataset

    def named(*element):
        if len(element) == 1 and isinstance(element[0], dict):
            image, label = element[0].get("image"), element[0].get("label")
        else:
            image, label = (*element, None)[:2]
        if image is None or len(element) > 2 or image.shape.rank != 4:
            raise ValueError(
                "a dataset must give batches of images, [B, H, W, C], of pairs "
                '(images, labels) or of {"image": ..., "label": ...}. '
                f"Received: elements {dataset.element_spec}"
            )
        if label is None:
            label = tf.zeros([tf.shape(image)[0]], tf.int32)
        return {"image": tf.cast(image, tf.float32), "label": tf.cast(label, tf.int32)}

    return dataset.map(named)


def first_images(dataset: tf.data.Dataset, count: int):
    """Returns the first images of a dataset and their labels, `count` at the most."""
    return _read(as_batches(dataset).unbatch().batch(count).take(1))


def _is_named(spec):
    """Whether elements are batches as `train_step` takes them already."""
    if not isinstance(spec, dict) or spec.keys() != {"image", "label"}:
        return False
    image, label = spec["image"], spec["label"]
    known = image.dtype == tf.float32 and label.dtype == tf.int32
    return known and image.shape.rank == 4


def _read(batches):
    found = list(batches.as_numpy_iterator())
    if not found:
        raise ValueError("a dataset must give at least one batch. Received: none")
    return tuple(
        np.concatenate([batch[name] for batch in found]) for name in ("image", "label")
    )
