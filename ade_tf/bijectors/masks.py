"""Which entries of an image a coupling keeps: checkerboards and channel halves."""

import numpy as np

__all__ = ["channel_mask", "checkerboard_mask"]


def checkerboard_mask(shape, parity: int = 0) -> np.ndarray:
    """Keeps every other position, all channels alike (arXiv 1605.08803, fig. 3).

    `mask[h, w, c] = ((h + w) % 2 == parity)`, and likewise for any number of
    positional axes in front of the channels.

    Args:
      shape: Event shape, channels last: `(H, W, C)`, or any rank from 2 on.
      parity: 0 keeps the first position, 1 the other half.

    Returns:
      A bool array of `shape`, True where an entry is kept.

    Raises:
      ValueError: On a parity other than 0 or 1, or fewer than two positions.
    """
    _check_parity(parity)
    positions = tuple(shape[:-1])
    if np.prod(positions) < 2 or not positions:
        raise ValueError(
            "A checkerboard needs at least two positions beside the channel axis. "
            f"Received: shape={tuple(shape)}"
        )
    kept = np.indices(positions).sum(0) % 2 == parity
    return np.repeat(kept[..., np.newaxis], shape[-1], axis=-1)


def channel_mask(shape, parity: int = 0) -> np.ndarray:
    """Keeps one half of the channels at every position (arXiv 1605.08803, fig. 3).

    `mask[..., c] = (c < ceil(C / 2))` for parity 0 and its opposite for parity 1, so
    of an odd number of channels the first half has one more.

    Args:
      shape: Event shape, channels last: `(H, W, C)`, or any rank from 1 on.
      parity: 0 keeps the first half, 1 the second.

    Returns:
      A bool array of `shape`, True where an entry is kept.

    Raises:
      ValueError: On a parity other than 0 or 1, or fewer than two channels.
    """
    _check_parity(parity)
    channels = shape[-1]
    if channels < 2:
        raise ValueError(
            "A channel mask needs at least two channels, one to keep and one to "
            f"change. Received: shape={tuple(shape)}"
        )
    kept = (np.arange(channels) < (channels + 1) // 2) == (parity == 0)
    return np.broadcast_to(kept, tuple(shape)).copy()


def _check_parity(parity):
    if parity not in (0, 1):
        raise ValueError(f"`parity` must be 0 or 1. Received: parity={parity}")
