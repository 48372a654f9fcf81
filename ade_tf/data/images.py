"""Arrays of images: whole grey levels, channels, crop and resize."""

import math

import numpy as np
from absl import logging

__all__ = [
    "as_stack",
    "fit_image",
    "is_enlarged",
    "pad_images",
    "side_lengths",
    "stack_images",
    "to_continuous",
    "to_levels",
    "to_values",
    "type_of_levels",
    "wanted_size",
    "warn_of_enlarging",
    "with_channels",
]

_LUMA = (0.299, 0.587, 0.114)


def to_levels(images, levels: int, where: str) -> np.ndarray:
    """Converts whole values in `0 .. levels - 1` to uint8, or uint16.

    Args:
      images: Integer or float array of any shape.
      levels: Number of grey levels, 2 to 65,536.
      where: What the array is called in an error message.

    Returns:
      The same values as an array of `type_of_levels(levels)`.

    Raises:
      ValueError: If a value is not finite, not whole or outside the range.
    """
    images = _finite_numbers(images, where)
    whole = f"{where} must hold whole values in 0..{levels - 1} ({levels} levels)."
    if images.dtype.kind == "f" and not np.array_equal(images, np.floor(images)):
        fraction = images[images != np.floor(images)].flat[0]
        raise ValueError(f"{whole} Received: the value {fraction}")
    low, high = images.min(initial=0), images.max(initial=0)
    if low < 0 or high > levels - 1:
        raise ValueError(f"{whole} Received: values in {low}..{high}")
    return images.astype(type_of_levels(levels), copy=False)


def type_of_levels(levels: int) -> type:
    """Returns the type of images: uint8, of more levels uint16, of none float32."""
    if not levels:
        return np.float32
    return np.uint8 if levels <= 256 else np.uint16


def to_continuous(images, where: str) -> np.ndarray:
    """Converts finite numbers to float32; raises ValueError for any other."""
    return _finite_numbers(images, where).astype(np.float32, copy=False)


def to_values(images, levels: int, where: str) -> np.ndarray:
    """Converts to grey levels (`to_levels`), or with `levels` 0 `to_continuous`."""
    if levels:
        return to_levels(images, levels, where)
    return to_continuous(images, where)


def as_stack(images: np.ndarray, where: str) -> np.ndarray:
    """Returns images `[N, H, W, C]`; those of one channel may be `[N, H, W]`.

    Raises:
      ValueError: If they have another shape, or look as if their channels came first.
    """
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4 or 0 in images.shape:
        raise ValueError(
            f"{where} must have the shape [N, H, W, C] or [N, H, W], none of them 0. "
            f"Received: shape={images.shape}"
        )
    if images.shape[1] <= 4 < min(images.shape[2:]):
        raise ValueError(
            f"{where} must have their channels last (numpy.moveaxis(images, 1, -1) "
            f"puts them there). Received: shape={images.shape}"
        )
    return images


def with_channels(images: np.ndarray, channels: int) -> np.ndarray:
    """Converts between one grey and three colour channels.

    Grey is repeated; colour becomes luma, 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601).

    Args:
      images: `[..., C]`.
      channels: 1 or 3, or 0 to keep C.

    Returns:
      `[..., channels]` of the same dtype.

    Raises:
      ValueError: If C is neither `channels` nor 1 nor 3.
    """
    given = images.shape[-1]
    if channels in (0, given):
        return images
    if given == 1:
        return np.repeat(images, channels, axis=-1)
    if given != 3:
        raise ValueError(
            "`channels` converts between 1 and 3 channels only. "
            f"Received: channels={channels} for images of {given} channels"
        )
    luma = (images @ np.asarray(_LUMA, np.float32))[..., None]
    if images.dtype.kind == "u":
        luma = np.rint(luma)
    return luma.astype(images.dtype)


def side_lengths(image_size) -> tuple[int, int]:
    """Returns the height and width that `image_size` means: 0 and 0 where it is 0.

    Args:
      image_size: Side of a square, or a sequence of that alone or of height and width.

    Raises:
      ValueError: If it has more numbers, one below 0, or one that alone is 0.
    """
    sides = tuple(np.atleast_1d(image_size).tolist())
    height, width = sides * 2 if len(sides) == 1 else sides[:2]
    if len(sides) > 2 or min(sides) < 0 or not height == width == 0 and 0 in sides:
        raise ValueError(
            "`image_size` must be one side or height and width, all at least 1, or 0. "
            f"Received: image_size={','.join(map(str, sides))}"
        )
    return height, width


def wanted_size(image_size) -> tuple[int, int] | int:
    """Returns `side_lengths`, or 0 where images keep their size."""
    size = side_lengths(image_size)
    return size if any(size) else 0


