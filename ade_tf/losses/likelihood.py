"""The likelihood loss by its terms, and the importance-weighted bound."""

from typing import NamedTuple

import tensorflow as tf

__all__ = ["LikelihoodTerms", "importance_weighted_bound"]


class LikelihoodTerms(NamedTuple):
    """Terms of the likelihood loss L_C, for each image, in nats.

    Attributes:
      reconstruction_nats: -ln N(f(x); mu(z), sigma^2), `[B]`, z drawn from q(z | x).
      kl_nats: KL(q(z | x) || p(z)), `[B]`; zero in a model without z.
      log_det_nats: ln |det df/dx|, `[B]`.
    """

    reconstruction_nats: tf.Tensor
    kl_nats: tf.Tensor
    log_det_nats: tf.Tensor

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
