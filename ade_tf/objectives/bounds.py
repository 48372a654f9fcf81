"""Bounds on -ln p(x) that training minimises."""

import tensorflow as tf

__all__ = ["EvidenceBound", "free_bits_kl", "importance_weighted_bound"]


class EvidenceBound:
    """The evidence bound, with a weighted KL and free bits.

        E_q[-ln p(f(x) | z)] + weight * KL(q(z | x) || p(z)) - ln |det df/dx|

    Args:
      kl_weight: Weight of the KL; 1 is the bound.
      kl_warmup_steps: Steps over which the weight rises linearly from a tenth.
      free_bits: Nats of KL that each unit of z has free, see `free_bits_kl`; 0: none.
    """

    def __init__(
        self, kl_weight: float = 1.0, kl_warmup_steps: int = 0, free_bits: float = 0.0
    ):
        self._kl_weight = kl_weight
        self._kl_warmup_steps = kl_warmup_steps
        self._free_bits = free_bits

    def kl_weight_at(self, step):
        """Returns the weight of the KL at a step, a number or a scalar Tensor."""
        if not self._kl_warmup_steps:
            return self._kl_weight
        share = tf.cast(step, tf.float32) / self._kl_warmup_steps
        return self._kl_weight * tf.minimum(1.0, 0.1 + 0.9 * share)

    def __call__(
        self,
        terms_of,
        batch,
        draws,
        step=0,
        mean=tf.identity,
        class_logits=None,
        **weights,
    ):
        """Returns the loss and the terms it was made of.

        Args:
          terms_of: Function of a batch and draws that returns `LikelihoodTerms`.
          batch: The `Batch`.
          draws: Its `BatchDraws`.
          step: The training step, an integer or a scalar Tensor.
          mean: Takes the mean over replicas of a vector, for a batch that is spread.
          class_logits: Of no use here, see `SemiSupervisedBound`.
          **weights: Factors of other terms than the KL by name, 1 if not given.

        Returns:
          `(loss, terms)`: a scalar, the mean over the batch in nats, and the terms of
          the batch.
        """
        del class_logits
        terms = terms_of(batch, draws)
        if "kl" not in terms:
            return tf.reduce_mean(terms.loss_nats(**weights)), terms
        weight = self.kl_weight_at(step)
        if not self._free_bits:
            return tf.reduce_mean(terms.loss_nats(kl=weight, **weights)), terms
        kl = free_bits_kl(terms["kl"].units_nats, self._free_bits, mean)
        rest = tf.reduce_mean(terms.loss_nats(kl=0.0, **weights))
        return rest + weight * kl, terms


def free_bits_kl(kl_units_nats, free_bits: float, mean=tf.identity) -> tf.Tensor:
    """Returns the mean KL over a batch, each unit counted for at least `free_bits`.

        sum_j max(free_bits, E_batch[KL_j])       (arXiv 1606.04934, appendix C.8)

    Units whose mean KL is below `free_bits` get no gradient. They can use that much KL
    at no cost, so that no unit is switched off early in training.

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
