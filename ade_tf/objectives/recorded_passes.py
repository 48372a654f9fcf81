"""Passes of a discriminator that give logits and their gradients with one run each."""

import tensorflow as tf

__all__ = ["RecordedPasses"]


class RecordedPasses:
    """A discriminator whose passes can be differentiated with respect to the images.

    Logits and `gradient` of the same images (the same Tensor) come from one pass, so
    that a penalty at images that the loss judges, too, costs no pass of its own. The
    images are taken as constants.

    Args:
      discriminator: Function of images `[B, H, W, C]` that returns logits, `[B]`.
    """

    def __init__(self, discriminator):
        self._discriminator = discriminator
        self._passes = []

    @classmethod
    def of(cls, discriminator) -> "RecordedPasses":
        """Returns the passes of a discriminator: itself, if it is such already."""
        return discriminator if isinstance(discriminator, cls) else cls(discriminator)

    def __call__(self, images) -> tf.Tensor:
        """Returns the logits of images."""
        constant = tf.stop_gradient(images)
        with tf.GradientTape() as tape:
            tape.watch(constant)
            logits = self._discriminator(constant)
        self._passes.append((images, constant, logits, tape))
        return logits

    def gradient(self, images) -> tf.Tensor:
        """Returns the gradient of the sum of the logits, like the images.

        Each pass serves one gradient.
        """
        if not any(own[0] is images for own in self._passes):
            self(images)
        place = next(i for i, own in enumerate(self._passes) if own[0] is images)
        _, constant, logits, tape = self._passes.pop(place)
        return tape.gradient(logits, constant)
