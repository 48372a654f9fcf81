"""Growth by resolution: how far a generator and its discriminator have grown."""

import keras
import tensorflow as tf

__all__ = ["Growth", "enlarge", "halve"]


class Growth(keras.layers.Layer):
    """Resolutions that fade in one after the other, coarsest first.

        g(step) = sum_{k = 1 .. K} a_k,   a_k = clip(step / n - (2 k - 1), 0, 1)

    Every resolution is trained alone for n steps, and the next fades in over n steps
    (arXiv 1710.10196, section 2 and appendix A). The network's image and features are
    at all times

        h_0 = the coarsest,   h_k = (1 - a_k) enlarge(h_{k-1}) + a_k own_k

    so that at a_k = 1 the network is that of the k-th resolution, and at a_k = 0 the
    one before it. All resolutions are computed at all times: what is saved by growing
    is not time. The growth is a function of the step, kept beside the weights for
    samples and exports.

    Args:
      doublings: K, at least 1.
      steps: n, at least 1.
    """

    def __init__(self, doublings: int, steps: int):
        super().__init__(dtype="float32")
        self.doublings = doublings
        self.steps = steps
        self.value = self.add_weight(
            shape=(),
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
            name="growth",
        )
        self.built = True

    @property
    def last_step(self) -> int:
        """The step at which everything has grown."""
        return 2 * self.doublings * self.steps

    def update(self, step) -> None:
        """Sets the growth to that of a training step, an integer Tensor."""
        begun = tf.cast(step, tf.float32) / self.steps
        ks = range(1, self.doublings + 1)
        shares = [tf.clip_by_value(begun - (2 * k - 1), 0.0, 1.0) for k in ks]
        self.value.assign(tf.add_n(shares))

    def mix(self, doubling: int, coarse, fine):
        """Returns (1 - a_k) coarse + a_k fine, of the type of `fine`.

        Args:
          doubling: k, 1 .. K.
          coarse: What the resolutions below say, of the shape of `fine`.
          fine: What the k-th resolution says.
        """
        share = tf.clip_by_value(self.value - (doubling - 1), 0.0, 1.0)
        share = tf.cast(share, fine.dtype)
        return (1.0 - share) * coarse + share * fine

    def fade(self, images):
        """Returns images `[B, H, W, C]` with what has grown of their resolution."""
        scales = [images]
        for _ in range(self.doublings):
            scales.append(halve(scales[-1]))
        found = scales.pop()
        for doubling in range(1, self.doublings + 1):
            found = self.mix(doubling, enlarge(found), scales.pop())
        return found


def halve(images):
    """Returns images of half the height and width: means over 2x2 pixels."""
    return tf.nn.avg_pool2d(images, 2, 2, "VALID")


def enlarge(images):
    """Returns images of twice the height and width: each pixel is repeated."""
    return tf.repeat(tf.repeat(images, 2, axis=1), 2, axis=2)
