"""Preparing a data set: any source of images to shards that are read at random."""

import dataclasses
import json
import math

import numpy as np
import PIL
from absl import logging

from ade_tf.config.data import PreparationOptions
from ade_tf.data.beam import beam_pipeline, run_on_beam
from ade_tf.data.image_files import listed
from ade_tf.data.images import side_lengths, type_of_levels, warn_of_enlarging
from ade_tf.data.prepared import (
    DATASET_FILE,
    FORMAT,
    IMAGES_SUFFIX,
    PLAN_FILE,
    load_prepared,
    prepared_source,
    sha256_of_file,
)
from ade_tf.data.registry import as_image_data
from ade_tf.data.shards import details_of_shard, write_shard
from ade_tf.data.source import LoadOptions
from ade_tf.data.split_names import SPLITS
from ade_tf.data.unprepared import FileSource, open_source
from ade_tf.files import expanded, replace_file
from ade_tf.lock import LOCK, locked
from ade_tf.processes import parallel
from ade_tf.progress import Passes
from ade_tf.versions import package_versions

__all__ = ["prepare_data"]

_SHARD_BYTES = 2**26
# What may differ between the commands that begin and that go on.
_FREE = ("beam_options", "data_dir", "download", "images_per_shard", "processes")
_FREE += ("runner", "skip_bad_images")


def prepare_data(out, options: PreparationOptions) -> dict:
    """Makes a directory that `prepared:DIR` loads.

    The images are decoded, brought to one size and written as ArrayRecord shards, with
    their checksums and all facts in JSON. A preparation that was ended goes on where it
    was, and gives the same bytes. One that is ready stays as it is, once its checksums
    are compared.

    Args:
      out: The directory; new, empty, or of a preparation by the same options.
      options: The choices.

    Returns:
      What `dataset.json` says.

    Raises:
      ValueError: If the images cannot be loaded, the directory holds something else, or
        the source has changed since the preparation began.
      OSError: If something cannot be written.
    """
    out = expanded(out)
    _check_directory(out)
    source = open_source(options)
    if options.runner == "beam" and not isinstance(source, FileSource):
        raise ValueError(
            "runner=beam is for image files (folder, zip or tar). "
            f"Received: {options.source!r}"
        )
    settings = {k: v for k, v in dataclasses.asdict(options).items() if k not in _FREE}
    settings["image_size"] = list(side_lengths(options.image_size))
    asked = {"format": FORMAT, "settings": settings, "stamp": source.stamp}
    if (out / DATASET_FILE).is_file():
        record = json.loads((out / DATASET_FILE).read_text())
        _check_same(out, record, asked)
        load_prepared(str(out), LoadOptions())
        print(f"{out} is ready: {record['description']}")
        return record
    pipeline = beam_pipeline(options.beam_options) if options.runner == "beam" else None
    out.mkdir(parents=True, exist_ok=True)
    with locked(out, "a data set is prepared by one process at a time"):
        plan = _plan(out, source, options, asked)
        for leftover in _leftovers(out):
            leftover.unlink()
        if pipeline is not None:
            _write_shards(out, source, options, plan, pipeline)
        # With Beam, what its workers refused: it is refused here in its own words.
        _write_shards(out, source, options, plan)
        if open_source(options).stamp != source.stamp:
            raise _changed(out, options.source)
        return _finish(out, source, options, plan)


def _check_directory(out):
    if out.exists() and not out.is_dir():
        raise ValueError(f"out must be a directory. Received: {str(out)!r}")
    found = set(out.iterdir()) - _leftovers(out) if out.exists() else set()
    names = {path.name for path in found}
    if names - {LOCK} and not names & {DATASET_FILE, PLAN_FILE}:
        raise ValueError(
            "out must be new, empty or the directory of a preparation. "
            f"Received: {str(out)!r}, which holds {listed(sorted(names))}"
        )


def _leftovers(out):
    """Returns the unfinished files of a preparation that was killed."""
    unfinished = (f".{PLAN_FILE}.*", f".{DATASET_FILE}.*", ".*-of-*")
    return {path for pattern in unfinished for path in out.glob(pattern)}


def _check_same(out, found, asked):
    """Refuses to go on by other options or from a source that has changed."""
    if found.get("format") != FORMAT:
        raise ValueError(
            "out must be of this version of ade_tf, or new. "
            f"Received: {str(out)!r} of {found.get('format')!r}"
        )
    old, new = found["settings"], asked["settings"]
    if different := [f"{k} {old[k]!r} -> {new[k]!r}" for k in new if old[k] != new[k]]:
        raise ValueError(
            "a preparation goes on with the options it began with (or another out is "
            f"given). Received: {str(out)!r} with {', '.join(different)}"
        )
    if found["stamp"] != asked["stamp"]:
        raise _changed(out, new["source"])


