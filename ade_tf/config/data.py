"""Settings of the data."""

import dataclasses
import pathlib

from ade_tf.config.choices import Choice
from ade_tf.config.papers import PAPER_SETS
from ade_tf.config.settings import check_settings, setting, settings_of

__all__ = [
    "MOST_LEVELS",
    "TOYS",
    "DataConfig",
    "ImageSettings",
    "PreparationOptions",
    "RunDataSettings",
    "short_name",
]

# Images have at most 16 bits a value.
MOST_LEVELS = 2**16
# Densities of points in the plane. Every entry makes the Gaussians, the map that bends
# them and half of the width of the square that holds them.
TOYS = {
    name: Choice(f"ade_tf.data.toy:{name}") for name in ("ring", "grid", "pinwheel")
}


@dataclasses.dataclass(frozen=True)
class ImageSettings:
    """What is done to images when they are loaded, of whichever source."""

    image_size: tuple[int, ...] = setting(
        (0,),
        "Side in pixels, or height and width, to which images are cropped at their "
        "centre and resized by area. 0 keeps their size, which must then be the same "
        "for all images.",
        minimum=0,
    )
    levels: int = setting(
        0,
        "Number of grey levels, up to 65,536. 0 uses the number of the source. Files "
        "of 16 bits are read if it is above 256.",
        minimum=0,
    )
    continuous: bool = setting(
        False,
        "Treat the numbers of an `npz` as continuous: no noise is added, and densities "
        "are those of the numbers themselves.",
    )
    skip_bad_images: bool = setting(
        False, "Count and leave out files of a folder that cannot be read or decoded."
    )

    def image_arguments(self) -> dict:
        """Returns these settings alone, as arguments of `load_dataset`."""
        return {name: getattr(self, name) for name in settings_of(ImageSettings)}


@dataclasses.dataclass(frozen=True)
class DataConfig(ImageSettings):
    """Which images, from where."""

    dataset: str = setting(
        "digits",
        "Images: `digits` (scikit-learn's, built in; `digits:negative` in black on "
        "white, `digits:bold`), `npz:PATH`, `folder:PATH` (PNG, JPEG, WebP, BMP, "
        "TIFF, GIF), `tfds:NAME`, `papers:NAME` (of TFDS, as papers "
        f"prepare them: {', '.join(PAPER_SETS)}), `shapes` (drawn from known kinds, "
        "places, sizes and orientations), `photos:SIDE` (patches of two photographs), "
        f"`toy:NAME` (points of known density: {', '.join(TOYS)}) or `prepared:DIR` "
        "(made by prepare_data, read from disk as needed).",
    )
    dataset_b: str = setting(
        "",
        "Images of the second domain, B, named as those of the first, A, are. Both are "
        "brought to one size; no image of A belongs to one of B.",
        needs="two domains",
    )
    data_dir: str = setting(
        "", "Directory of prepared TFDS data sets.", operational=True
    )
    pad_to: int = setting(
        0,
        "Side in pixels to which images are then padded with zeros on all sides; 0: "
        "none. The padded pixels count as dimensions.",
        minimum=0,
    )
    random_flip: bool = setting(
        False, "Flip training images left-right with probability 1/2."
    )
    labelled: int = setting(
        0,
        "Number of training images that keep their label, drawn by the seed, as many "
        "of each class; training does not see the labels of the others. 0: all.",
        minimum=0,
    )
    only_labelled: bool = setting(
        False,
        "Train with the images that keep their label alone.",
        needs="labelled",
    )
    download: bool = setting(
        False,
        "Allow TFDS to download the data set. Nothing is downloaded otherwise.",
        operational=True,
    )


@dataclasses.dataclass(frozen=True)
class RunDataSettings:
    """Where the images of a trained run are now, and whether they may have changed."""

    dataset: str = setting(
        "",
        "The run's images by the name they have now, as in training; empty: the name "
        "they had. They must be those that the run was trained with.",
    )
    dataset_b: str = setting(
        "", "Likewise, the images of the second domain of a run that has two."
    )
    data_dir: str = setting(
        "", "Directory of prepared TFDS data sets; empty: the run's, or TFDS's own."
    )
    changed_data: bool = setting(
        False,
        "Take the images although they or their splits are not those of training: "
        "test images may then have been trained on.",
    )


@dataclasses.dataclass(frozen=True)
class PreparationOptions(ImageSettings):
    """Which images are prepared, and how."""

    source: str = setting(
        "",
        "Images: `folder:PATH`, `zip:PATH` or `tar:PATH` of image files, or any name "
        "that --dataset takes, such as `npz:PATH` or `tfds:NAME`.",
    )
    channels: int = setting(
        0, "1 for grey, 3 for colour; 0: colour if any image has it.", minimum=0
    )
    data_dir: str = setting("", "Directory of prepared TFDS data sets.")
    download: bool = setting(False, "Allow TFDS to download the data set.")
    images_per_shard: int = setting(
        0, "Images in a file; 0: as many as are 64 MB in memory.", minimum=0
    )
    processes: int = setting(
        0,
        "Processes that decode image files; 0: one for each core. The bytes that are "
        "written do not depend on it.",
        minimum=0,
    )
    runner: str = setting(
        "local",
        "What writes the shards: `local` processes, or `beam`, an Apache Beam pipeline "
        "all of whose workers reach the images and the directory of the data set.",
        choices=("local", "beam"),
    )
    beam_options: str = setting(
        "", "Options of the Beam pipeline, as on a command line; empty: this machine."
    )

    def __post_init__(self):
        check_settings(self)
        if not self.source:
            raise ValueError("`source` must name the images. Received: none")
        if self.channels not in (0, 1, 3):
            raise ValueError(
                f"`channels` must be 0, 1 or 3. Received: channels={self.channels}"
            )
        if self.beam_options and self.runner != "beam":
            raise ValueError(
                "`beam_options` needs runner=beam. "
                f"Received: runner={self.runner}, beam_options={self.beam_options!r}"
            )


def short_name(dataset: str) -> str:
    """Returns the name of a data set without the directories of its file.

    Scores are named so; `npz:data/mnist.npz` is `npz:mnist.npz`.
    """
    source, colon, where = dataset.partition(":")
    return f"{source}{colon}{pathlib.PurePath(where).name}"
