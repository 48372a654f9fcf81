"""The least-squares adversary (arXiv 1611.04076, eq. 9: targets 0 and 1).

    discriminator: 1/2 E_data[(t(x) - 1)^2] + 1/2 E_model[t(x)^2]
    generator:     1/2 E_model[(t(x) - 1)^2]

The best discriminator is t = p_data / (p_data + p_model); its loss is half of the
integral of p_data p_model / (p_data + p_model).
"""

from ade_tf.objectives.adversary import Adversary

__all__ = ["LEAST_SQUARES"]


def _to_one(t):
    return 0.5 * (t - 1.0) ** 2


LEAST_SQUARES = Adversary(_to_one, lambda t: 0.5 * t**2, _to_one)
