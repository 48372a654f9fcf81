"""Passes of a discriminator that give logits and their gradients with one run each."""

import tensorflow as tf

__all__ = ["RecordedPasses"]


class RecordedPasses:
    """A discriminator whose passes can be differentiated with respect to their input.

    Logits and `gradient` of the same side (the same Tensor or tuple) come from one
    pass, so that a penalty at images that the loss judges, too, costs no pass of its
    own. Sides are taken as constants.

    Args:
      discriminator: Function of a side, one Tensor or a tuple of them, `[B, ...]` each,
        that returns logits, `[B]`.
    """

    def __init__(self, discriminator):
        self._discriminator = discriminator
        self._passes = []

    @classmethod
    def of(cls, discriminator) -> "RecordedPasses":
        """Returns the passes of a discriminator: itself, if it is such already."""
        return discriminator if isinstance(discriminator, cls) else cls(discriminator)

    def __call__(self, side) -> tf.Tensor:
        """Returns the logits of a side."""
        constant = tf.nest.map_structure(tf.stop_gradient, side)
        with tf.GradientTape() as tape:
            tape.watch(constant)
            logits = self._discriminator(constant)
        self._passes.append((side, constant, logits, tape))
        return logits

    def gradient(self, side):
        """Returns the gradient of the sum of the logits, like the side.

        Each pass serves one gradient.
        """
        if not any(own[0] is side for own in self._passes):
            self(side)
        place = next(i for i, own in enumerate(self._passes) if own[0] is side)
        _, constant, logits, tape = self._passes.pop(place)
        return tape.gradient(logits, constant)
