"""Image files in a folder."""

import concurrent.futures
import functools
import os
import pathlib

import numpy as np
from absl import logging
from PIL import Image

from ade_tf.data.images import fit_image, stack_images, with_channels
from ade_tf.data.source import LoadOptions, Source
from ade_tf.data.splits import Split

__all__ = ["IMAGE_SUFFIXES", "load_folder", "read_images"]

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg")
_SPLIT_OF_FOLDER = {
    "train": "train",
    "validation": "validation",
    "val": "validation",
    "test": "test",
}


def load_folder(path: str, options: LoadOptions) -> Source:
    """Loads the PNG and JPEG files below a folder, in the order of their paths.

    If the folder has a sub-folder `train`, then it and `validation` (or `val`) and
    `test`, where present, are the splits and nothing else is read. If every image lies
    in a sub-folder (of its split), the names of these, sorted, are the classes. Hidden
    files are left out; transparency is dropped; if some images have colour and some do
    not, all become colour unless `channels` says otherwise.

    Args:
      path: The folder.
      options: `image_size`, `channels` and `skip_bad_images` are used.

    Returns:
      The splits that the folder has, uint8.

    Raises:
      ValueError: If there is no such folder, it or a split holds no images, a file
        cannot be decoded, or sizes differ without `image_size`.
    """
    root = pathlib.Path(path).expanduser()
    if not path or not root.is_dir():
        raise ValueError(
            f"`folder:PATH` must name an existing folder. Received: {path!r}"
        )
    files, images = {}, {}
    for split, folder in _split_folders(root).items():
        files[split], images[split] = read_images(folder, options)
    if len({image.shape[-1] for part in images.values() for image in part}) > 1:
        images = {
            split: [with_channels(image, 3) for image in part]
            for split, part in images.items()
        }
    labels, num_classes = _label(files)
    splits = {
        split: Split(
            stack_images(images.pop(split), [str(f) for f in files[split]]),
            labels[split],
        )
        for split in files
    }
    return Source(splits, num_classes=num_classes)


def _split_folders(root):
    found = {}
    for name, split in _SPLIT_OF_FOLDER.items():
        if (root / name).is_dir():
            if split in found:
                raise ValueError(
                    "A folder must have one of `validation` and `val`, not both. "
                    f"Received: {str(root)!r}"
                )
            found[split] = root / name
    if found and "train" not in found:
        raise ValueError(
            "A folder with split sub-folders must have one called `train`. "
            f"Received: {str(root)!r} with {sorted(f.name for f in found.values())}"
        )
    return found or {"train": root}


def read_images(folder, options: LoadOptions, paths=None):
    """Reads the image files below a folder.

    Args:
      folder: The folder, a `Path`.
      options: As of `load_folder`.
      paths: The files, in the folder; None: all, in the order of their paths.

    Returns:
      Their paths relative to the folder, and arrays `[H, W, C]`, uint8.

    Raises:
      ValueError: If there are none, or one cannot be decoded.
    """
    paths = sorted(_image_paths(folder)) if paths is None else paths
    if not paths:
        raise ValueError(
            f"A folder of images must hold {', '.join(IMAGE_SUFFIXES)} files. "
            f"Received: {str(folder)!r}, which has none"
        )
    attempt = functools.partial(_decode_or_error, options=options)
    files, images, num_bad = [], [], 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, result in zip(paths, pool.map(attempt, paths), strict=True):
            if not isinstance(result, ValueError):
                files.append(path.relative_to(folder))
                images.append(result)
            elif options.skip_bad_images:
                num_bad += 1
                logging.warning("Left out: %s", result)
            else:
                raise result
    if num_bad:
        logging.warning("Left out %d of %d files of %s.", num_bad, len(paths), folder)
    if not images:
        raise ValueError(
            "A folder of images must hold at least one that can be decoded. "
            f"Received: {str(folder)!r} with {num_bad} that cannot"
        )
    return files, images


def _image_paths(folder):
    for parent, folders, names in os.walk(folder, followlinks=True):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if name.lower().endswith(IMAGE_SUFFIXES) and not name.startswith("."):
                yield pathlib.Path(parent, name)


def _decode_or_error(path, options):
    try:
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            if image.mode.startswith(("I", "F")):
                raise ValueError(f"{image.mode!r} pixels have more than 8 bits")
            grey = image.mode in ("1", "L", "LA")
            pixels = np.asarray(image.convert("L" if grey else "RGB"))
    # Pillow reports damaged files by any of these.
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        return ValueError(
            "An image file must be an 8-bit PNG or JPEG (`skip_bad_images` leaves out "
            f"others). Received: {str(path)!r} ({error})"
        )
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    return fit_image(pixels, options.image_size, options.channels)


def _label(files):
    """Returns labels by split and the number of classes; None and 0 if unlabelled."""
    if any(len(file.parts) == 1 for part in files.values() for file in part):
        return dict.fromkeys(files), 0
    classes = sorted({file.parts[0] for part in files.values() for file in part})
    index = {name: label for label, name in enumerate(classes)}
    labels = {
        split: np.array([index[file.parts[0]] for file in part])
        for split, part in files.items()
    }
    return labels, len(classes)
