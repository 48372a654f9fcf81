"""Adversaries whose discriminator is a classifier, trained by its cross-entropy.

A discriminator D(x) = sigmoid(t(x)) gives its logit t. Every logarithm of D is taken as
a softplus of t, so that no logit is too large for it:

    -ln D = softplus(-t),    -ln(1 - D) = softplus(t)

The discriminator minimises -E_data[ln D(x)] - E_model[ln(1 - D(x))], in nats, the sum
of two mean cross-entropies (arXiv 1406.2661, eq. 1). It is 2 ln 2 for one that cannot
tell; the best one, t = ln p_data - ln p_model, reaches 2 ln 2 - 2 JSD(p_data, p_model).
"""

import tensorflow as tf

from ade_tf.objectives.adversary import Adversary

__all__ = ["LOG_RATIO", "NON_SATURATING", "SATURATING"]


def _minus_log_d(t):
    return tf.nn.softplus(-t)


def _minus_log_one_minus_d(t):
    return tf.nn.softplus(t)


# The quality loss L_Q = -E_model[ln D(x) / (1 - D(x))] = -E_model[t(x)], the sum of
# the two below. At the optimal discriminator it is KL(p_model || p_data)
# (arXiv 1901.01091).
LOG_RATIO = Adversary(_minus_log_d, _minus_log_one_minus_d, lambda t: -t)

# The game's other side, E_model[ln(1 - D(x))]. Its gradient is D(x) times that of
# the log-ratio: it vanishes where the discriminator is sure of a sample.
SATURATING = Adversary(
    _minus_log_d, _minus_log_one_minus_d, lambda t: -_minus_log_one_minus_d(t)
)

# -E_model[ln D(x)] (arXiv 1406.2661, section 3): 1 - D(x) times that gradient.
NON_SATURATING = Adversary(_minus_log_d, _minus_log_one_minus_d, _minus_log_d)
