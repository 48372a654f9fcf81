"""The importance-weighted bound as what the likelihood's update minimises."""

import tensorflow as tf

from ade_tf.objectives.bounds import importance_weighted_bound

__all__ = ["ImportanceWeightedBound"]


class ImportanceWeightedBound:
    """The importance-weighted bound, -F_k, whose gradient trains all parts.

        F_k = ln (1/k) sum_j w_j,   ln w_j = ln p(x, z_j) - ln q(z_j | x)

    (arXiv 1509.00519, eqs. 8 and 13). Noise u_j is drawn anew with every z_j. F_1 is
    the evidence bound, with the KL at the draw in place of its closed form. The terms
    that it returns are those of single samples: their mean is the evidence bound.

    Args:
      bound_samples: k, at least 1: draws of u and z for each image and step.
    """

    def __init__(self, bound_samples: int = 5):
        self._samples = bound_samples

    def __call__(self, terms_of, batch, draws, **_):
        """Returns the loss and its terms, of k rows an image; see `EvidenceBound`."""
        k = self._samples
        terms = terms_of(batch.repeat(k), draws.repeat(k))
        log_weights = tf.reshape(terms.log_weights_nats(), [-1, k])
        return -tf.reduce_mean(importance_weighted_bound(log_weights)), terms
