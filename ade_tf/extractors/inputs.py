"""Images of any number of levels as extractors take them: uint8, 0..255."""

import numpy as np

__all__ = ["check_needs_no_file", "extractor_input"]


def extractor_input(images, levels: int, channels: int) -> np.ndarray:
    """Scales images to 0..255 and repeats grey to the channels wanted.

        v = round(255 x / (levels - 1))

    Args:
      images: `[N, H, W, C]` of whole numbers in 0 .. levels-1, of any type.
      levels: Number of grey levels, 2 to 256.
      channels: Channels wanted: C, or any number if C is 1.

    Returns:
      uint8 `[N, H, W, channels]`.

    Raises:
      ValueError: If `levels`, the shape or a value is out of range.
    """
    if not 2 <= levels <= 256:
        raise ValueError(
            "Extractors take images of 2 to 256 levels (continuous data has none). "
            f"Received: levels={levels}"
        )
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[3] not in (1, channels):
        raise ValueError(
            f"Images must be [N, H, W, C] with {channels} channels or one. "
            f"Received: shape={images.shape}"
        )
    values = _whole_values(images, levels)
    table = np.rint(np.arange(levels) * (255.0 / (levels - 1))).astype(np.uint8)
    scaled = table[values]
    if scaled.shape[3] == channels:
        return scaled
    return np.repeat(scaled, channels, axis=3)


def _whole_values(images, levels):
    if images.size == 0:
        return images.astype(np.uint8)
    low, high = images.min(), images.max()
    # Written so that a NaN fails too.
    if not (low >= 0 and high <= levels - 1):
        raise ValueError(
            f"Values must be in 0..{levels - 1}, floored and clipped. "
            f"Received: {low} to {high}"
        )
    values = images.astype(np.uint8)
    if images.dtype.kind == "f" and np.any(values != images):
        raise ValueError(
            "Values must be whole numbers: samples are floored before they are "
            f"measured. Received: {images[values != images][0]}"
        )
    return values


def check_needs_no_file(extractor: str, path, data) -> None:
    """Checks the arguments of an extractor that is made from the images' shape alone.

    Args:
      extractor: What it is, as the beginning of the message.
      path: Of a file; must be empty.
      data: The `ImageData`.

    Raises:
      ValueError: If a path is given, or there is no data or it is continuous.
    """
    if path:
        raise ValueError(
            f"{extractor} takes no extractor_path. Received: {str(path)!r}"
        )
    if data is None or data.levels == 0:
        received = "none" if data is None else data.description
        raise ValueError(
            f"{extractor} takes images of whole levels. Received: {received}"
        )