def fit_image(image: np.ndarray, image_size, channels: int) -> np.ndarray:
    """Crops an image at its centre, resizes it by area, sets its channels.

    What is kept is the largest central part of the wanted ratio of height to width. A
    new pixel is the mean of the old ones it covers, each weighted by the covered share
    of it, rounded to the nearest where the image is of whole numbers.

    Args:
      image: `[H, W, C]`, uint8, uint16 or float32.
      image_size: Side of the result in pixels, or its height and width; 0 keeps both.
      channels: 1 or 3, or 0 to keep C.

    Returns:
      `[height, width, channels]` of the same dtype.
    """
    image = with_channels(image, channels)
    new = side_lengths(image_size)
    if new == (0, 0) or image.shape[:2] == new:
        return image
    part = _largest_part(image.shape[:2], new)
    top, left = (
        (old - kept) // 2 for old, kept in zip(image.shape, part, strict=False)
    )
    crop = image[top : top + part[0], left : left + part[1]]
    if part == new:
        return crop
    exact = np.float32 if image.dtype == np.uint8 else np.float64
    columns = np.ascontiguousarray(_area_sums(crop, new[0], exact).swapaxes(0, 1))
    sums = _area_sums(columns, new[1], exact).swapaxes(0, 1)
    resized = sums * (new[0] * new[1]) / (part[0] * part[1])
    if image.dtype.kind == "u":
        resized = np.rint(resized)
    return resized.astype(image.dtype)


def _largest_part(old, new):
    """Returns height and width of the largest part of an image of the new ratio."""
    height, width = old
    if height * new[1] <= width * new[0]:
        return height, max(1, round(height * new[1] / new[0]))
    return max(1, round(width * new[0] / new[1])), width


def pad_images(images: np.ndarray, pad_to: int, where: str) -> np.ndarray:
    """Pads images with zeros to squares, half of them on each side.

    Args:
      images: `[N, H, W, C]`.
      pad_to: Side of the result in pixels; of an odd number of new rows or columns,
        one more stands behind.
      where: What the array is called in an error message.

    Returns:
      `[N, pad_to, pad_to, C]` of the same dtype.

    Raises:
      ValueError: If height or width is greater than `pad_to`.
    """
    new = [pad_to - size for size in images.shape[1:3]]
    if min(new) < 0:
        raise ValueError(
            f"{where} must be at most `pad_to` high and wide. "
            f"Received: pad_to={pad_to}, shape={images.shape}"
        )
    rows, columns = ((n // 2, n - n // 2) for n in new)
    return np.pad(images, [(0, 0), rows, columns, (0, 0)])


def stack_images(images: list[np.ndarray], names: list[str]) -> np.ndarray:
    """Stacks images of one shape.

    Args:
      images: Arrays `[H, W, C]`, at least one.
      names: Their names, for the error message.

    Returns:
      `[N, H, W, C]`.

    Raises:
      ValueError: If two shapes differ; it names two such images.
    """
    for image, name in zip(images, names, strict=True):
        if image.shape != images[0].shape:
            raise ValueError(
                "Images must have one size unless `image_size` is given. Received: "
                f"{names[0]} of shape {images[0].shape}, {name} of shape {image.shape}"
            )
    return np.stack(images)


def is_enlarged(shape, image_size) -> bool:
    """Whether an image of a shape `(H, W, ...)` is smaller than `image_size`."""
    return any(
        old < new for old, new in zip(shape, side_lengths(image_size), strict=False)
    )


def warn_of_enlarging(count: int, num_images: int, image_size, where: str) -> None:
    """Warns of images that become larger than they are.

    Args:
      count: Their number; 0: there is nothing to warn of.
      num_images: The number of all.
      image_size: The size they get, in pixels.
      where: Where they are.
    """
    if count:
        logging.warning(
            "%d of %d images of %s are smaller than image_size=%s and are enlarged.",
            count,
            num_images,
            where,
            ",".join(map(str, np.atleast_1d(image_size))),
        )


def _area_sums(values, size, dtype):
    """Returns `[size, ...]`: the sums of the rows that each new row covers.

    Without a product of matrices: those of NumPy start threads of their own.
    """
    edges = np.arange(size + 1) * (len(values) / size)
    starts, ends = edges[:-1], edges[1:]
    sums = 0
    for place in range(math.ceil(len(values) / size) + 1):
        row = starts.astype(int) + place
        share = np.maximum(np.minimum(ends, row + 1) - np.maximum(starts, row), 0)
        share = share.astype(dtype).reshape(-1, *[1] * (values.ndim - 1))
        sums = sums + share * values[np.minimum(row, len(values) - 1)]
    return sums


def _finite_numbers(images, where):
    images = np.asanyarray(images)
    if images.dtype.kind not in "biuf":
        raise ValueError(
            f"{where} must be an array of numbers. Received: dtype={images.dtype}"
        )
    if images.dtype.kind == "f" and not np.isfinite(images).all():
        count = int((~np.isfinite(images)).sum())
        raise ValueError(
            f"{where} must hold finite values. Received: {count} NaN or infinite"
        )
    return images
