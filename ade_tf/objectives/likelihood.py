"""The likelihood loss by its terms, and the importance-weighted bound."""

from typing import NamedTuple

import tensorflow as tf

__all__ = ["LikelihoodTerms", "free_bits_kl", "importance_weighted_bound"]


class LikelihoodTerms(NamedTuple):
    """Terms of the likelihood loss L_C, for each image, in nats.

    Attributes:
      reconstruction_nats: -ln N(f(x); mu(z), sigma^2), `[B]`, z drawn from q(z | x).
      kl_nats: KL(q(z | x) || p(z)), `[B]`; zero in a model without z.
      log_det_nats: ln |det df/dx|, `[B]`.
      kl_units_nats: The KL by level of z and unit (dimension, or map of a level): a
        tuple of `[B, units]`, which sum to `kl_nats`; empty without z.
    """

    reconstruction_nats: tf.Tensor
    kl_nats: tf.Tensor
    log_det_nats: tf.Tensor
    kl_units_nats: tuple = ()

    def loss_nats(self, kl_weight=1.0) -> tf.Tensor:
        """Returns the likelihood loss of each image.

            L_C = reconstruction + kl_weight * kl - log_det   (arXiv 1901.01091)

        With `kl_weight` 1 its mean over z is at least -ln p(x).

        Args:
          kl_weight: Weight of the KL term, a number or a scalar Tensor, at least 0.

        Returns:
          Float Tensor, `[B]`, in nats per image.
        """
        return self.reconstruction_nats + kl_weight * self.kl_nats - self.log_det_nats


def free_bits_kl(kl_units_nats, free_bits: float, mean=tf.identity) -> tf.Tensor:
    """Returns the mean KL over a batch, each unit counted for at least `free_bits`.

        sum_j max(free_bits, E_batch[KL_j])       (arXiv 1606.04934, appendix C.8)

    Units whose mean KL is below `free_bits` get no gradient: they may use that much of
    it at no cost, so that none is switched off early in training.

    Args:
      kl_units_nats: Tuple of `[B, units]`, the KL by level and unit.
      free_bits: In nats, at least 0.
      mean: Takes the mean over replicas of a vector, for a batch that is spread.

    Returns:
      Scalar, in nats per image.
    """
    units = tf.reduce_mean(tf.concat(kl_units_nats, axis=1), axis=0)
    return tf.reduce_sum(tf.maximum(mean(units), free_bits))


def importance_weighted_bound(log_weights) -> tf.Tensor:
    """Returns the importance-weighted lower bound on ln p(x).

        F_k = ln (1/k) sum_j w_j,   ln w_j = ln p(x | z_j) + ln p(z_j) - ln q(z_j | x)

    with z_j drawn from q(z | x). In the mean F_1 is the evidence bound, F_k does not
    fall with k, and it tends to ln p(x) (arXiv 1509.00519, theorem 1).

    Args:
      log_weights: Float Tensor, `[B, k]`, in nats.

    Returns:
      Float Tensor, `[B]`, in nats.

    Raises:
      ValueError: If the weights are not `[B, k]` with k at least 1.
    """
    log_weights = tf.convert_to_tensor(log_weights)
    if log_weights.shape.rank != 2 or log_weights.shape[1] == 0:
        raise ValueError(
            f"Importance weights are [B, k], k at least 1. "
            f"Received: log_weights.shape={log_weights.shape}"
        )
    k = tf.cast(tf.shape(log_weights)[1], log_weights.dtype)
    return tf.reduce_logsumexp(log_weights, axis=1) - tf.math.log(k)
