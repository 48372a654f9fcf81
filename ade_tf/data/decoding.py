"""Image files as arrays: which are read, and what their pixels become."""

import contextlib
import re
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

from ade_tf.data.images import fit_image, is_enlarged

__all__ = ["MODES", "SUFFIXES", "DecodedImage", "channels_of_file", "decode_image"]

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif")
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")
# A picture with its preview or depth; its first frame is the picture.
_OF_A_PICTURE = "MPO"
# What the pixels of each mode become, grey or colours of 8 bits; "" where that would
# not keep them. Transparency is dropped. Modes that are not here are refused, too.
MODES = {
    "1": "L",
    "L": "L",
    "LA": "L",
    "P": "RGB",
    "PA": "RGB",
    "RGB": "RGB",
    "RGBA": "RGB",
    "RGBX": "RGB",
    "CMYK": "RGB",
    "YCbCr": "RGB",
    "HSV": "RGB",
    "LAB": "",
    "I": "",
    "I;16": "",
    "F": "",
}
# Grey values of 16 bits, big or little end first.
_DEEP_MODES = ("I;16", "I;16B", "I;16L")
# The EXIF orientations from here on turn an image by a quarter.
_TURNED, _ORIENTATION = 5, 0x0112
# How Pillow calls values of 16 or 32 bits in a file, also of modes that have 8. The
# pixels of a "BGR;16" have 16 bits in all.
_DEEP = re.compile(r"\b(?!BGR)\w+;(16|32)")


class DecodedImage(NamedTuple):
    """An image file as an array.

    Attributes:
      pixels: `[H, W, C]`, uint8 of 1 or 3 channels, or uint16 of 1.
      enlarged: Whether the file's image is smaller than what was asked for.
    """

    pixels: np.ndarray
    enlarged: bool


def decode_image(
    path, image_size=0, channels: int = 0, deep: bool = False
) -> DecodedImage:
    """Decodes an image file as it is to be seen, by its EXIF orientation.

    A JPEG that is to become smaller is decoded at 1/2, 1/4 or 1/8 of its size where
    that is still large enough, by its own cosine transform, and brought to the size
    from there.

    Args:
      path: The file, of one frame: a `Path`, or what opens and is named as one.
      image_size: Sides in pixels, see `fit_image`; 0 keeps height and width.
      channels: 1 or 3, or 0 to keep the file's own.
      deep: Whether values must have 16 bits, grey, or at most 8.

    Raises:
      ValueError: If it cannot be decoded, has several frames or values of other bits,
        or more pixels than Pillow deems safe (`Image.MAX_IMAGE_PIXELS`).
    """
    with _opened(path, deep) as (image, mode):
        shape = image.size[::-1]
        if image.getexif().get(_ORIENTATION, 1) >= _TURNED:
            shape = shape[::-1]
        if image_size:
            image.draft(None, (int(np.max(image_size)),) * 2)
        ImageOps.exif_transpose(image, in_place=True)
        pixels = np.asarray(image if deep else image.convert(mode))
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    if deep:
        pixels = pixels.astype(np.uint16)
    return DecodedImage(
        fit_image(pixels, image_size, channels), is_enlarged(shape, image_size)
    )


def channels_of_file(path, deep: bool = False) -> int:
    """Returns how many channels an image file will have, 1 or 3, without its pixels.

    Args:
      path: The file, as of `decode_image`.
      deep: As of `decode_image`.

    Raises:
      ValueError: If `decode_image` would refuse the file by its header.
    """
    with _opened(path, deep) as (_, mode):
        return 3 if mode == "RGB" else 1


@contextlib.contextmanager
def _opened(path, deep):
    """Makes a context of an opened image and of the mode that it becomes."""
    try:
        # Not by its name: Pillow then maps plain TIFFs, and muddles those to be turned.
        with path.open("rb") as file, Image.open(file, formats=_FORMATS) as image:
            yield image, _checked_mode(image, deep)
    # Pillow reports damaged files by almost any kind of error.
    except Exception as error:
        bits = "16 bits of grey" if deep else "at most 8 bits a value"
        raise ValueError(
            f"An image file must be whole and have one frame of {bits} "
            f"(`skip_bad_images` leaves out others). Received: {str(path)!r} ({error})"
        ) from error


def _checked_mode(image, deep):
    """Returns the mode that an opened image becomes, before its pixels are read."""
    pixels, limit = image.width * image.height, Image.MAX_IMAGE_PIXELS
    if limit and pixels > limit:
        raise ValueError(f"{pixels:,} pixels, above {limit:,}")
    if image.format != _OF_A_PICTURE and getattr(image, "is_animated", False):
        raise ValueError(f"{image.n_frames} frames")
    if deep:
        if image.mode not in _DEEP_MODES:
            raise ValueError(f"{image.mode!r} pixels")
        return image.mode
    mode = MODES.get(image.mode, "")
    raw = [str(tile[3]) for tile in image.tile]
    if not mode or any(_DEEP.search(text) for text in raw):
        raise ValueError(f"{image.mode!r} pixels that 8 bits do not keep")
    return mode
