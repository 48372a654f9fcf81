"""Images of a prepared TensorFlow Datasets (TFDS) data set."""

import itertools
import json
import re
from collections.abc import Iterator, Mapping

import numpy as np

from ade_tf.data.images import (
    fit_image,
    is_enlarged,
    stack_images,
    warn_of_enlarging,
)
from ade_tf.data.memory import check_memory
from ade_tf.data.source import LoadOptions, Source
from ade_tf.data.split_names import SPLITS
from ade_tf.data.splits import Split
from ade_tf.files import expanded

__all__ = ["TfdsImages", "load_tfds"]

_BATCH_SIZE = 1024
_NAME = re.compile(r"\w+(/[\w.-]+)?(:\d+\.\d+\.\d+)?")


def load_tfds(name: str, options: LoadOptions) -> Source:
    """Loads the features `image` and `label` of a TFDS data set.

    Args:
      name: As of `TfdsImages`.
      options: `data_dir`, `download`, `image_size` and `channels` are used.

    Returns:
      Those of the splits `train`, `validation` and `test` that the set has, uint8, in
      the order of its files.

    Raises:
      ValueError: As `TfdsImages` says; or if sizes differ without `image_size`.
    """
    return TfdsImages(name, options).load()


class TfdsImages:
    """The features `image` and `label` of a TFDS data set, read in order.

    A prepared set is read from its files alone and nothing touches the network. It is
    looked for in `data_dir` (TFDS's own default directory if empty): as
    `data_dir/NAME/VERSION`, `data_dir/NAME/CONFIG/VERSION`, `data_dir/VERSION` or
    `data_dir` itself; the newest version is taken.

    Args:
      name: `NAME`, `NAME/CONFIG`, `NAME:VERSION` or `NAME/CONFIG:VERSION`.
      options: `data_dir`, `download`, `image_size` and `channels` are used.
      splits: Split -> its name in the set, or several joined by `+`; None: those of
        `train`, `validation` and `test` that there are.
      labelled: Whether labels are read where there are any.
      crop: Top, left, height and width, in pixels, of the part of an image that is
        taken before it is resized; None: all of it.

    Attributes:
      counts: Split -> the number of its images.
      class_names: Names of the classes; none if it is not labelled.
      crop: As given.
      sized: Whether images are resized.

    Raises:
      ValueError: If the name is malformed, the set is not there and `download` is off,
        TFDS does not know it, it has no images, or lacks a split.
    """

    def __init__(
        self,
        name: str,
        options: LoadOptions,
        splits: Mapping[str, str] | None = None,
        labelled: bool = True,
        crop: tuple[int, int, int, int] | None = None,
    ):
        self._options, self.crop = options, crop
        self.sized = bool(options.image_size)
        self._builder = builder = _open(name, options)
        known, features = builder.info.splits, builder.info.features
        if "image" not in features or not _is_image(features["image"]):
            raise ValueError(
                "A TFDS data set must have a feature `image`. "
                f"Received: {name!r} with {sorted(features)}"
            )
        self._splits = splits or {split: split for split in SPLITS if split in known}
        needed = {part for s in self._splits.values() for part in s.split("+")}
        for part in sorted({"train"} | needed):
            if part not in known:
                raise ValueError(
                    f"A TFDS data set must have a split `{part}`. "
                    f"Received: {name!r} with {sorted(known)}"
                )
        self.counts = {
            split: sum(known[part].num_examples for part in parts.split("+"))
            for split, parts in self._splits.items()
        }
        label = features["label"] if labelled and "label" in features else None
        self.class_names = tuple(label.names) if _is_label(label) else ()

    def read(
        self, split: str, first: int = 0, last: int | None = None
    ) -> Iterator[tuple[np.ndarray, int | None, bool]]:
        """Yields images of a split from one place to another, some at a time.

        Each is a triple: the image `[H, W, C]`, uint8, cropped and resized; its label,
        or None; whether it was enlarged.

        Args:
          split: A key of `counts`.
          first: The first place.
          last: The place after the last; None: all.
        """
        import tensorflow_datasets as tfds

        fields = {"image": True} | ({"label": True} if self.class_names else {})
        one_size = None not in self._builder.info.features["image"].shape
        dataset = self._builder.as_dataset(
            split=self._instruction(split, first, last),
            decoders=tfds.decode.PartialDecoding(fields),
            # One file after the other, as they were written.
            read_config=tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False),
        )
        dataset = dataset.batch(_BATCH_SIZE if one_size else 1).prefetch(1)
        size, channels = self._options.image_size, self._options.channels
        for batch in dataset.as_numpy_iterator():
            labels = batch.get("label", itertools.repeat(None))
            for image, label in zip(batch["image"], labels, strict=False):
                image = self._cropped(image)
                fitted = fit_image(image, size, channels)
                yield fitted, label, is_enlarged(image.shape, size)

    def load(self) -> Source:
        """Reads all images into memory.

        Raises:
          ValueError: If a split has none, memory does not hold them or sizes differ.
        """
        splits = {split: self._load_split(split) for split in self._splits}
        return Source(splits, class_names=self.class_names)

    def _load_split(self, split):
        images, labels, num_enlarged = [], [], 0
        where = f"the {split} split of {self._builder.name!r}"
        for image, label, enlarged in self.read(split):
            if not images:
                check_memory(self.counts[split] * image.nbytes, where)
            images.append(image)
            labels.append(label)
            num_enlarged += enlarged
        if not images:
            raise ValueError(
                "Every split must hold images. "
                f"Received: {self._builder.name!r}, {split!r}: none"
            )
        size = self._options.image_size
        warn_of_enlarging(num_enlarged, len(images), size, where)
        names = [f"{split}[{index}]" for index in range(len(images))]
        stack = stack_images(images, names)
        return Split(stack, np.array(labels) if self.class_names else None)

    def _instruction(self, split, first, last):
        """Returns places of a split in TFDS's words."""
        if last is None:
            return self._splits[split]
        parts, start = [], 0
        for part in self._splits[split].split("+"):
            count = self._builder.info.splits[part].num_examples
            ends = [min(max(place - start, 0), count) for place in (first, last)]
            if ends[0] < ends[1]:
                parts.append(f"{part}[{ends[0]}:{ends[1]}]")
            start += count
        return "+".join(parts)

    def _cropped(self, image):
        if self.crop is None:
            return image
        top, left, height, width = self.crop
        part = image[top : top + height, left : left + width]
        if part.shape[:2] != (height, width):
            raise ValueError(
                f"Images must hold the {height}x{width} pixels from row {top} and "
                f"column {left} on. Received: an image of shape {image.shape} of "
                f"{self._builder.name!r}"
            )
        return part


