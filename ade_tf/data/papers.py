"""Images as the papers prepare them, from TensorFlow Datasets (TFDS)."""

import dataclasses

from ade_tf.config.papers import PAPER_SETS
from ade_tf.data.source import LoadOptions, Source
from ade_tf.data.tfds import TfdsImages

__all__ = ["load_paper_set", "open_paper_set"]


def load_paper_set(name: str, options: LoadOptions) -> Source:
    """Loads a data set of `PAPER_SETS` with the crop, size and splits that it says.

    Args:
      name: Its name in the table.
      options: `data_dir` and `download`; `image_size` and `channels` must be 0 or the
        set's.

    Raises:
      ValueError: If there is no such name, other images are asked for, or as of
        `TfdsImages`.
    """
    return open_paper_set(name, options).load()


def open_paper_set(name: str, options: LoadOptions) -> TfdsImages:
    """Opens a data set of the table, as `load_paper_set` does, to be read in order."""
    if name not in PAPER_SETS:
        raise ValueError(
            f"`papers:NAME` must name one of {', '.join(PAPER_SETS)}. "
            f"Received: {name!r}"
        )
    found = PAPER_SETS[name]
    size = (found.side, found.side)
    for setting, had in (("image_size", size), ("channels", found.channels)):
        asked = getattr(options, setting)
        if asked not in (0, had):
            raise ValueError(
                f"`{setting}` of `papers:{name}` is {had}, or 0 (`tfds:{found.tfds}` "
                f"takes others). Received: {setting}={asked}"
            )
    options = dataclasses.replace(options, image_size=size, channels=found.channels)
    return TfdsImages(found.tfds, options, found.splits, found.labelled, found.crop)
