"""Data sets by name."""

import dataclasses
import functools
import hashlib
import pathlib

import numpy as np
from absl import logging

from ade_tf.config import DataConfig
from ade_tf.config.choices import Choice
from ade_tf.config.data import MOST_LEVELS
from ade_tf.data.images import (
    as_stack,
    fit_image,
    is_enlarged,
    pad_images,
    to_values,
    wanted_size,
    warn_of_enlarging,
)
from ade_tf.data.labels import all_numbers, check_labels, number_classes
from ade_tf.data.source import LoadOptions, Source
from ade_tf.data.split_names import SPLITS
from ade_tf.data.splits import Split, complete_splits
from ade_tf.data.stored import StoredImages, pieces

__all__ = [
    "SOURCES",
    "ImageData",
    "as_image_data",
    "check_split",
    "load_data",
    "load_dataset",
    "load_source",
]

# Name of a source -> loader of what stands after the colon.
SOURCES = {
    "digits": Choice("ade_tf.data.digits:load_digits"),
    "folder": Choice("ade_tf.data.folder:load_folder"),
    "npz": Choice("ade_tf.data.npz:load_npz"),
    "papers": Choice("ade_tf.data.papers:load_paper_set"),
    "photos": Choice("ade_tf.data.photos:load_photos"),
    "prepared": Choice("ade_tf.data.prepared:load_prepared"),
    "shapes": Choice("ade_tf.data.shapes:load_shapes"),
    "tfds": Choice("ade_tf.data.tfds:load_tfds"),
    "toy": Choice("ade_tf.data.toy:load_toy"),
}


