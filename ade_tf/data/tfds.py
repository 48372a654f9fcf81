"""Images of a prepared TensorFlow Datasets (TFDS) data set."""

import json
import pathlib
import re

import numpy as np

from ade_tf.data.images import (
    fit_image,
    is_enlarged,
    stack_images,
    warn_of_enlarging,
)
from ade_tf.data.memory import check_memory
from ade_tf.data.source import LoadOptions, Source
from ade_tf.data.splits import Split

__all__ = ["load_tfds"]

_BATCH_SIZE = 1024
_NAME = re.compile(r"\w+(/[\w.-]+)?(:\d+\.\d+\.\d+)?")


def load_tfds(name: str, options: LoadOptions) -> Source:
    """Loads the features `image` and `label` of a TFDS data set.

    A prepared set is read from its files alone and nothing touches the network. It is
    looked for in `data_dir` (TFDS's own default directory if empty): as
    `data_dir/NAME/VERSION`, `data_dir/NAME/CONFIG/VERSION`, `data_dir/VERSION` or
    `data_dir` itself; the newest version is taken.

    Args:
      name: `NAME`, `NAME/CONFIG`, `NAME:VERSION` or `NAME/CONFIG:VERSION`.
      options: `data_dir`, `download`, `image_size` and `channels` are used.

    Returns:
      Those of the splits `train`, `validation` and `test` that the set has, uint8, in
      the order of its files.

    Raises:
      ValueError: If the name is malformed, the set is not there and `download` is off,
        TFDS does not know it, it has no images or no training split, or sizes differ
        without `image_size`.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(
            "A TFDS data set must be named NAME, NAME/CONFIG, NAME:VERSION or "
            f"NAME/CONFIG:VERSION. Received: {name!r}"
        )
    # Imported here: it is slow to import and other sources do without it.
    import tensorflow_datasets as tfds

    root = pathlib.Path(options.data_dir or tfds.core.constants.DATA_DIR).expanduser()
    directory = _find_prepared(tfds, name, root)
    if directory is not None:
        builder = tfds.builder_from_directory(directory)
    elif options.download:
        builder = _download(tfds, name, root)
    else:
        raise ValueError(
            "`tfds:NAME` must name a prepared TFDS data set: nothing is downloaded "
            "unless `download` is set. Name its directory by `data_dir`; `tfds build` "
            "prepares one where there is a network. Received: "
            f"{name!r}, sought in {str(root / name.split(':')[0])!r} and {str(root)!r}"
        )
    features = builder.info.features
    if "image" not in features or not isinstance(
        features["image"], tfds.features.Image
    ):
        raise ValueError(
            "A TFDS data set must have a feature `image`. "
            f"Received: {name!r} with {sorted(features)}"
        )
    if "train" not in builder.info.splits:
        raise ValueError(
            "A TFDS data set must have a split `train`. "
            f"Received: {name!r} with {sorted(builder.info.splits)}"
        )
    label = features["label"] if "label" in features else None
    labelled = isinstance(label, tfds.features.ClassLabel)
    splits = {
        split: _read_split(tfds, builder, split, labelled, options)
        for split in ("train", "validation", "test")
        if split in builder.info.splits
    }
    return Source(splits, class_names=tuple(label.names) if labelled else ())


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


def _read_split(tfds, builder, split, labelled, options):
    fields = {"image": True} | ({"label": True} if labelled else {})
    dataset = builder.as_dataset(
        split=split,
        decoders=tfds.decode.PartialDecoding(fields),
        # One file after the other, as they were written.
        read_config=tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False),
    )
    one_size = None not in builder.info.features["image"].shape
    dataset = dataset.batch(_BATCH_SIZE if one_size else 1).prefetch(2)
    images, labels, num_enlarged = [], [], 0
    where = f"the {split} split of {builder.name!r}"
    for batch in dataset.as_numpy_iterator():
        for image in batch["image"]:
            fitted = fit_image(image, options.image_size, options.channels)
            if not images:
                count = builder.info.splits[split].num_examples
                check_memory(count * fitted.nbytes, where)
            images.append(fitted)
            num_enlarged += is_enlarged(image.shape, options.image_size)
        labels.extend(batch.get("label", ()))
    if not images:
        raise ValueError(
            f"Every split must hold images. Received: {builder.name!r}, {split!r}: none"
        )
    warn_of_enlarging(num_enlarged, len(images), options.image_size, where)
    names = [f"{split}[{index}]" for index in range(len(images))]
    return Split(stack_images(images, names), np.array(labels) if labelled else None)
