"""Settings of the data."""

import dataclasses
import pathlib

from ade_tf.config.choices import Choice
from ade_tf.config.settings import setting

__all__ = ["TOYS", "DataConfig", "short_name"]

# Densities of points in the plane. Every entry makes the Gaussians, the map that bends
# them and half of the width of the square that holds them.
TOYS = {
    name: Choice(f"ade_tf.data.toy:{name}") for name in ("ring", "grid", "pinwheel")
}


@dataclasses.dataclass(frozen=True)
class DataConfig:
    """Which images, from where."""

    dataset: str = setting(
        "digits",
        "Images: `digits` (scikit-learn's, built in), `npz:PATH`, `folder:PATH` "
        "(PNG and JPEG), `tfds:NAME`, `photos:SIDE` (patches of two photographs) or "
        f"`toy:NAME` (points in the plane of known density: {', '.join(TOYS)}).",
    )
    data_dir: str = setting(
        "", "Directory of prepared TFDS data sets.", operational=True
    )
    image_size: int = setting(
        0,
        "Side in pixels to which images are centre-cropped and area-resized; 0 keeps "
        "them as they are (they must then have one size).",
        minimum=0,
    )
    pad_to: int = setting(
        0,
        "Side in pixels to which images are then padded with zeros on all sides; 0: "
        "none. The padded pixels count as dimensions.",
        minimum=0,
    )
    levels: int = setting(
        0, "Number of grey levels; 0 takes the source's own.", minimum=0
    )
    continuous: bool = setting(
        False,
        "Take the numbers of an `npz` as continuous: no noise is added and densities "
        "are of the numbers themselves.",
    )
    random_flip: bool = setting(
        False, "Flip training images left-right with probability 1/2."
    )
    download: bool = setting(
        False,
        "Allow TFDS to download; without it nothing is fetched.",
        operational=True,
    )
    skip_bad_images: bool = setting(
        False, "Count and leave out files of a folder that cannot be decoded."
    )


def short_name(dataset: str) -> str:
    """Returns the name of a data set without the directories of its file.

    Scores are named so; `npz:data/mnist.npz` is `npz:mnist.npz`.
    """
    source, colon, where = dataset.partition(":")
    return f"{source}{colon}{pathlib.PurePath(where).name}"
