"""Games: a discriminator, the two sides that it tells apart, and its loss."""

import dataclasses
from collections.abc import Callable

import keras
import tensorflow as tf

from ade_tf.networks.condition import repeat_condition
from ade_tf.objectives.adversaries import Adversary
from ade_tf.objectives.batches import MixedBatch, SeparateBatch
from ade_tf.objectives.penalties import RecordedPasses

__all__ = ["Game"]


@dataclasses.dataclass(frozen=True)
class Game:
    """A game between a discriminator and the parts of a model that make its fake side.

    A side is a function `(batch, draws)` that returns a tuple of what the discriminator
    is shown: `(x,)` for images, `(x, z)` for pairs, `(z,)` for codes. The first name,
    `image`, is that of the game which the other logs are called by.

    Attributes:
      name: Of the game, in logs and random streams.
      discriminator: Takes a side's parts and, by name, their `condition`; returns
        logits.
      real: The side of the data.
      fake: The side of the model.
      adversary: The losses.
      penalty: Function of `ade_tf.objectives.PENALTIES`, or None.
      penalty_weight: Its weight in the discriminator's loss.
      penalty_every: Steps from one penalty to the next, which then counts as often
        (lazy regularisation, arXiv 1912.04958, appendix B).
      group: Images of a mixed group; 1: each is judged by itself.
      minibatch_statistics: What the discriminator sees of the other images of a set,
        see `Discriminator`; unless `none`, each side is a set of its own.
      trains: Names of the parts that play against the discriminator.
      both_sides: Whether they make a part of the real side, too, such as its codes.
        They then want it to be taken for the fake one (arXiv 1605.09782, equation 2).
    """

    name: str
    discriminator: keras.layers.Layer
    real: Callable
    fake: Callable
    adversary: Adversary
    penalty: Callable | None = None
    penalty_weight: float = 1.0
    penalty_every: int = 1
    group: int = 1
    minibatch_statistics: str = "none"
    trains: tuple[str, ...] = ("decoder",)
    both_sides: bool = False

    def label(self, word: str) -> str:
        """Returns a word of the logs and random streams, as this game calls it."""
        return word if self.name == "image" else f"{self.name}_{word}"

    def discriminator_loss(self, real, fake, batch, draws, step=0):
        """Returns what the discriminator minimises, a scalar, and its logs.

        Args:
          real: A draw of the side of the data.
          fake: A draw of the side of the model.
          batch: The batch, whose condition both have.
          draws: The draws behind those of the sides.
          step: The training step, which says whether a penalty is due.
        """
        layout, judge = self._layout(draws), self._judge(batch)

        def plain():
            logits = layout.split(judge(layout.join(real, fake)))
            return self._unpenalized(layout, logits)

        if self.penalty is None:
            loss, logs = plain()
            return loss, self._labelled(logs)
        uniform = draws.uniform([1, 1, 1])

        def penalized():
            # Apart, so that the penalty can share the passes.
            passes = RecordedPasses(judge)
            loss, logs = self._unpenalized(layout, (passes(real), passes(fake)))
            logs["penalty"] = self.penalty(passes, real, fake, uniform)
            return loss + self._penalty_factor * logs["penalty"], logs

        def without():
            loss, logs = plain()
            return loss, {**logs, "penalty": tf.zeros_like(loss)}

        loss, logs = self._where_due(step, penalized, without)
        return loss, self._labelled(logs)

    def _unpenalized(self, layout, logits):
        loss = layout.discriminator_loss(self.adversary, *logits)
        real_logit, fake_logit = map(tf.reduce_mean, logits)
        return loss, {
            "discriminator_loss": loss,
            "real_logit": real_logit,
            "fake_logit": fake_logit,
        }

    def generator_loss(self, batch, draws):
        """Returns what the model minimises, a scalar, and its logs."""
        judge = self._judge(batch)
        fake = self.fake(batch, draws)
        real_logits = None
        if self._together or self.adversary.paired:
            real = self.real(batch, draws)
            layout = self._layout(draws)
            real_logits, logits = layout.split(judge(layout.join(real, fake)))
        else:
            layout, logits = SeparateBatch(), judge(fake)
        loss = self._generator_loss(layout, real_logits, logits)
        return loss, self._labelled({"adversarial_loss": loss})

    def feature_matching_loss(self, batch, draws, mean=tf.identity):
        """Returns how far the discriminator's features of the sides are apart.

            |E h(x) - E h(x~)|^2    (arXiv 1606.03498, section 3.1)

        with h what the last layer of the discriminator sees, and means over the batch.

        Args:
          batch: The batch.
          draws: Of the sides.
          mean: The mean over replicas of a Tensor, see `mean_over_replicas`.

        Returns:
          A scalar and its logs.
        """
        features = self._judge(batch, features=True)
        real, fake = (
            mean(tf.reduce_mean(features(side(batch, draws)), axis=0))
            for side in (self.real, self.fake)
        )
        loss = tf.reduce_sum((real - fake) ** 2)
        return loss, self._labelled({"feature_matching_loss": loss})

    def shared_losses(self, batch, draws, step=0):
        """Returns what both players minimise on one draw of the sides, and the logs.

        Samples are made and judged once: the gradients of both losses pass through the
        same logits.

        Args:
          batch: The batch.
          draws: Of the sides, then of the discriminator.
          step: The training step, which says whether a penalty is due.

        Returns:
          `((generator_loss, discriminator_loss), logs)`.
        """
        real, fake = self.real(batch, draws), self.fake(batch, draws)
        judge, layout = self._judge(batch), self._layout(draws)
        real_logits, penalty = self._judged_real(judge, real, fake, draws, step)
        if self._together:
            real_logits, logits = layout.split(judge(layout.join(real, fake)))
        else:
            logits = judge(fake)
        against, logs = self._unpenalized(layout, (real_logits, logits))
        if penalty is not None:
            logs["penalty"] = penalty
            against += self._penalty_factor * penalty
        loss = self._generator_loss(layout, real_logits, logits)
        logs["adversarial_loss"] = loss
        return (loss, against), self._labelled(logs)

    @property
    def _together(self):
        """Whether the model follows the gradients of both sides' logits."""
        return self.both_sides or self.group > 1

    def _generator_loss(self, layout, real_logits, logits):
        loss = layout.generator_loss(self.adversary, logits, real_logits)
        if self.both_sides and not self.adversary.paired:
            loss += self.adversary.encoder_loss(real_logits)
        return loss

    def _judged_real(self, judge, real, fake, draws, step):
        """Returns the real side's logits and the penalty, of one pass where it can."""
        if self.penalty is None:
            return judge(real), None
        uniform = draws.uniform([1, 1, 1])

        def penalized():
            passes = RecordedPasses(judge)
            return passes(real), self.penalty(passes, real, fake, uniform)

        def without():
            logits = judge(real)
            return logits, tf.zeros([], logits.dtype)

        return self._where_due(step, penalized, without)

    @property
    def _penalty_factor(self):
        return self.penalty_weight * self.penalty_every

    def _where_due(self, step, penalized, without):
        """Calls one of two functions: of a step with the penalty, or without."""
        if self.penalty_every == 1:
            return penalized()
        due = tf.equal(tf.cast(step, tf.int64) % self.penalty_every, 0)
        return tf.cond(due, penalized, without)

    def _labelled(self, logs):
        return {self.label(word): value for word, value in logs.items()}

    def _judge(self, batch, **keywords):
        """Returns D(., c) as a function of sides.

        It takes whole sets of images, one behind the other, each with this condition.
        """
        condition = batch.condition
        if self.minibatch_statistics != "none":
            keywords["set_size"] = batch.count

        def judge(side):
            own = condition
            if own is not None:
                own = repeat_condition(own, tf.shape(side[0])[0])
            return self.discriminator(*side, condition=own, **keywords)

        return judge

    def _layout(self, draws):
        """Returns how real images and samples stand before the discriminator."""
        if self.group == 1:
            return SeparateBatch()
        return MixedBatch(draws.uniform([2]), self.group)
