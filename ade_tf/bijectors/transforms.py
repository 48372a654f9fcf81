"""Elementwise maps that a coupling applies to the part it changes."""

import tensorflow as tf

from ade_tf.networks.blocks import bounded

__all__ = ["Additive", "Affine", "in_order"]


class Additive:
    """Shifts each entry (NICE, arXiv 1410.8516): `y = x + shift`, log-det 0."""

    parameters_per_entry = 1

    def inverse_and_log_det(self, x, raw):
        """Takes image-side entries to feature-side ones; the log-det is elementwise.

        Args:
          x: Float Tensor `[B, h, w, c]`.
          raw: The network's output, `[B, h, w, c * parameters_per_entry]`.

        Returns:
          `(y, log_det)`, both like `x`; log-dets in nats.
        """
        return x + raw, tf.zeros_like(x)

    def forward_and_log_det(self, y, raw):
        """Undoes `inverse_and_log_det` for the same `raw`, with its own log-det."""
        return y - raw, tf.zeros_like(y)


class Affine:
    """Shifts, then scales each entry: `y = (x + shift) * exp(log_scale)`.

    The order is Glow's (arXiv 1807.03039), as in the code of Real NVP (1605.08803).
    Deviation from Glow's sigmoid: `log_scale` is bounded on both sides, since a scale
    without a floor lets the other direction overflow.

    Args:
      log_scale_bound: `log_scale = bound * tanh(r / bound)` stays within it; > 0.
    """

    parameters_per_entry = 2

    def __init__(self, log_scale_bound: float = 2.0):
        if not log_scale_bound > 0:
            raise ValueError(
                "`log_scale_bound` must be positive. "
                f"Received: log_scale_bound={log_scale_bound}"
            )
        self.log_scale_bound = log_scale_bound

    def inverse_and_log_det(self, x, raw):
        """Takes image-side entries to feature-side ones, as `Additive` does."""
        shift, log_scale = self._split(raw)
        return (x + shift) * tf.exp(log_scale), log_scale

    def forward_and_log_det(self, y, raw):
        """Undoes `inverse_and_log_det` for the same `raw`, with its own log-det."""
        shift, log_scale = self._split(raw)
        return y * tf.exp(-log_scale) - shift, -log_scale

    def _split(self, raw):
        shift, raw_log_scale = tf.split(raw, 2, axis=-1)
        return shift, bounded(raw_log_scale, self.log_scale_bound)


def in_order(maps) -> tf.Tensor:
    """Returns the parameters of a transform, in the order that transforms take.

    Args:
      maps: Tuple of Tensors `[B, h, w, c]`, one for each parameter of an entry.

    Returns:
      `[B, h, w, c * len(maps)]`: the first of all entries, then the second of all (of
      an affine transform, shifts and log-scales), then what else there is of each.
    """
    parts = list(maps[:2])
    if len(maps) > 2:
        rest = tf.stack(maps[2:], axis=-1)
        size = rest.shape[-1] * rest.shape[-2]
        parts.append(tf.reshape(rest, [-1, *rest.shape[1:3], size]))
    return tf.concat(parts, axis=-1)
