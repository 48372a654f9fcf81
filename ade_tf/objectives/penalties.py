"""Penalties on the gradient of the discriminator with respect to its input.

Each takes `(discriminator, real, fake, uniform)`, uses what it needs of them and
returns a scalar without a coefficient, the mean over the local batch. A side is one
Tensor or a tuple of them, such as `(x, z)`; the gradient is then with respect to all.
The sides are taken as constants: a penalty trains the discriminator alone. One of
`RecordedPasses` that has judged a side already is not run again.
"""

import tensorflow as tf

__all__ = ["NONE", "RecordedPasses", "interpolates", "r1", "r1_r2", "r2"]


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


# The discriminator's gradient is free.
NONE = None


def interpolates(discriminator, real, fake, uniform) -> tf.Tensor:
    """Returns the penalty on gradients between real images and samples.

        mean (||grad t(x^)||_2 - 1)^2,   x^ = u x_real + (1 - u) x_fake

    (arXiv 1704.00028, eq. 3). The norm is over all axes but the batch; where it is zero
    its gradient is taken as zero.

    Args:
      discriminator: Function of images `[B, H, W, C]` that returns logits, `[B]`.
      real: Float Tensor, `[B, H, W, C]`.
      fake: Float Tensor of the same shape.
      uniform: Draws from U[0, 1), `[B, 1, 1, 1]`.

    Returns:
      Scalar, at least 0.

    Raises:
      ValueError: If the shapes do not belong together.
    """
    between = tf.nest.map_structure(
        lambda real, fake: _between(real, fake, uniform), real, fake
    )
    squared = _squared_gradient_norm(discriminator, between)
    # The square root has no finite gradient at 0, and 0 * inf in the unused branch of
    # a single tf.where would still be NaN.
    positive = squared > 0
    root = tf.sqrt(tf.where(positive, squared, tf.ones_like(squared)))
    norm = tf.where(positive, root, tf.zeros_like(root))
    return tf.reduce_mean((norm - 1.0) ** 2)


def r1(discriminator, real, fake, uniform) -> tf.Tensor:
    """Returns the penalty on gradients at real images (arXiv 1801.04406, eq. 9).

        1/2 mean ||grad t(x_real)||_2^2

    Args:
      discriminator: Function of images `[B, H, W, C]` that returns logits, `[B]`.
      real: Float Tensor, `[B, H, W, C]`.
      fake: Not used.
      uniform: Not used.

    Returns:
      Scalar, at least 0.
    """
    del fake, uniform
    return 0.5 * tf.reduce_mean(_squared_gradient_norm(discriminator, real))


def r2(discriminator, real, fake, uniform) -> tf.Tensor:
    """Returns the penalty on gradients at samples (arXiv 1801.04406, eq. 10).

        1/2 mean ||grad t(x_fake)||_2^2

    Args:
      discriminator: Function of images `[B, H, W, C]` that returns logits, `[B]`.
      real: Not used.
      fake: Float Tensor, `[B, H, W, C]`.
      uniform: Not used.

    Returns:
      Scalar, at least 0.
    """
    return r1(discriminator, fake, real, uniform)


def r1_r2(discriminator, real, fake, uniform) -> tf.Tensor:
    """Returns the sum of `r1` and `r2`, as arXiv 2501.05441 uses them together.

    Args:
      discriminator: Function of images `[B, H, W, C]` that returns logits, `[B]`.
      real: Float Tensor, `[B, H, W, C]`.
      fake: Float Tensor of the same shape.
      uniform: Not used.

    Returns:
      Scalar, at least 0.
    """
    passes = RecordedPasses.of(discriminator)
    return r1(passes, real, fake, uniform) + r2(passes, real, fake, uniform)


def _between(real, fake, uniform):
    if not real.shape.is_compatible_with(fake.shape):
        raise ValueError(
            f"Interpolation needs as many samples as real images, of one shape. "
            f"Received: real.shape={real.shape}, fake.shape={fake.shape}"
        )
    if not uniform.shape.is_compatible_with([real.shape[0], 1, 1, 1]):
        raise ValueError(
            f"Interpolation draws one number per image, [B, 1, 1, 1]. "
            f"Received: uniform.shape={uniform.shape}, real.shape={real.shape}"
        )
    uniform = tf.reshape(uniform, [-1] + [1] * (real.shape.rank - 1))
    return fake + uniform * (real - fake)


def _squared_gradient_norm(discriminator, side):
    parts = tf.nest.flatten(RecordedPasses.of(discriminator).gradient(side))
    squares = [
        tf.reduce_sum(part**2, axis=tf.range(1, tf.rank(part))) for part in parts
    ]
    return squares[0] if len(squares) == 1 else tf.add_n(squares)
