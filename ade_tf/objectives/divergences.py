"""Divergences between the codes of images and the prior, from draws of both."""

import tensorflow as tf

__all__ = ["SCALES", "maximum_mean_discrepancy"]

# Of the inverse multiquadrics, as shares of what two codes of the prior are apart.
SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


def maximum_mean_discrepancy(codes, prior_codes) -> tf.Tensor:
    """Returns the squared maximum mean discrepancy, without bias.

        MMD^2 = E k(a, a') + E k(b, b') - 2 E k(a, b)
        k(a, b) = sum_s C_s / (C_s + |a - b|^2),   C_s = 2 d s

    with a, a' independent draws of the one law and b, b' of the other, by all pairs of
    different draws (arXiv 1711.01558, section 3; arXiv 1706.02262 with this kernel). In
    the mean it is 0 where the laws are equal, and may be negative.

    Args:
      codes: Float Tensor, `[N, d]`, N at least 2.
      prior_codes: Float Tensor, `[M, d]`, M at least 2.

    Returns:
      Scalar.
    """
    size = tf.cast(tf.shape(codes)[1], codes.dtype)

    def kernel(a, b):
        squares = tf.reduce_sum((a[:, None] - b[None]) ** 2, axis=-1)
        scales = [2.0 * size * scale for scale in SCALES]
        return tf.add_n([scale / (scale + squares) for scale in scales])

    def within(a):
        count = tf.cast(tf.shape(a)[0], a.dtype)
        # On the diagonal the kernel is 1 for each scale.
        total = tf.reduce_sum(kernel(a, a)) - count * len(SCALES)
        return total / (count * (count - 1.0))

    between = tf.reduce_mean(kernel(codes, prior_codes))
    return within(codes) + within(prior_codes) - 2.0 * between
