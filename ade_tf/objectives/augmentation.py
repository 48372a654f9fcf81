"""Differentiable augmentation of what a discriminator is shown."""

import tensorflow as tf

__all__ = ["DifferentiableAugmentation", "unchanged"]

# Of arXiv 2006.10738: of a side, the most that an image is moved, and what is cut out.
_TRANSLATION, _CUTOUT = 0.125, 0.5


def unchanged(image_shape):
    """Returns the augmentation that leaves images as they are."""
    del image_shape
    return lambda x, draws: x


class DifferentiableAugmentation:
    """Random changes of images that gradients pass through (arXiv 2006.10738).

    Real images and samples are changed by the same law, each by draws of its own, for
    the discriminator's loss and for the generator's, so that the generator learns to
    make images and not changed images. In this order:

        colour       brightness x + s (u - 1/2); saturation, the distance to the mean
                     over the channels times 1 + s (2 u - 1); contrast, that to the mean
                     of the image times 1 + s (u - 1/2)
        translation  by up to s / 8 of each side, zeros moving in
        cutout       a rectangle of s / 2 of each side becomes zero

    with u ~ U[0, 1) and the strength s; lengths are rounded to pixels, one half up. A
    gradient penalty is with respect to the changed images: those that the discriminator
    sees.

    Args:
      image_shape: `(H, W, C)`, of at least two pixels a side.
      changes: Some of `colour`, `translation` and `cutout`.
      strength: s, from 0, where images stay as they are, to 1.

    Raises:
      ValueError: If an image has a side of one pixel.
    """

    def __init__(self, image_shape, changes, strength: float = 1.0):
        sides = tuple(image_shape)[:2]
        if min(sides) < 2:
            raise ValueError(
                "an augmentation is of images with at least two pixels a side. "
                f"Received: image_shape={tuple(image_shape)}"
            )
        self._sides, self._changes, self._strength = sides, changes, strength

    def __call__(self, x, draws) -> tf.Tensor:
        """Returns changed images, like `x`.

        Args:
          x: Images in [-1, 1], `[B, H, W, C]`.
          draws: `Draws` of B examples.
        """
        if "colour" in self._changes:
            x = self._recoloured(x, tf.unstack(draws.uniform([3, 1, 1, 1]), axis=1))
        if "translation" in self._changes:
            for axis, u in enumerate(tf.unstack(draws.uniform([2]), axis=1), 1):
                x = self._translated(x, u, axis)
        if "cutout" in self._changes:
            x = self._cut(x, tf.unstack(draws.uniform([2]), axis=1))
        return x

    def _recoloured(self, x, draws):
        brightness, saturation, contrast = draws
        x = x + self._strength * (brightness - 0.5)
        mean = tf.reduce_mean(x, 3, keepdims=True)
        x = (x - mean) * (1.0 + self._strength * (2.0 * saturation - 1.0)) + mean
        mean = tf.reduce_mean(x, [1, 2, 3], keepdims=True)
        return (x - mean) * (1.0 + self._strength * (contrast - 0.5)) + mean

    def _translated(self, x, u, axis):
        side = self._sides[axis - 1]
        most = self._pixels(_TRANSLATION * side)
        if not most:
            return x
        first = tf.cast(u * (2 * most + 1), tf.int32)
        padding = [[most, most] if own == axis else [0, 0] for own in range(4)]
        places = first[:, None] + tf.range(side)
        return tf.gather(tf.pad(x, padding), places, axis=axis, batch_dims=1)

    def _cut(self, x, draws):
        rows, columns = (
            self._covered(side, u) for side, u in zip(self._sides, draws, strict=True)
        )
        covered = rows[:, :, None, None] & columns[:, None, :, None]
        return tf.where(covered, tf.zeros([], x.dtype), x)

    def _covered(self, side, u):
        """Returns which places of a side are cut out, `[B, side]`."""
        length = self._pixels(_CUTOUT * side)
        # The middle may be at the edge; the rectangle is then cut by it.
        middle = tf.cast(u * (side + 1 - length % 2), tf.int32)
        place = tf.range(side) - (middle[:, None] - length // 2)
        return (place >= 0) & (place < length)

    def _pixels(self, length):
        return int(self._strength * length + 0.5)
