"""What a source of images is asked and what it gives."""

import dataclasses

from ade_tf.data.splits import Split

__all__ = ["LoadOptions", "Source"]


@dataclasses.dataclass(frozen=True)
class LoadOptions:
    """How images are to be loaded; see `load_dataset` for each.

    Attributes:
      data_dir: Directory of prepared TFDS data sets.
      image_size: Height and width in pixels, or 0 to keep the images as they are.
      pad_to: Side in pixels after padding, or 0 for none.
      channels: 1 or 3, or 0 to keep the images' own.
      download: Whether TFDS may download.
      skip_bad_images: Whether undecodable files are left out.
      levels: Number of grey levels, or 0 for the source's own.
      in_order: Whether images are read once, in their order, and need not be in memory.
    """

    data_dir: str = ""
    image_size: tuple[int, int] | int = 0
    pad_to: int = 0
    channels: int = 0
    download: bool = False
    skip_bad_images: bool = False
    levels: int = 0
    in_order: bool = False


@dataclasses.dataclass(frozen=True, eq=False)
class Source:
    """The images that a source holds, before they are checked and split.

    Attributes:
      splits: `train`, and `validation` and `test` where the source has them.
      levels: Number of grey levels of its images; 0 if continuous, None where only the
        user can tell.
      class_names: What the classes are called, label by label; None where only the
        labels can tell, empty where there are none.
      note: A sentence on how the splits were made, where the source made them.
      names: Names of the training images, by which splits that lack are drawn; None:
        they are drawn by position.
      identity: What `ImageData.identity` says of the images, where that is known.
      is_ready: Whether the images have their levels, size and channels for certain.
    """

    splits: dict[str, Split]
    levels: int | None = 256
    class_names: tuple[str, ...] | None = None
    note: str = ""
    names: tuple[str, ...] | None = None
    identity: dict | None = None
    is_ready: bool = False
