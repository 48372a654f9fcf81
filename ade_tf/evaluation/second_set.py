"""Images to compare a run's own with, in the shape and levels of these."""

import numpy as np

from ade_tf.config.data import ImageSettings
from ade_tf.data import ImageData, Split, load_dataset
from ade_tf.evaluation.context import joined_splits, test_split

__all__ = ["constant_images", "load_against"]


def load_against(
    name: str,
    data: ImageData,
    settings: ImageSettings | None = None,
    data_dir: str = "",
) -> tuple[Split, str]:
    """Loads the test images of a second set in the shape and levels of a first.

    A set without test images of its own is taken whole.
    Images of another size are cropped at their centre and resized by area; grey
    is repeated to colours and colours become luma; a value x of L' levels becomes
    floor(x L / L').

    Args:
      name: The second set, as `load_dataset` takes it.
      data: The first set.
      settings: How the second is loaded; None: the defaults. An `image_size` of 0 is
        that of the first.
      data_dir: Directory of prepared TFDS data sets.

    Returns:
      The images, and a sentence that says what was done to them.

    Raises:
      ValueError: If the first set is continuous, the second cannot be loaded, or their
        shapes cannot be made equal.
    """
    if not 0 < data.levels <= 256:
        kind = f"{data.levels} levels" if data.levels else "continuous"
        raise ValueError(
            "novelty needs images with grey levels, at most 256. "
            f"Received: {data.name!r}, {kind}"
        )
    height, width, channels = data.image_shape
    how = (settings or ImageSettings()).image_arguments()
    if not any(how["image_size"]):
        how["image_size"] = (height, width)
    found = load_dataset(
        name,
        data_dir=data_dir,
        channels=channels if channels in (1, 3) else 0,
        **how,
    )
    if found.image_shape != data.image_shape or not found.levels:
        raise ValueError(
            "Images of a second set are brought to the run's shape, with grey or "
            "colour levels. Received: "
            f"against={name!r} of shape {found.image_shape}, levels={found.levels}, "
            f"for the run's {data.image_shape}"
        )
    split = test_split(found)
    second = joined_splits(found, split)
    images = second.images.astype(np.int64) * data.levels // found.levels
    how = (
        f"{name}, {'test' if split == 'test' else 'all'} images, brought to "
        f"{height}x{width}x{channels} by central crop, area "
        "resize and luma or repeated grey as needed"
    )
    if found.levels != data.levels:
        how += (
            f", {found.levels} levels to {data.levels} by "
            f"floor(x {data.levels}/{found.levels})"
        )
    return Split(images.astype(np.uint8), second.labels), how


def constant_images(image_shape, levels: int) -> Split:
    """Returns one image of each level that has this level everywhere."""
    values = np.arange(levels, dtype=np.uint8)[:, None, None, None]
    images = np.broadcast_to(values, (levels, *image_shape)).copy()
    return Split(images, np.zeros(levels, np.int32))
