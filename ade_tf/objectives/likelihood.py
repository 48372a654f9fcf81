"""The likelihood loss as a list of named contributions."""

from collections.abc import Iterator
from typing import NamedTuple

import tensorflow as tf

__all__ = ["Contribution", "LikelihoodTerms"]


class Contribution(NamedTuple):
    """One term of the likelihood loss.

    Attributes:
      name: Name under which it is logged, scored and reported.
      nats: The term, for each image, `[B]`.
      sign: How it counts in L_C, 1 or -1.
      at_draw_nats: Where `nats` is a mean in closed form, the term at the very draw,
        `[B]`; else None.
      units_nats: Where the term is a sum over units of z, a tuple of `[B, units]`, one
        for each level; else empty.
    """

    name: str
    nats: tf.Tensor
    sign: int = 1
    at_draw_nats: tf.Tensor | None = None
    units_nats: tuple = ()


class LikelihoodTerms:
    """The contributions whose sum is the likelihood loss L_C, for each image, in nats.

        L_C = -ln p(f(x) | z) + KL(q(z | x) || p(z)) - ln |det df/dx|

    (arXiv 1901.01091), z drawn from q(z | x): `reconstruction`, `kl` (in a model with a
    z) and `log_det`, which counts with sign -1; and `dequantizer`, ln q(u | x), where
    the noise is not uniform. In the mean over the draws the sum is at least -ln p(x).

    Args:
      *contributions: Contributions with different names.
    """

    def __init__(self, *contributions: Contribution):
        self._contributions = contributions

    def __iter__(self) -> Iterator[Contribution]:
        return iter(self._contributions)

    def __contains__(self, name) -> bool:
        return any(own.name == name for own in self)

    def __getitem__(self, name: str) -> Contribution:
        return next(own for own in self if own.name == name)

    def loss_nats(self, **weights) -> tf.Tensor:
        """Returns the sum of the contributions of each image, `[B]`, in nats.

        Args:
          **weights: Factors by name, numbers or scalar Tensors; 1 if not given.
        """
        total = None
        for own in self:
            part = own.nats
            if own.name in weights:
                part = weights[own.name] * part
            if total is None:
                total = part if own.sign > 0 else -part
            else:
                total = total + part if own.sign > 0 else total - part
        return total

    def expected(self, weights) -> "LikelihoodTerms":
        """Returns the weighted sums of rows that stand side by side for an image.

        Args:
          weights: `[B, k]`, for the k rows of each image; the terms have `[B k]`.
        """

        k = weights.shape[1]

        def summed(values):
            if values is None:
                return None
            rows = tf.reshape(values, [-1, k, *values.shape[1:]])
            return tf.einsum("bk,bk...->b...", weights, rows)

        return LikelihoodTerms(
            *(
                own._replace(
                    nats=summed(own.nats),
                    at_draw_nats=summed(own.at_draw_nats),
                    units_nats=tuple(map(summed, own.units_nats)),
                )
                for own in self
            )
        )

    def log_weights_nats(self) -> tf.Tensor:
        """Returns ln w = ln p(x, z) - ln q(z | x) of each image at its draw, `[B]`.

        The logarithm of the mean of w over draws bounds ln p(x) from below
        (arXiv 1509.00519); noise u counts like z.
        """
        parts = [
            own.sign * (own.nats if own.at_draw_nats is None else own.at_draw_nats)
            for own in self
        ]
        return -tf.add_n(parts)
