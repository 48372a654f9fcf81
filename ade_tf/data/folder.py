"""Image files in a folder."""

import concurrent.futures
import contextlib
import functools
import os
import warnings

import numpy as np
from absl import logging
from PIL import Image

from ade_tf.data.decoding import SUFFIXES, decode_image
from ade_tf.data.image_files import ImageFinder, listed
from ade_tf.data.images import stack_images, warn_of_enlarging, with_channels
from ade_tf.data.memory import check_memory
from ade_tf.data.source import LoadOptions, Source
from ade_tf.data.split_names import splits_by_name
from ade_tf.data.splits import Split
from ade_tf.files import existing
from ade_tf.progress import Passes

__all__ = ["find_files", "label_files", "load_folder", "read_images", "split_names"]


def load_folder(path: str, options: LoadOptions) -> Source:
    """Loads the image files below a folder, in the order of their paths.

    PNG, JPEG, WebP, BMP, TIFF and GIF are read, of one frame, upright by their EXIF
    orientation; see `MODES` for what becomes of their pixels. If the folder has a
    sub-folder `train` (or `training`), then it and `validation` (`valid`, `val`, `dev`)
    and `test` (`testing`), where present and in any case, are the splits and nothing
    else is read. Splits that it lacks are drawn by the paths of the files. If every
    image lies in a sub-folder (of its split), the names of these, sorted, are the
    classes. What is not read is logged; hidden files are left out; transparency is
    dropped; if some images have colour and some do not, all become colour unless
    `channels` says otherwise.

    Args:
      path: The folder.
      options: `image_size`, `channels`, `levels` and `skip_bad_images` are used.

    Returns:
      The splits that the folder has, uint8; uint16, of grey files of 16 bits, if more
      than 256 levels are asked for.

    Raises:
      ValueError: If there is no such folder, something in it cannot be read, it or a
        split holds no images, a file cannot be decoded, sizes differ without
        `image_size`, or the images would not fit in memory.
    """
    folders = _split_folders(path)
    finder = ImageFinder(folders.values(), options.skip_bad_images)
    files, images = {}, {}
    for split, folder in folders.items():
        files[split], images[split] = read_images(folder, options, finder=finder)
    if len({image.shape[-1] for part in images.values() for image in part}) > 1:
        images = {
            split: [with_channels(image, 3) for image in part]
            for split, part in images.items()
        }
    labels, class_names = label_files(files)
    splits = {
        split: Split(
            stack_images(images.pop(split), [str(f) for f in files[split]]),
            labels[split],
        )
        for split in files
    }
    names = tuple(file.as_posix() for file in files["train"])
    return Source(splits, class_names=class_names, names=names)


def find_files(path: str, skip_bad: bool) -> dict:
    """Finds the image files that `load_folder` reads.

    Args:
      path: The folder.
      skip_bad: As of `ImageFinder`.

    Returns:
      Split -> its own folder, and the files in it, in order.

    Raises:
      ValueError: As `load_folder` does, but for files that cannot be decoded.
    """
    folders = _split_folders(path)
    finder = ImageFinder(folders.values(), skip_bad)
    return {split: (folder, finder.find(folder)) for split, folder in folders.items()}


def _split_folders(path):
    root = existing("folder", path)
    names = [path.name for path in root.iterdir() if path.name[0] != "."]
    found = split_names(names, [n for n in names if (root / n).is_dir()], root)
    return {split: root / name for split, name in found.items()} or {"train": root}


def split_names(names, folders, where) -> dict[str, str]:
    """Returns split -> the sub-folder that it is; none where all is one split.

    Args:
      names: Names of all that is in a folder.
      folders: Those of its sub-folders.
      where: The folder, for messages.

    Raises:
      ValueError: If there are sub-folders of splits, but none to train on.
    """
    found = splits_by_name({name: name for name in folders}, repr(str(where)))
    if found and "train" not in found:
        raise ValueError(
            "A folder with split sub-folders must have one called `train` or "
            f"`training`. Received: {str(where)!r} with {sorted(found.values())}"
        )
    if found and (others := sorted({*names} - {*found.values()})):
        logging.warning(
            "Not read in %s, beside its splits %s: %s.",
            where,
            ", ".join(found.values()),
            listed(others),
        )
    return found


def read_images(folder, options: LoadOptions, *, finder=None, paths=None):
    """Reads the image files below a folder.

    Args:
      folder: The folder, a `Path`.
      options: As of `load_folder`.
      finder: The `ImageFinder` of all folders that are read; None: of this one.
      paths: The files, in the folder; None: all that the finder finds.

    Returns:
      Their paths relative to the folder, and arrays `[H, W, C]`, uint8.

    Raises:
      ValueError: If there are none, or one cannot be decoded.
    """
    if paths is None:
        finder = finder or ImageFinder([folder], options.skip_bad_images)
        paths = finder.find(folder)
    if not paths:
        raise ValueError(
            f"A folder of images must hold {', '.join(SUFFIXES)} files. "
            f"Received: {str(folder)!r}, which has none"
        )
    files, images, num_bad, num_enlarged = [], [], 0, 0
    progress = Passes(f"images of {folder.name}", unit="images")
    with contextlib.closing(_decoded(paths, options)) as decoded:
        for place, (path, result) in enumerate(decoded, 1):
            if not isinstance(result, ValueError):
                if not images:
                    check_memory(len(paths) * result.pixels.nbytes, str(folder))
                files.append(path.relative_to(folder))
                images.append(result.pixels)
                num_enlarged += result.enlarged
            elif options.skip_bad_images:
                num_bad += 1
                logging.warning("Left out: %s", result)
            else:
                raise result
            progress(place, len(paths))
    if num_bad:
        logging.warning("Left out %d of %d files of %s.", num_bad, len(paths), folder)
    if not images:
        raise ValueError(
            "A folder of images must hold at least one that can be decoded. "
            f"Received: {str(folder)!r} with {num_bad} that cannot"
        )
    warn_of_enlarging(num_enlarged, len(images), options.image_size, str(folder))
    return files, images


def _decoded(paths, options):
    """Yields each path with its image or the error, decoded by as many as fit."""
    attempt = functools.partial(_decode_or_error, options=options)
    pool = concurrent.futures.ThreadPoolExecutor(os.cpu_count())
    with warnings.catch_warnings():
        # Of pictures that are refused for it.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            yield from zip(paths, pool.map(attempt, paths), strict=True)
        finally:
            # After an error nothing that waits is decoded for nothing.
            pool.shutdown(cancel_futures=True)


def _decode_or_error(path, options):
    try:
        deep = options.levels > 256
        return decode_image(path, options.image_size, options.channels, deep)
    except ValueError as error:
        return error


def label_files(files) -> tuple[dict, tuple[str, ...]]:
    """Returns the labels of files by split, None if there are none, and the classes.

    Args:
      files: Split -> paths relative to its folder.
    """
    if any(len(file.parts) == 1 for part in files.values() for file in part):
        return dict.fromkeys(files), ()
    classes = sorted({file.parts[0] for part in files.values() for file in part})
    index = {name: label for label, name in enumerate(classes)}
    labels = {
        split: np.array([index[file.parts[0]] for file in part])
        for split, part in files.items()
    }
    return labels, tuple(classes)