def _changed(out, source):
    return ValueError(
        "the source must stay as it is from the beginning of its preparation on (give "
        "another out to prepare it as it is now). "
        f"Received: {source!r}, which has changed since {str(out)!r} was begun"
    )


def _plan(out, source, options, asked):
    """Returns the plan of the directory, which is made if there is none."""
    path = out / PLAN_FILE
    if path.is_file():
        plan = json.loads(path.read_text())
        _check_same(out, plan, asked)
        return plan
    with parallel(options.processes) as run:
        shape = source.shape(run)
    dtype = np.dtype(type_of_levels(source.levels)).newbyteorder("<")
    size = math.prod(shape) * dtype.itemsize
    step = options.images_per_shard or max(1, _SHARD_BYTES // size)
    shards = {
        split: [[first, min(first + step, count)] for first in range(0, count, step)]
        for split, count in source.counts.items()
    }
    plan = {**asked, "image_shape": list(shape), "dtype": dtype.str, "shards": shards}
    replace_file(path, (json.dumps(plan, indent=1) + "\n").encode())
    return plan


def _names(plan):
    """Returns `name -> (split, first, last)` of all shards, in order."""
    return {
        f"{split}-{number:05d}-of-{len(ends):05d}": (split, *end)
        for split, ends in plan["shards"].items()
        for number, end in enumerate(ends)
    }


def _write_shards(out, source, options, plan, pipeline=None):
    names, total = _names(plan), sum(source.counts.values())
    missing = [name for name in names if details_of_shard(out, name) is None]
    ahead = {name: names[name][2] - names[name][1] for name in missing}
    done = total - sum(ahead.values())
    progress = Passes("images", unit="images", delay=0.0)
    progress(done, total)
    shape = plan["image_shape"]
    tasks = ((out, name, source.part(*names[name], shape)) for name in missing)
    if pipeline is not None:
        run_on_beam(pipeline, write_shard, tasks)
        return
    # Arrays are in this process, and quick; streams are read by TensorFlow's threads.
    processes = options.processes if isinstance(source, FileSource) else 1
    with parallel(processes) as run:
        for name, _ in zip(missing, run(write_shard, tasks), strict=True):
            done += ahead[name]
            progress(done, total)


def _finish(out, source, options, plan):
    """Writes what tells a data set that is ready."""
    names = _names(plan)
    details = {name: details_of_shard(out, name) for name in names}
    shards = {split: [] for split in SPLITS if split in source.counts}
    images = dict.fromkeys(shards, 0)
    for name, (split, *_) in names.items():
        shards[split].append(name)
        images[split] += details[name]["images"]
    left_out = [text for detail in details.values() for text in detail["left_out"]]
    total = sum(images.values())
    if left_out:
        logging.warning("Left out %d files: %s.", len(left_out), listed(left_out))
    if empty := [split for split, count in images.items() if not count]:
        raise ValueError(
            "Every split must hold at least one image that can be decoded. "
            f"Received: {options.source!r} without any for {', '.join(empty)}"
        )
    enlarged = sum(detail["enlarged"] for detail in details.values())
    warn_of_enlarging(enlarged, total, options.image_size, options.source)
    record = {
        **{key: plan[key] for key in ("format", "settings", "stamp")},
        "made": "Images are " + "; ".join(source.words(plan["image_shape"])) + ".",
        **{key: plan[key] for key in ("image_shape", "dtype")},
        "levels": source.levels,
        "class_names": source.class_names,
        "note": source.note,
        "images": images,
        "enlarged": enlarged,
        "left_out": left_out,
        "shards": shards,
        "files": _files(out, details),
        "packages": package_versions() | {"pillow": PIL.__version__},
    }
    print("Comparing what was written ...", flush=True)
    prepared = prepared_source(out, record)
    data = as_image_data(f"prepared:{out}", prepared, source.levels, LoadOptions())
    record["identity"] = data.identity
    record["description"] = data.description
    record["classes"] = _classes(data)
    replace_file(out / DATASET_FILE, (json.dumps(record, indent=1) + "\n").encode())
    (out / PLAN_FILE).unlink()
    print(f"{out} is ready: {record['description']}")
    return record


def _files(out, details):
    """Returns `name -> size and checksum` of all files of shards."""
    files = {}
    for name, detail in details.items():
        images, path = f"{name}{IMAGES_SUFFIX}", out / f"{name}.json"
        files[images] = {key: detail[key] for key in ("bytes", "sha256")}
        sha256 = sha256_of_file(path)
        files[path.name] = {"bytes": path.stat().st_size, "sha256": sha256}
    return files


def _classes(data):
    """Returns `split -> class -> number of its images`; empty without classes."""
    classes = {}
    for split in SPLITS if data.num_classes else ():
        labels = getattr(data, split).labels
        counts = np.bincount(labels, minlength=data.num_classes).tolist()
        classes[split] = dict(zip(data.class_names, counts, strict=True))
    return classes
