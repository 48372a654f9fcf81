"""The data sets of the papers, and how these prepare their images."""

import dataclasses
from collections.abc import Mapping

__all__ = ["PAPER_SETS", "PaperSet"]

_OWN = {"train": "train", "test": "test"}
# Their test images are published under the name of validation.
_VALIDATION = {"train": "train", "test": "validation"}


@dataclasses.dataclass(frozen=True)
class PaperSet:
    """A data set of TFDS and what is done to its images.

    Attributes:
      tfds: Its name in TFDS.
      side: Height and width that images have in the end, in pixels.
      channels: Their channels.
      licence: Its licence in a word.
      splits: Split -> name of the split in TFDS, or several joined by `+`. Splits that
        are missing are drawn from the training images.
      labelled: Whether its labels are those of all of its images.
      crop: Top, left, height and width of the part that is kept before images are
        resized by area; None: the largest central square.
    """

    tfds: str
    side: int
    channels: int
    licence: str
    splits: Mapping[str, str] = dataclasses.field(default_factory=lambda: _OWN)
    labelled: bool = True
    crop: tuple[int, int, int, int] | None = None


_IMAGENET = "non-commercial research"
PAPER_SETS = {
    "mnist": PaperSet("mnist", 28, 1, "CC BY-SA 3.0"),
    "fashion_mnist": PaperSet("fashion_mnist", 28, 1, "MIT"),
    "svhn": PaperSet("svhn_cropped", 32, 3, "non-commercial use"),
    "cifar10": PaperSet("cifar10", 32, 3, "not stated"),
    # Means of 2x2 pixels. The labelled training images and the others are one set.
    "stl10": PaperSet(
        *("stl10", 48, 3, "not stated"),
        splits={"train": "train+unlabelled", "test": "test"},
        labelled=False,
    ),
    # The crop of Real NVP: rows 40 to 188 and columns 15 to 163 of 218x178.
    "celeba64": PaperSet(
        *("celeb_a", 64, 3, "non-commercial research"),
        splits=_OWN | {"validation": "validation"},
        crop=(40, 15, 148, 148),
    ),
    "imagenet32": PaperSet("downsampled_imagenet/32x32", 32, 3, _IMAGENET, _VALIDATION),
    "imagenet64": PaperSet("downsampled_imagenet/64x64", 64, 3, _IMAGENET, _VALIDATION),
} | {
    f"lsun_{name}": PaperSet(f"lsun/{scene}", 64, 3, "not stated", _VALIDATION)
    for name, scene in (
        ("bedroom", "bedroom"),
        ("church", "church_outdoor"),
        ("dining_room", "dining_room"),
    )
}
