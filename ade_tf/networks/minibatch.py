"""Statistics over a batch that a discriminator judges with: do its images vary?"""

import keras
import tensorflow as tf

from ade_tf.networks.blocks import dense
from ade_tf.networks.layers import to_output

__all__ = ["STATISTICS", "MinibatchDiscrimination", "MinibatchStddev"]

_KERNELS, _DIMS = 32, 4


class MinibatchStddev(keras.layers.Layer):
    """The standard deviation over a set of images, in the mean over features.

    (arXiv 1710.10196, section 3.) Call: features `[S, N, F]` of S sets -> `[S, N, 1]`,
    alike for all images of a set.

    Args:
      features: F.
      make_dense: Not used: nothing is learned.
      dtype: Keras dtype policy of weights and activations.
    """

    size = 1

    def __init__(self, features, make_dense=dense, *, dtype="float32"):
        super().__init__(dtype=dtype)
        del features, make_dense
        self.built = True

    def call(self, h):
        h = to_output(self, h)
        variance = tf.math.reduce_variance(h, axis=1, keepdims=True)
        # Where all are alike, a root has no finite gradient.
        stddev = tf.sqrt(variance + 1e-8)
        return tf.zeros_like(h[..., :1]) + tf.reduce_mean(stddev, -1, keepdims=True)


class MinibatchDiscrimination(keras.layers.Layer):
    """How near an image is to the others of its set, along learned projections.

        o_ik = mean_{j != i} exp(-|M_ik - M_jk|_1),   M_i = T h_i

    (arXiv 1606.03498, section 3.2, with a mean in the place of the sum) with k up to
    32, each of 4 dimensions. Call: features `[S, N, F]` of S sets, N at least 2 ->
    `[S, N, 32]`.

    Args:
      features: F.
      make_dense: Makes the layer T, see `dense`.
      dtype: Keras dtype policy of weights and activations.
    """

    size = _KERNELS

    def __init__(self, features, make_dense=dense, *, dtype="float32"):
        super().__init__(dtype=dtype)
        self.projection = make_dense(features, _KERNELS * _DIMS)
        self.built = True

    def call(self, h):
        count = tf.shape(h)[1]
        rows = to_output(self, self.projection(h))
        rows = tf.reshape(rows, [-1, count, _KERNELS, _DIMS])
        apart = tf.reduce_sum(tf.abs(rows[:, :, None] - rows[:, None]), axis=-1)
        others = tf.reduce_sum(tf.exp(-apart), axis=2) - 1.0
        return others / tf.cast(count - 1, others.dtype)


STATISTICS = {"stddev": MinibatchStddev, "discrimination": MinibatchDiscrimination}
