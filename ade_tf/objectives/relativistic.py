"""The relativistic pairing adversary (arXiv 1807.00734; arXiv 2501.05441, eq. 2).

    discriminator: E[softplus(-(t(x) - t(x~)))]
    generator:     E[softplus(-(t(x~) - t(x)))]

with pairs of a real image x and a sample x~. The best discriminator is the log-ratio,
t = ln p_data - ln p_model, plus any constant; its loss is ln 2 - JSD between the pairs
(x, x~) and the pairs turned round. arXiv 2501.05441 trains it with the penalty `r1_r2`.
"""

import tensorflow as tf

from ade_tf.objectives.adversary import Adversary

__all__ = ["RELATIVISTIC"]


def _softplus_of_minus(difference):
    return tf.nn.softplus(-difference)


RELATIVISTIC = Adversary(_softplus_of_minus, None, _softplus_of_minus, paired=True)
