"""What a network reads of the codes that made an image, in nats."""

import tensorflow as tf

from ade_tf.distributions.posterior import DiagonalGaussian

__all__ = ["code_log_prob", "reader_size"]


def reader_size(classes: int, dims: int) -> int:
    """Returns the number of outputs of a network that reads such codes."""
    return classes + 2 * dims


def code_log_prob(outputs, category, continuous) -> tf.Tensor:
    """Returns ln q(k, v | x) of codes, `[B]`, in nats.

        q(k | x) = softmax(logits)_k,   q(v | x) = N(v; m, diag(s^2))

    Its mean over samples x with their codes, plus the codes' entropy, is a lower bound
    on their mutual information, tight where q is p(k, v | x):

        I(k, v; x) >= H(k, v) + E ln q(k, v | x)    (arXiv 1606.03657, equation 4)

    Args:
      outputs: Of the network, `[B, K + 2 dims]`: logits, m and raw ln s.
      category: k, integers `[B]`.
      continuous: v, `[B, dims]`.
    """
    dims = continuous.shape[1]
    logits, parameters = tf.split(outputs, [outputs.shape[1] - 2 * dims, 2 * dims], 1)
    found = -tf.nn.sparse_softmax_cross_entropy_with_logits(category, logits)
    if dims:
        found += DiagonalGaussian(dims)(parameters).log_prob(continuous)
    return found
