"""What a form of q(z | x) gives: one draw, its KL and its log-ratio."""

from typing import NamedTuple

import tensorflow as tf

__all__ = ["LatentDraw", "sum_positions"]


class LatentDraw(NamedTuple):
    """One draw from q(z | x) for each example, measured against p(z) = N(0, I).

    Attributes:
      z: The draw, `[B, latent_size]` or `[B, h, w, latent_size]`.
      kl_nats: KL(q(z | x) || p(z)) by unit of z (dimension of a vector, map of maps),
        `[B, latent_size]`: in closed form where there is one, else the unit's share of
        the log-ratio, which may be negative for a single draw.
      log_ratio_nats: ln q(z | x) - ln p(z) at the draw, `[B]`.
    """

    z: tf.Tensor
    kl_nats: tf.Tensor
    log_ratio_nats: tf.Tensor


def sum_positions(values) -> tf.Tensor:
    """Sums maps `[B, h, w, C]` over their positions, to `[B, C]`; vectors stay."""
    return tf.reduce_sum(values, axis=list(range(1, len(values.shape) - 1)))