@dataclasses.dataclass(frozen=True, eq=False)
class ImageData:
    """A data set, checked and split.

    Attributes:
      name: The name it was loaded by.
      levels: Number of grey levels: values are 0 .. levels - 1; 0 if continuous.
      class_names: Names of the classes, label by label; none if unlabelled (all labels
        are then 0).
      train: Training images.
      validation: Validation images.
      test: Test images.
      description: Shape and sizes, and how the splits were made, in words.
      drawn: Names of the splits that the source lacks and that were drawn.
      known_identity: The `identity`, where the source has it on record.
      domain_b: Images of a second domain, where there is one.
    """

    name: str
    levels: int
    class_names: tuple[str, ...]
    train: Split
    validation: Split
    test: Split
    description: str
    drawn: tuple[str, ...] = ()
    known_identity: dict | None = None
    domain_b: "ImageData | None" = None

    @property
    def domains(self) -> tuple["ImageData", ...]:
        """The images of the only domain, or of both."""
        return (self,) if self.domain_b is None else (self, self.domain_b)

    @property
    def num_classes(self) -> int:
        """Number of classes; 0 if unlabelled."""
        return len(self.class_names)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of every image."""
        return self.train.images.shape[1:]

    @functools.cached_property
    def identity(self) -> dict:
        """What tells these images, their labels and splits from others, fit for JSON.

        Split -> its number of `images` and their `sha256`, with that of the labels;
        splits of a second domain are called `SPLIT_b`.
        """
        found = self.known_identity or {
            name: {"images": len(split), "sha256": _sha256(split)}
            for name, split in ((name, getattr(self, name)) for name in SPLITS)
        }
        other = self.domain_b.identity if self.domain_b else {}
        return found | {f"{name}_b": value for name, value in other.items()}


def load_dataset(
    name: str,
    *,
    data_dir: str = "",
    image_size: int | tuple[int, ...] = 0,
    pad_to: int = 0,
    levels: int = 0,
    channels: int = 0,
    continuous: bool = False,
    download: bool = False,
    skip_bad_images: bool = False,
    as_formerly: bool = False,
) -> ImageData:
    """Loads a data set of images: into memory, or from a prepared set as needed.

    Splits that a source lacks are drawn from its training images with a fixed seed (see
    `complete_splits`).

    Args:
      name: `digits`, `shapes`, `npz:PATH`, `folder:PATH`, `prepared:DIR`, `tfds:NAME`,
        `papers:NAME` or `toy:NAME`; see the source's module.
      data_dir: Directory of prepared TFDS data sets; empty for TFDS's own default.
      image_size: Side in pixels, or height and width, to which images are cropped at
        their centre and resized by area; 0 keeps them, and they must then have one
        size.
      pad_to: Side in pixels to which images are then padded with zeros, half of them on
        each side (of an odd number, one more behind); 0 for none.
      levels: Number of grey levels, 2 to 65,536; 0 takes the source's own (17 for
        `digits`, those that an `npz` names, else 256). Float images without them need
        it; their values are whole.
      channels: 1 or 3 to convert to grey or colour; 0 keeps the source's.
      continuous: Take the numbers of an `npz` as continuous (float32, `levels` 0).
      download: Allow TFDS to download.
      skip_bad_images: Count and leave out files of a folder that cannot be decoded.
      as_formerly: Draw splits of files by position, and take all numbers up to the
        largest label for classes, as for runs from before either went by names.

    Returns:
      The data set.

    Raises:
      ValueError: If an argument is out of range, the source is unknown or missing, or
        its images or labels are not valid.
    """
    if pad_to < 0:
        raise ValueError(f"`pad_to` must be at least 0. Received: pad_to={pad_to}")
    options = LoadOptions(
        *(data_dir, wanted_size(image_size), pad_to, channels, download),
        *(skip_bad_images, levels),
    )
    source, levels = load_source(name, options, continuous)
    return as_image_data(name, source, levels, options, as_formerly=as_formerly)


def load_source(
    name: str, options: LoadOptions, continuous: bool = False
) -> tuple[Source, int]:
    """Loads a source by name, unchecked, and says how many levels its images have.

    Args:
      name: As of `load_dataset`.
      options: How they are wanted.
      continuous: As of `load_dataset`.

    Raises:
      ValueError: As `load_dataset` says of its arguments and of sources.
    """
    prefix, _, argument = name.partition(":")
    levels = options.levels
    _check_arguments(name, prefix, levels, options.channels, continuous)
    if name == prefix and pathlib.Path(name).is_dir():
        logging.warning(
            "`%s` are images that come with the package; those of the directory of "
            "this name here are `folder:%s`.",
            *(name, name),
        )
    source = SOURCES[prefix](argument, options)
    if source.levels is None and not (levels or continuous):
        raise ValueError(
            "Float images need `levels` (their values are whole) or `continuous`. "
            f"Received: {name!r} with neither"
        )
    if levels and source.levels == 0:
        raise ValueError(
            "`levels` must be 0 for data that are continuous. "
            f"Received: {name!r}, levels={levels}"
        )
    return source, 0 if continuous else levels or source.levels


def as_image_data(
    name: str,
    source: Source,
    levels: int,
    options: LoadOptions,
    *,
    as_formerly: bool = False,
) -> ImageData:
    """Returns the images of a source as a data set, checked and split.

    Args:
      name: The data set's name.
      source: The images.
      levels: Their grey levels; 0 if they are continuous.
      options: How they are wanted.
      as_formerly: As of `load_dataset`.

    Raises:
      ValueError: As `load_dataset` says of images and labels.
    """
    if options.pad_to and not levels:
        raise ValueError(
            "`pad_to` needs grey levels: zeros without noise have no density. "
            f"Received: {name!r}, continuous, pad_to={options.pad_to}"
        )
    splits = source.splits
    if not source.is_ready:
        splits = {
            key: check_split(split, f"the {key} split of {name!r}", levels, options)
            for key, split in splits.items()
        }
    class_names = source.class_names
    if as_formerly and class_names is None:
        class_names = all_numbers(splits)
    splits, class_names = number_classes(splits, class_names, name)
    _check_shapes(splits, name)
    names = None if as_formerly else source.names
    splits, made = complete_splits(splits, names)
    return ImageData(
        name=name,
        levels=levels,
        class_names=class_names,
        description=_describe(
            name, splits, levels, len(class_names), source.note or made
        ),
        drawn=tuple(key for key in SPLITS if key not in source.splits),
        known_identity=source.identity,
        train=splits["train"],
        validation=splits["validation"],
        test=splits["test"],
    )


def _check_arguments(name, prefix, levels, channels, continuous):
    if prefix not in SOURCES:
        raise ValueError(
            "A data set must be named `SOURCE` or `SOURCE:WHERE`, with a source of "
            f"{', '.join(sorted(SOURCES))}. Received: {name!r}"
        )
    if levels != 0 and not 2 <= levels <= MOST_LEVELS:
        raise ValueError(
            f"`levels` must be 0 or 2..{MOST_LEVELS}. Received: levels={levels}"
        )
    if channels not in (0, 1, 3):
        raise ValueError(f"`channels` must be 0, 1 or 3. Received: channels={channels}")
    if continuous and (levels or prefix != "npz"):
        raise ValueError(
            "`continuous` needs an `npz` source and `levels` 0. "
            f"Received: {name!r}, levels={levels}"
        )


def check_split(split: Split, where: str, levels: int, options: LoadOptions) -> Split:
    """Returns the images of a source as wanted, in memory, and their labels checked.

    `StoredImages` are returned as they are, for they are checked as they are read.

    Args:
      split: Images of any numbers, `[N, H, W, C]` or `[N, H, W]`.
      where: What they are called in an error message.
      levels: Their grey levels; 0 if they are continuous.
      options: Their `image_size`, `channels` and `pad_to`.

    Raises:
      ValueError: If images or labels are not valid.
    """
    images = split.images
    if not isinstance(images, StoredImages):
        images = _as_wanted(images, f"Images of {where}", levels, options)
    if split.labels is None:
        return Split(images, None)
    labels = check_labels(split.labels, len(images), f"Labels of {where}")
    return Split(images, labels)


def _as_wanted(images, where, levels, options):
    images = to_values(images, levels, where)
    images = _fit(images, options.image_size, options.channels, where)
    return pad_images(images, options.pad_to, where) if options.pad_to else images


def _fit(images, image_size, channels, where):
    images = as_stack(images, where)
    sized = image_size == 0 or images.shape[1:3] == image_size
    if sized and channels in (0, images.shape[3]):
        return images
    if is_enlarged(images.shape[1:], image_size):
        warn_of_enlarging(len(images), len(images), image_size, where)
    return np.stack([fit_image(image, image_size, channels) for image in images])


def _sha256(split):
    digest = hashlib.sha256()
    for array in (split.images, split.labels):
        digest.update(repr((array.shape, array.dtype.name)).encode())
        for piece in pieces(array):
            digest.update(np.ascontiguousarray(piece))
    return digest.hexdigest()


def _check_shapes(splits, name):
    shapes = {key: split.images.shape[1:] for key, split in splits.items()}
    if len(set(shapes.values())) > 1:
        raise ValueError(
            "Images of all splits must have one shape unless `image_size` is given. "
            f"Received: {name!r} with {shapes}"
        )


def _describe(name, splits, levels, num_classes, made):
    shape = "x".join(map(str, splits["train"].images.shape[1:]))
    sizes = ", ".join(f"{len(splits[key])} {key}" for key in SPLITS)
    values = f"{levels} levels" if levels else "continuous"
    classes = f"{num_classes} classes" if num_classes else "unlabelled"
    return f"{name}: {shape}, {values}, {classes}; {sizes}. {made}"


def load_data(config: DataConfig, *, as_formerly: bool = False) -> ImageData:
    """Loads the data set of a configuration.

    Args:
      config: The settings of the data.
      as_formerly: As of `load_dataset`.

    Raises:
      ValueError: As `load_dataset` says, or if the images of two domains differ in
        shape or levels.
    """
    data, *others = (
        _load_named(name, config, as_formerly)
        for name in filter(None, (config.dataset, config.dataset_b))
    )
    for other in others:
        kinds = [(own.image_shape, own.levels) for own in (data, other)]
        if kinds[0] != kinds[1]:
            raise ValueError(
                "images of both domains have one shape and number of levels. Received: "
                f"{data.name!r} with {kinds[0]}, {other.name!r} with {kinds[1]}"
            )
        words = f"{data.description}\ndata of B: {other.description}"
        data = dataclasses.replace(data, domain_b=other, description=words)
    return data


def _load_named(name, config, as_formerly):
    return load_dataset(
        name,
        data_dir=config.data_dir,
        pad_to=config.pad_to,
        download=config.download,
        as_formerly=as_formerly,
        **config.image_arguments(),
    )
