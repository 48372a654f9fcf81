"""What a network reads of the codes that made an image, in nats."""

import tensorflow as tf

from ade_tf.distributions.normal import Normal

__all__ = ["code_log_prob", "reader_size"]


def reader_size(classes: int, dims: int) -> int:
    """Returns the number of outputs of a network that reads such codes."""
    return classes + dims


def code_log_prob(outputs, category, continuous) -> tf.Tensor:
    """Returns ln q(k, v | x) of codes, `[B]`, in nats.

        q(k | x) = softmax(logits)_k,   q(v | x) = N(v; m, I)

    Its mean over samples x with their codes, plus the codes' entropy, is a lower bound
    on their mutual information:

        I(k, v; x) >= H(k, v) + E ln q(k, v | x)    (arXiv 1606.03657, equation 4)

    It is tight in k where q is p(k | x). The scale of q(v | x) is fixed, as in the
    paper's code: v is then worth 1/2 nat a dimension at most. A learned scale would
    reward without end that samples tell v apart ever more finely.

    Args:
      outputs: Of the network, `[B, K + dims]`: logits and m.
      category: k, integers `[B]`.
      continuous: v, `[B, dims]`.
    """
    dims = continuous.shape[1]
    logits, mean = tf.split(outputs, [outputs.shape[1] - dims, dims], 1)
    found = -tf.nn.sparse_softmax_cross_entropy_with_logits(category, logits)
    if dims:
        found += Normal(mean, tf.ones([])).log_prob(continuous)
    return found
