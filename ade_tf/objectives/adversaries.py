"""The adversaries: what a game's discriminator and generator minimise, on logits."""

import dataclasses
from collections.abc import Callable

import tensorflow as tf

__all__ = [
    "HINGE",
    "LEAST_SQUARES",
    "LOG_RATIO",
    "NON_SATURATING",
    "RELATIVISTIC",
    "SATURATING",
    "WASSERSTEIN",
    "Adversary",
]


@dataclasses.dataclass(frozen=True)
class Adversary:
    """A game between a discriminator and a generator, on logits.

    It is given by three functions of a logit t, applied to each element:

        discriminator: E_data[real(t)] + E_model[fake(t)]
        generator:     E_model[generated(t)]
        encoder:       E_data[encoded(t)], where it makes a part of the real side

    A `paired` adversary compares each real image with one sample. Its functions take
    differences of logits, and `fake` is not used:

        discriminator: E[real(t(x) - t(x~))]
        generator:     E[generated(t(x~) - t(x))]

    Attributes:
      real: Loss of a real image's logit, to the discriminator.
      fake: Loss of a sample's logit, to the discriminator; None if `paired`.
      generated: Loss of a sample's logit, to the generator.
      encoded: Loss of a real image's logit, to an encoder that makes a part of that
        side and plays with the roles turned round; None: `generated(-t)`.
      paired: Whether real images and samples are compared in pairs, by position.
    """

    real: Callable
    fake: Callable | None
    generated: Callable
    encoded: Callable | None = None
    paired: bool = False

    def smoothed(self, label_smoothing: float = 0.0) -> "Adversary":
        """Returns the game with one-sided label smoothing (arXiv 1606.03498).

            discriminator: E_data[(1 - s) real(t) + s fake(t)] + E_model[fake(t)]

        Args:
          label_smoothing: The share s, in [0, 1); 0: this game. Not if `paired`.
        """
        if not label_smoothing:
            return self

        def real(t):
            return (1.0 - label_smoothing) * self.real(t) + label_smoothing * self.fake(
                t
            )

        return dataclasses.replace(self, real=real)

    def discriminator_loss(self, real_logits, fake_logits) -> tf.Tensor:
        """Returns what the discriminator minimises, a scalar.

        Args:
          real_logits: Float Tensor, `[B]`, t of real images.
          fake_logits: Float Tensor, `[B']`, t of samples; `[B]` if `paired`.
        """
        if self.paired:
            return tf.reduce_mean(self.real(real_logits - fake_logits))
        return tf.reduce_mean(self.real(real_logits)) + tf.reduce_mean(
            self.fake(fake_logits)
        )

    def generator_loss(self, fake_logits, real_logits=None) -> tf.Tensor:
        """Returns what the generator minimises, a scalar.

        Args:
          fake_logits: Float Tensor, `[B]`, t of samples.
          real_logits: Float Tensor, `[B]`, t of real images; only if `paired`.
        """
        if self.paired:
            fake_logits = fake_logits - real_logits
        return tf.reduce_mean(self.generated(fake_logits))

    def encoder_loss(self, real_logits) -> tf.Tensor:
        """Returns what the maker of a part of the real side minimises, a scalar.

        Args:
          real_logits: Float Tensor, `[B]`, t of the real side; not if `paired`, where
            `generator_loss` is of both sides.
        """
        encoded = self.encoded or (lambda t: self.generated(-t))
        return tf.reduce_mean(encoded(real_logits))


def _minus(t):
    return -t


# A classifier D(x) = sigmoid(t(x)), trained by its cross-entropy in nats,
#     discriminator: -E_data[ln D(x)] - E_model[ln(1 - D(x))]
# (arXiv 1406.2661, eq. 1). It is 2 ln 2 for one that cannot tell; the best one,
# t = ln p_data - ln p_model, reaches 2 ln 2 - 2 JSD(p_data, p_model). Every logarithm
# of D is a softplus, so that no logit is too large for it.
def _minus_log_d(t):
    return tf.nn.softplus(-t)


def _minus_log_one_minus_d(t):
    return tf.nn.softplus(t)


# The quality loss L_Q = -E_model[ln D(x) / (1 - D(x))] = -E_model[t(x)], the sum of
# the two that follow. At the optimal discriminator it is KL(p_model || p_data)
# (arXiv 1901.01091).
LOG_RATIO = Adversary(_minus_log_d, _minus_log_one_minus_d, _minus)

# The game's other side, E_model[ln(1 - D(x))]. Its gradient is D(x) times that of
# the log-ratio: it vanishes where the discriminator is sure of a sample.
SATURATING = Adversary(
    _minus_log_d, _minus_log_one_minus_d, lambda t: -_minus_log_one_minus_d(t)
)

# -E_model[ln D(x)] (arXiv 1406.2661, section 3): 1 - D(x) times that gradient.
NON_SATURATING = Adversary(_minus_log_d, _minus_log_one_minus_d, _minus_log_d)

#     discriminator: E_data[max(0, 1 - t(x))] + E_model[max(0, 1 + t(x))]
#     generator:     -E_model[t(x)]
# (arXiv 1705.02894; arXiv 1802.05957, eqs. 16 and 17). The best discriminator is
# sign(p_data - p_model); its loss is 2 - 2 TV(p_data, p_model), with TV the total
# variation, half of the integral of |p_data - p_model|.
HINGE = Adversary(lambda t: tf.nn.relu(1.0 - t), lambda t: tf.nn.relu(1.0 + t), _minus)

#     discriminator: 1/2 E_data[(t(x) - 1)^2] + 1/2 E_model[t(x)^2]
#     generator:     1/2 E_model[(t(x) - 1)^2]
# (arXiv 1611.04076, eq. 9: targets 0 and 1). The best discriminator is
# t = p_data / (p_data + p_model); its loss is half of the integral of
# p_data p_model / (p_data + p_model).
LEAST_SQUARES = Adversary(
    lambda t: 0.5 * (t - 1.0) ** 2,
    lambda t: 0.5 * t**2,
    lambda t: 0.5 * (t - 1.0) ** 2,
    lambda t: 0.5 * t**2,
)

#     discriminator: -E_data[t(x)] + E_model[t(x)]
#     generator:     -E_model[t(x)]
# (arXiv 1701.07875, eq. 2). Over 1-Lipschitz t the discriminator's loss is at least
# minus the Wasserstein-1 distance of p_data and p_model, and reaches it. Without a
# bound on t it has no minimum: what bounds it is a setting of its own (clipped weights,
# a gradient penalty, spectral norm).
WASSERSTEIN = Adversary(_minus, lambda t: t, _minus)

#     discriminator: E[softplus(-(t(x) - t(x~)))]
#     generator:     E[softplus(-(t(x~) - t(x)))]
# with pairs of a real image x and a sample x~ (arXiv 1807.00734; arXiv 2501.05441,
# eq. 2, which trains it with the penalty `r1_r2`). The best discriminator is the
# log-ratio, t = ln p_data - ln p_model, plus any constant; its loss is ln 2 - JSD
# between the pairs (x, x~) and the pairs turned round.
RELATIVISTIC = Adversary(_minus_log_d, None, _minus_log_d, paired=True)
