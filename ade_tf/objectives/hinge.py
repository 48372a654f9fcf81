"""The hinge adversary (arXiv 1705.02894; arXiv 1802.05957, eqs. 16 and 17).

    discriminator: E_data[max(0, 1 - t(x))] + E_model[max(0, 1 + t(x))]
    generator:     -E_model[t(x)]

The best discriminator is sign(p_data - p_model); its loss is 2 - 2 TV(p_data, p_model),
with TV the total variation, half of the integral of |p_data - p_model|.
"""

import tensorflow as tf

from ade_tf.objectives.adversary import Adversary

__all__ = ["HINGE"]

HINGE = Adversary(
    lambda t: tf.nn.relu(1.0 - t), lambda t: tf.nn.relu(1.0 + t), lambda t: -t
)
