"""The Wasserstein adversary (arXiv 1701.07875, eq. 2).

    discriminator: -E_data[t(x)] + E_model[t(x)]
    generator:     -E_model[t(x)]

Over 1-Lipschitz t the discriminator's loss is at least minus the Wasserstein-1 distance
of p_data and p_model, and reaches it. Without a bound on t it has no minimum: what
bounds it is a setting of its own (clipped weights, a gradient penalty, spectral norm).
"""

from ade_tf.objectives.adversary import Adversary

__all__ = ["WASSERSTEIN"]

WASSERSTEIN = Adversary(lambda t: -t, lambda t: t, lambda t: -t)
