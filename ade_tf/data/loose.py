"""Images from outside of a data set, brought to the shape and levels of one."""

import dataclasses

import numpy as np

from ade_tf.config import DataConfig
from ade_tf.data.decoding import SUFFIXES
from ade_tf.data.folder import read_images
from ade_tf.data.images import (
    fit_image,
    pad_images,
    to_values,
    type_of_levels,
    with_channels,
)
from ade_tf.data.labels import check_labels
from ade_tf.data.npz import load_npz
from ade_tf.data.source import LoadOptions
from ade_tf.data.splits import Split
from ade_tf.files import expanded

__all__ = ["LooseImages", "load_loose_images"]

_FILE_LEVELS = 256


@dataclasses.dataclass(frozen=True, eq=False)
class LooseImages:
    """Images with their names.

    Attributes:
      names: Paths of files, or places in an array such as `x_test[3]`.
      split: The images, `[N, H, W, C]`; labels only of an archive, else None.
      how: A sentence that says what was done to them.
    """

    names: list[str]
    split: Split
    how: str


def load_loose_images(
    path,
    config: DataConfig,
    image_shape,
    run_levels: int,
    *,
    levels: int = 0,
    skip_bad_images: bool = False,
) -> LooseImages:
    """Loads images of any size as those of a run's data.

    An image of the run's shape stays as it is. Of others, grey is repeated to colours
    and colours become luma; then they are cropped at their centre and resized by area,
    to the run's `image_size` before it pads, or to its shape where it does not pad. A
    value x of L' levels becomes floor(x L / L') of the run's L.

    Args:
      path: A folder of image files (all below it) or one such file, an `.npz`
        (see `load_npz`) or an `.npy` of `[N, H, W, C]` or `[N, H, W]`.
      config: Settings of the run's data.
      image_shape: Its `(H, W, C)`.
      run_levels: Its grey levels, L; 0: continuous.
      levels: L'; 0: 256 of files, those that an archive names, else the run's.
      skip_bad_images: Whether files that cannot be decoded are left out.

    Raises:
      ValueError: If there are no such images, they cannot be brought to the shape, or
        their values are not of the levels.
    """
    file = expanded(path)
    labels = None
    if file.is_dir() or file.suffix.lower() in SUFFIXES and file.is_file():
        names, images = _of_files(file, skip_bad_images, levels)
        found = levels if levels > _FILE_LEVELS else _FILE_LEVELS
    elif file.suffix == ".npz":
        names, images, labels, found = _of_archive(str(file))
    elif file.suffix == ".npy" and file.is_file():
        names, images = _of_array(file)
        found = None
    else:
        raise ValueError(
            "images must be an existing folder, image file, .npz or .npy. "
            f"Received: {str(path)!r}"
        )
    if not run_levels and (found == _FILE_LEVELS or levels):
        raise ValueError(
            "a run of continuous data takes arrays of numbers, without levels. "
            f"Received: {str(path)!r}"
        )
    levels = levels or found or run_levels
    images = [
        _checked(image, levels, f"{name} (`levels` says how many it has)")
        for name, image in zip(names, images, strict=True)
    ]
    fitted = [_fitted(image, config, tuple(image_shape)) for image in images]
    how = [f"{len(fitted)} images of {path}"]
    if changed := sum(a.shape != b.shape for a, b in zip(images, fitted, strict=True)):
        side = "x".join(map(str, image_shape))
        padded = f", with zeros around them to {config.pad_to}" * bool(config.pad_to)
        how.append(
            f"{changed} of another shape brought to {side} by central crop, area "
            f"resize and luma or repeated grey as needed{padded}"
        )
    values = np.stack(fitted)
    if levels != run_levels:
        values = values.astype(np.int64) * run_levels // levels
        values = values.astype(type_of_levels(run_levels))
        how.append(f"{levels} levels to {run_levels} by floor(x {run_levels}/{levels})")
    return LooseImages(names, Split(values, labels), "; ".join(how))


def _of_files(path, skip_bad_images, levels):
    options = LoadOptions(skip_bad_images=skip_bad_images, levels=levels)
    folder, paths = (path, None) if path.is_dir() else (path.parent, [path])
    files, images = read_images(folder, options, paths=paths)
    return [file.as_posix() for file in files], images


def _of_archive(path):
    splits = load_npz(path, LoadOptions()).splits
    names, images = [], []
    for key, split in splits.items():
        word = f"x_{key}" if len(splits) > 1 else ""
        names.extend(_places(split.images, f"{path}: {key}", word))
        images.extend(split.images)
    labels = None
    if all(split.labels is not None for split in splits.values()):
        labels = np.concatenate(
            [
                check_labels(split.labels, len(split), f"Labels of {path!r}")
                for split in splits.values()
            ]
        )
    with np.load(path, allow_pickle=False) as archive:
        levels = int(archive["levels"]) if "levels" in archive else None
    return names, images, labels, levels


def _of_array(path):
    try:
        images = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise ValueError(
            f"images must be a readable array of numbers. Received: {str(path)!r} "
            f"({error})"
        ) from error
    return _places(images, str(path)), images


def _places(images, where, word=""):
    if images.ndim not in (3, 4) or 0 in images.shape:
        raise ValueError(
            "images must have the shape [N, H, W, C] or [N, H, W], none of them 0. "
            f"Received: {where}, shape={images.shape}"
        )
    return [f"{word}[{place}]" for place in range(len(images))]


def _checked(image, levels, name):
    image = image[..., None] if image.ndim == 2 else image
    return to_values(image, levels, name)


def _fitted(image, config, image_shape):
    height, width, channels = image_shape
    if image.shape == image_shape:
        return image
    size = config.image_size if config.pad_to else (height, width)
    if channels not in (1, 3) or image.shape[2] not in (1, 3):
        raise ValueError(
            "images of another shape are brought to the run's where both are grey or "
            f"colour. Received: {image.shape} for {image_shape}"
        )
    if image.shape[:2] != (height, width):
        image = fit_image(image, size, channels)
        if config.pad_to:
            image = pad_images(image[None], config.pad_to, "Images")[0]
    return with_channels(image, channels)
