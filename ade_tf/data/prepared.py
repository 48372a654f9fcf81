"""Prepared data sets: what lies in their directory, and how they are loaded."""

import concurrent.futures
import hashlib
import json
import os
import pathlib

import numpy as np

from ade_tf.data.array_records import RecordImages
from ade_tf.data.folder import label_files
from ade_tf.data.source import LoadOptions, Source
from ade_tf.data.splits import Split
from ade_tf.files import expanded
from ade_tf.progress import Passes

__all__ = [
    "DATASET_FILE",
    "FORMAT",
    "IMAGES_SUFFIX",
    "PLAN_FILE",
    "load_prepared",
    "prepared_source",
    "sha256_of_file",
]

FORMAT = "ade_tf prepared images 1"
# What tells a data set that is ready; the plan of one that is not; images of a shard,
# beside which `.json` has their labels or names.
DATASET_FILE, PLAN_FILE = "dataset.json", "plan.json"
IMAGES_SUFFIX = ".array_record"


def load_prepared(path: str, options: LoadOptions) -> Source:
    """Loads a data set that `prepare_data` has made; its images stay on disk.

    The checksums of all its files are compared first. The splits that the set lacks are
    drawn as from the source that it was prepared from, so that training from either is
    the same.

    Args:
      path: The directory.
      options: `image_size`, `channels` and `levels` must be the set's, or 0.

    Returns:
      The splits that the set has.

    Raises:
      ValueError: If there is no such set, it is not ready, a file is missing, truncated
        or changed, or other images are asked for.
    """
    directory = expanded(path)
    file = directory / DATASET_FILE
    if not path or not file.is_file():
        unfinished = (directory / PLAN_FILE).is_file()
        state = ", which is not ready: prepare it again to go on" * unfinished
        raise ValueError(
            "`prepared:DIR` must name a directory that prepare_data has made. "
            f"Received: {path!r}{state}"
        )
    try:
        record = json.loads(file.read_text())
        known = record["format"] == FORMAT
    except (ValueError, TypeError, KeyError):
        known = False
    if not known:
        raise ValueError(
            f"{DATASET_FILE} of `prepared:DIR` must be of this version of ade_tf. "
            f"Received: {path!r}"
        )
    _check_options(record, options, path)
    _check_files(directory, record["files"])
    return prepared_source(directory, record)


def prepared_source(directory: pathlib.Path, record: dict) -> Source:
    """Returns the images of a prepared set, whose files are not looked at first.

    Args:
      directory: The directory.
      record: What its `dataset.json` says.

    Raises:
      ValueError: If a file of images cannot be read.
    """
    images, labels, names = {}, {}, {}
    for split, shards in record["shards"].items():
        details = [json.loads((directory / f"{s}.json").read_text()) for s in shards]
        files = [
            directory / f"{shard}{IMAGES_SUFFIX}"
            for shard, detail in zip(shards, details, strict=True)
            if detail["images"]
        ]
        shape = (record["images"][split], *record["image_shape"])
        images[split] = RecordImages(files, shape, record["dtype"])
        for key, found in (("labels", labels), ("names", names)):
            values = [value for detail in details for value in detail[key] or ()]
            found[split] = values or None
    class_names = record["class_names"]
    if names["train"] is not None:
        paths = {
            split: [pathlib.PurePosixPath(name) for name in part]
            for split, part in names.items()
        }
        labels, class_names = label_files(paths)
    return Source(
        {
            split: Split(images[split], None if part is None else np.asarray(part))
            for split, part in labels.items()
        },
        levels=record["levels"],
        class_names=None if class_names is None else tuple(class_names),
        note=record["note"],
        names=names["train"] and tuple(names["train"]),
        identity=record.get("identity"),
        is_ready=True,
    )


def sha256_of_file(path) -> str:
    """Returns the SHA-256 of a file's content."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_options(record, options, path):
    height, width, channels = record["image_shape"]
    for name, asked, had in (
        ("image_size", options.image_size, (height, width)),
        ("channels", options.channels, channels),
        ("levels", options.levels, record["levels"]),
        ("pad_to", options.pad_to, 0),
    ):
        if asked and asked != had:
            raise ValueError(
                f"`{name}` of a prepared set is what it was prepared with, {had}, or 0 "
                f"(prepare it again for another). Received: {name}={asked} for {path!r}"
            )


def _check_files(directory, files):
    """Compares sizes of all files, then checksums; raises ValueError for the first."""

    def refuse(name, received):
        raise ValueError(
            "Files of a prepared set must be there and as they were made (take them "
            f"from a copy, or prepare it anew). Received: {str(directory / name)!r}, "
            f"{received}"
        )

    for name, facts in files.items():
        try:
            size = os.stat(directory / name).st_size
        except OSError as error:
            refuse(name, error.strerror)
        if size != facts["bytes"]:
            refuse(name, f"{size} bytes of {facts['bytes']}")
    progress = Passes("checksums", unit="files")
    paths = [directory / name for name in files]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = zip(files, pool.map(sha256_of_file, paths), strict=True)
        for place, (name, sha256) in enumerate(found, 1):
            if sha256 != files[name]["sha256"]:
                refuse(name, "another checksum")
            progress(place, len(files))
