"""Losses of the discriminator and of the generator, on logits.

A discriminator D(x) = sigmoid(t(x)) gives its logit t. Every logarithm of D is taken as
a softplus of t, so that no logit is too large for it.
"""

import tensorflow as tf

__all__ = ["discriminator_cross_entropy", "log_ratio", "non_saturating"]


def discriminator_cross_entropy(real_logits, fake_logits) -> tf.Tensor:
    """Returns the discriminator's loss, the sum of two mean binary cross-entropies.

        -E_data[ln D(x)] - E_model[ln(1 - D(x))]        (arXiv 1406.2661, eq. 1)

    It is 2 ln 2 for a discriminator that cannot tell. The sum, not half of it, is what
    the weight of a penalty is measured against.

    Args:
      real_logits: Float Tensor, `[B]`, t of real images.
      fake_logits: Float Tensor, `[B']`, t of samples.

    Returns:
      Scalar, in nats, at least 0.
    """
    real = tf.reduce_mean(tf.nn.softplus(-real_logits))
    fake = tf.reduce_mean(tf.nn.softplus(fake_logits))
    return real + fake


def log_ratio(fake_logits) -> tf.Tensor:
    """Returns the quality loss L_Q, the mean log-ratio of the discriminator.

        L_Q = -E_model[ln D(x) / (1 - D(x))] = -E_model[t(x)]

    With the optimal discriminator, t = ln p_data - ln p_model, it is
    KL(p_model || p_data) (arXiv 1901.01091).

    Args:
      fake_logits: Float Tensor, `[B]`, t of samples.

    Returns:
      Scalar, in nats, of either sign.
    """
    return -tf.reduce_mean(fake_logits)


def non_saturating(fake_logits) -> tf.Tensor:
    """Returns the non-saturating loss, -E_model[ln D(x)] (arXiv 1406.2661, section 3).

    Args:
      fake_logits: Float Tensor, `[B]`, t of samples.

    Returns:
      Scalar, in nats, at least 0.
    """
    return tf.reduce_mean(tf.nn.softplus(-fake_logits))
