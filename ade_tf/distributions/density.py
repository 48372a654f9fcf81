"""Densities: what every slot of a model returns for its context."""

from typing import NamedTuple

import tensorflow as tf

from ade_tf.randomness import Draws

__all__ = ["Density", "Draw", "Reparameterized", "kl_by_unit", "sum_positions"]


class Draw(NamedTuple):
    """One draw for each example, with the logarithm of its density.

    Attributes:
      value: The draw, `[B, ...]`.
      log_prob_by_unit: The shares of ln p(value) by unit (dimension of a vector, map of
        maps), `[B, units]`, in nats; they add up to ln p.
    """

    value: tf.Tensor
    log_prob_by_unit: tf.Tensor

    @property
    def log_prob(self) -> tf.Tensor:
        """ln p of this very draw, `[B]`, in nats."""
        return tf.reduce_sum(self.log_prob_by_unit, axis=1)


class Density:
    """A density of one value for each example of a batch, given its context.

    Prior, decoder, posterior and dequantizer are layers whose method `density` takes a
    context (z, an image, a condition) and returns one of these. A subclass has `draw`,
    and `log_prob` or `log_prob_by_unit`.

    Attributes:
      discrete: Whether its values are grey levels. There is no `mean` then: what is
        shown of it is a draw.
      reference: A simpler density near it, to which others may have a KL in closed
        form; None if there is none.
    """

    discrete = False
    reference = None

    def draw(self, draws: Draws, temperature=1.0) -> Draw:
        """Draws a value for each example.

        Args:
          draws: The random numbers, which say how many examples there are.
          temperature: Factor on the deviations from the mean, where there are such.

        Returns:
          The values and their log-density, that of temperature 1.
        """
        raise NotImplementedError

    def complete(self, images, rows: int, draws: Draws, temperature=1.0) -> Draw:
        """Draws images of which the first rows are given.

        Only densities that draw grey levels from the top down do so.

        Args:
          images: Grey levels, `[B, H, W, C]`; only their first rows are read.
          rows: Number of rows that are given, 0 .. H-1.
          draws: As in `draw`.
          temperature: As in `draw`.
        """
        raise NotImplementedError

    def log_prob(self, value) -> tf.Tensor:
        """Returns ln p(value), `[B]`, in nats."""
        return tf.reduce_sum(self.log_prob_by_unit(value), axis=1)

    def log_prob_by_unit(self, value) -> tf.Tensor:
        """Returns the shares of ln p(value) by unit, `[B, units]`, in nats.

        A density that cannot be split has one unit.
        """
        return self.log_prob(value)[:, None]

    def mean(self) -> tf.Tensor:
        """Returns the mean, `[B, ...]`: what a game is shown of p(y | z)."""
        raise NotImplementedError

    def kl_by_unit(self, prior: "Density") -> tf.Tensor | None:
        """Returns KL(self || prior) by unit, `[B, units]`; None without a closed form.

        Args:
          prior: A density of the same values.
        """
        del prior


class Reparameterized(Density):
    """A density whose draw is a function of standard normal noise.

    A subclass has `noise_shape`, the shape of one example's noise, and `from_noise`.
    """

    noise_shape: tuple

    def from_noise(self, noise, temperature=1.0) -> Draw:
        """Returns the draw that standard normal noise `[B, *noise_shape]` makes.

        Noise of zeros gives the mean, or where a flow takes the mean of its base.
        """
        raise NotImplementedError

    def draw(self, draws: Draws, temperature=1.0) -> Draw:
        return self.from_noise(draws.normal(self.noise_shape), temperature)


def kl_by_unit(posterior: Density, drawn: Draw, prior: Density) -> tf.Tensor:
    """Returns KL(q || p) by unit, `[B, units]`, in nats.

    In closed form where there is one; else its estimate at the draw, ln q - ln p, whose
    mean it is and which may be negative. With a reference r of p the estimate is
    KL(q || r) - (ln p - ln r), which varies less. Where q or p does not split, all
    units are one.

    Args:
      posterior: q.
      drawn: A draw from q.
      prior: p.
    """
    closed = posterior.kl_by_unit(prior)
    if closed is not None:
        return closed
    value, log_p = drawn.value, prior.log_prob_by_unit(drawn.value)
    kl, log_r = None, 0.0
    if prior.reference is not None:
        kl = posterior.kl_by_unit(prior.reference)
    if kl is not None:
        log_r = prior.reference.log_prob(value)[:, None]
    log_q = drawn.log_prob_by_unit if kl is None else kl
    if log_q.shape[-1] != log_p.shape[-1]:
        log_q, log_p = (
            tf.reduce_sum(part, axis=1, keepdims=True) for part in (log_q, log_p)
        )
    return log_q - (log_p - log_r)


def sum_positions(values) -> tf.Tensor:
    """Sums maps `[B, h, w, C]` over their positions, to `[B, C]`; vectors stay."""
    return tf.reduce_sum(values, axis=list(range(1, len(values.shape) - 1)))
