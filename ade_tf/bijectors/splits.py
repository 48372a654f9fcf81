"""How a mask cuts an image into a kept part and a changed one."""

import numpy as np
import tensorflow as tf

__all__ = ["ChannelSplit", "PositionSplit", "split_by"]


class ChannelSplit:
    """Cuts the channels in two; nothing is computed for the kept ones.

    Args:
      kept: Number of kept channels.
      changed: Number of changed channels.
      kept_first: Whether the kept channels stand before the others.
    """

    def __init__(self, kept: int, changed: int, kept_first: bool):
        self.channels_seen = kept
        self.channels_changed = changed
        self._kept_first = kept_first

    def cut(self, x):
        """Returns what the network sees and what is changed, of `x`, `[B, H, W, C]`."""
        sizes = [self.channels_seen, self.channels_changed]
        if self._kept_first:
            return tf.split(x, sizes, axis=-1)
        changed, kept = tf.split(x, sizes[::-1], axis=-1)
        return kept, changed

    def join(self, x, seen, changed, log_det):
        """Puts the parts together and sums the changed part's log-det: `[B]`."""
        del x
        parts = [seen, changed] if self._kept_first else [changed, seen]
        return tf.concat(parts, axis=-1), tf.reduce_sum(log_det, [1, 2, 3])


class PositionSplit:
    """Cuts the positions in two; values are computed everywhere and half are used.

    The network sees the image with zeros at the changed positions, and the mask as one
    more channel.

    Args:
      kept: Bool array `[H, W]`.
      channels: Number of channels.
    """

    def __init__(self, kept, channels: int):
        self.channels_seen = channels + 1
        self.channels_changed = channels
        self._kept = kept[:, :, np.newaxis]

    def cut(self, x):
        """Returns what the network sees and what is changed, of `x`, `[B, H, W, C]`."""
        mask = self._kept.astype(x.dtype.as_numpy_dtype)
        maps = tf.broadcast_to(mask, [tf.shape(x)[0], *mask.shape])
        return tf.concat([x * mask, maps], axis=-1), x

    def join(self, x, seen, changed, log_det):
        """Puts the parts together and sums the changed part's log-det: `[B]`."""
        del seen
        zero = tf.zeros([], log_det.dtype)
        log_det = tf.reduce_sum(tf.where(self._kept, zero, log_det), [1, 2, 3])
        return tf.where(self._kept, x, changed), log_det


def split_by(mask, event_shape) -> ChannelSplit | PositionSplit:
    """Finds how a mask cuts events in two.

    Args:
      mask: Bool array of `event_shape`, True where an entry is kept. It parts the
        channels into a first and a last group, alike at all positions, or the
        positions, alike in all channels.
      event_shape: `(H, W, C)`.

    Returns:
      The split.

    Raises:
      ValueError: If `mask` has another shape or type, keeps all or nothing, or parts
        entries in another way.
    """
    mask = np.asarray(mask)
    if mask.dtype != bool or mask.shape != event_shape:
        raise ValueError(
            f"`mask` must be a bool array of shape {event_shape}. "
            f"Received: shape={mask.shape}, dtype={mask.dtype}"
        )
    if mask.all() or not mask.any():
        raise ValueError(
            "`mask` must keep a part of the entries and change the others. "
            f"Received: {mask.sum()} kept of {mask.size}"
        )
    kept = mask[0, 0]
    if np.all(mask == kept) and np.sum(kept[1:] != kept[:-1]) == 1:
        return ChannelSplit(int(kept.sum()), int((~kept).sum()), bool(kept[0]))
    if np.all(mask == mask[:, :, :1]):
        return PositionSplit(mask[:, :, 0], event_shape[-1])
    raise ValueError(
        "`mask` must part the channels into a first and a last group, alike at all "
        "positions, or the positions, alike in all channels. Received: a mask that "
        f"keeps {mask.sum()} of {mask.size} entries otherwise"
    )