def _is_image(feature):
    import tensorflow_datasets as tfds

    return isinstance(feature, tfds.features.Image)


def _is_label(feature):
    import tensorflow_datasets as tfds

    return isinstance(feature, tfds.features.ClassLabel)


def _open(name, options):
    """Returns the builder of a set that is there, or that may be downloaded."""
    if not _NAME.fullmatch(name):
        raise ValueError(
            "A TFDS data set must be named NAME, NAME/CONFIG, NAME:VERSION or "
            f"NAME/CONFIG:VERSION. Received: {name!r}"
        )
    # Imported here: it is slow to import and other sources do without it.
    import tensorflow_datasets as tfds

    root = expanded(options.data_dir or tfds.core.constants.DATA_DIR)
    directory = _find_prepared(tfds, name, root)
    if directory is not None:
        return tfds.builder_from_directory(directory)
    if options.download:
        return _download(tfds, name, root)
    raise ValueError(
        "`tfds:NAME` must name a prepared TFDS data set: nothing is downloaded "
        "unless `download` is set. Name its directory by `data_dir`; `tfds build` "
        "prepares one where there is a network. Received: "
        f"{name!r}, sought in {str(root / name.split(':')[0])!r} and {str(root)!r}"
    )


def _find_prepared(tfds, name, root):
    """Returns the newest prepared directory of the set, or None."""
    name, _, version = name.partition(":")
    name, _, config = name.partition("/")
    found = []
    for pattern in (".", "*", f"{name}/*", f"{name}/*/*"):
        for info_file in root.glob(f"{pattern}/dataset_info.json"):
            if (info_file.parent / "features.json").is_file():
                info = json.loads(info_file.read_text())
                found.append((info, info_file.parent))
    found = [
        (info.get("configName", ""), tfds.core.Version(info["version"]), directory)
        for info, directory in found
        if info["name"] == name
        and config in ("", info.get("configName", ""))
        and version in ("", info["version"])
    ]
    configs = sorted({config for config, _, _ in found})
    if len(configs) > 1:
        raise ValueError(
            f"`tfds:NAME/CONFIG` must say which configuration, one of {configs}. "
            f"Received: {name!r}"
        )
    return max(found, key=lambda entry: entry[1])[2] if found else None


def _download(tfds, name, root):
    try:
        builder = tfds.builder(name, data_dir=root, try_gcs=False)
    except tfds.core.DatasetNotFoundError as error:
        raise ValueError(
            f"`tfds:NAME` must be known to TFDS to be downloaded. Received: {name!r}"
        ) from error
    builder.download_and_prepare()
    return builder
