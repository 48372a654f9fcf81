"""Image files as arrays: which are read, and what their pixels become."""

import pathlib
import re
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

from ade_tf.data.images import fit_image

__all__ = ["MODES", "SUFFIXES", "DecodedImage", "decode_image"]

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
# How Pillow calls values of 16 or 32 bits in a file, also of modes that have 8. The
# pixels of a "BGR;16" have 16 bits in all.
_DEEP = re.compile(r"\b(?!BGR)\w+;(16|32)")


class DecodedImage(NamedTuple):
    """An image file as an array.

    Attributes:
      pixels: `[H, W, C]`, uint8, of 1 or 3 channels.
      enlarged: Whether the file's image is smaller than what was asked for.
    """

    pixels: np.ndarray
    enlarged: bool


def decode_image(
    path: pathlib.Path, image_size: int = 0, channels: int = 0
) -> DecodedImage:
    """Decodes an image file as it is to be seen, by its EXIF orientation.

    A JPEG that is to become smaller is decoded at 1/2, 1/4 or 1/8 of its size where
    that is still large enough, by its own cosine transform, and brought to the size
    from there.

    Args:
      path: The file, of one frame.
      image_size: Side in pixels, see `fit_image`; 0 keeps height and width.
      channels: 1 or 3, or 0 to keep the file's own.

    Raises:
      ValueError: If it cannot be decoded, has several frames or values that 8 bits do
        not keep, or more pixels than Pillow deems safe (`Image.MAX_IMAGE_PIXELS`).
    """
    try:
        # Not by its name: Pillow then maps plain TIFFs, and muddles those to be turned.
        with path.open("rb") as file, Image.open(file, formats=_FORMATS) as image:
            mode = _checked_mode(image)
            enlarged = min(image.size) < image_size
            if image_size:
                image.draft(None, (image_size, image_size))
            ImageOps.exif_transpose(image, in_place=True)
            pixels = np.asarray(image.convert(mode))
    # Pillow reports damaged files by almost any kind of error.
    except Exception as error:
        raise ValueError(
            "An image file must be whole and have one frame of at most 8 bits a value "
            f"(`skip_bad_images` leaves out others). Received: {str(path)!r} ({error})"
        ) from error
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    return DecodedImage(fit_image(pixels, image_size, channels), enlarged)


def _checked_mode(image):
    """Returns the mode that an opened image becomes, before its pixels are read."""
    pixels, limit = image.width * image.height, Image.MAX_IMAGE_PIXELS
    if limit and pixels > limit:
        raise ValueError(f"{pixels:,} pixels, above {limit:,}")
    if image.format != _OF_A_PICTURE and getattr(image, "is_animated", False):
        raise ValueError(f"{image.n_frames} frames")
    mode = MODES.get(image.mode, "")
    raw = [str(tile[3]) for tile in image.tile]
    if not mode or any(_DEEP.search(text) for text in raw):
        raise ValueError(f"{image.mode!r} pixels that 8 bits do not keep")
    return mode
