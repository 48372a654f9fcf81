"""What an adversary is: the losses of a discriminator and of what it judges."""

import dataclasses
from collections.abc import Callable

import tensorflow as tf

__all__ = ["Adversary"]


@dataclasses.dataclass(frozen=True)
class Adversary:
    """A game between a discriminator and a generator, on logits.

    It is given by three functions of a logit t, applied to each element:

        discriminator: E_data[real(t)] + E_model[fake(t)]
        generator:     E_model[generated(t)]

    A `paired` adversary compares each real image with one sample. Its functions take
    differences of logits, and `fake` is not used:

        discriminator: E[real(t(x) - t(x~))]
        generator:     E[generated(t(x~) - t(x))]

    Attributes:
      real: Loss of a real image's logit, to the discriminator.
      fake: Loss of a sample's logit, to the discriminator; None if `paired`.
      generated: Loss of a sample's logit, to the generator.
      paired: Whether real images and samples are compared in pairs, by position.
    """

    real: Callable
    fake: Callable | None
    generated: Callable
    paired: bool = False

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
