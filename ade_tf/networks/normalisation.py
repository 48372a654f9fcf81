"""Spectral normalisation: kernels divided by their largest singular value."""

import keras
import tensorflow as tf

from ade_tf.networks.layers import Conv2D, Dense, plus_bias

__all__ = ["SpectralConv2D", "SpectralDense", "SpectralNorm"]


class SpectralNorm(keras.layers.Layer):
    """Divides a kernel by a running estimate of its largest singular value.

    With W the kernel reshaped to `[-1, out]` and u a stored unit vector:

        sigma(W) = ||W u||,    d sigma / dW = v u^T  with  v = W u / ||W u||
        update:  U <- orthonormal basis of W^T W U,  turned to its singular vectors

    u is the first column of U. Source: arXiv 1802.05957, equations 8 and 9 and
    algorithm 1. The gradient passes through sigma with u and v held fixed. Unlike
    there, calls leave U alone: one explicit `update` per optimiser step serves every
    call of that step alike. And U has eight columns, not one: in training a second
    singular value overtakes the first, and one vector takes tens of steps to notice
    (after 100 steps norms were up to 1.13, with eight columns up to 1.016).

    What becomes 1 is the norm of the reshaped matrix, as in that paper. The norm of the
    convolution as an operator on images is another one: it is at most ceil(side of the
    kernel / stride) times that of the matrix, and 1.2 to 2.2 in discriminators trained
    on digits.

    Args:
      kernel: Built Keras variable, `[..., out]`. U starts near its leading singular
        vectors.
      dtype: Keras dtype policy of weights and activations.
    """

    def __init__(self, kernel, *, dtype="float32"):
        super().__init__(dtype=dtype)
        # Every replica computes the same update; one of them is written to all.
        self.u = self.add_weight(
            shape=(kernel.shape[-1], min(8, kernel.shape[-1])),
            initializer="random_normal",
            trainable=False,
            aggregation="only_first_replica",
            name="u",
        )
        self.built = True
        self.update(kernel, iterations=16)

    def call(self, kernel):
        w = tf.reshape(kernel, [-1, kernel.shape[-1]])
        product = tf.linalg.matvec(w, tf.convert_to_tensor(self.u)[:, 0])
        # The small term keeps the gradient finite for a kernel of zeros.
        return kernel * tf.math.rsqrt(tf.reduce_sum(product**2) + 1e-24)

    def update(self, kernel, iterations=1) -> None:
        """Improves U by subspace iteration. Call once per step, outside `tf.cond`."""
        w = tf.reshape(tf.convert_to_tensor(kernel), [-1, kernel.shape[-1]])
        u = tf.convert_to_tensor(self.u)
        for _ in range(iterations):
            u, _ = tf.linalg.qr(tf.matmul(w, tf.matmul(w, u), transpose_a=True))
        product = tf.matmul(w, u)
        _, turn = tf.linalg.eigh(tf.matmul(product, product, transpose_a=True))
        # In the order of falling singular values.
        self.u.assign(tf.matmul(u, tf.reverse(turn, [1])))


class SpectralConv2D(Conv2D):
    """Conv2D whose kernel is used divided by its spectral norm."""

    def build(self, input_shape):
        super().build(input_shape)
        self.spectral_norm = SpectralNorm(self.kernel, dtype=self.dtype)

    def convolution_op(self, inputs, kernel):
        kernel = self.spectral_norm(tf.convert_to_tensor(kernel))
        return super().convolution_op(inputs, tf.cast(kernel, inputs.dtype))

    def update_spectral_norm(self) -> None:
        """One power iteration on the kernel."""
        self.spectral_norm.update(self.kernel)


class SpectralDense(Dense):
    """Dense layer whose kernel is used divided by its spectral norm."""

    def build(self, input_shape):
        super().build(input_shape)
        self.spectral_norm = SpectralNorm(self.kernel, dtype=self.dtype)

    def call(self, inputs):
        kernel = self.spectral_norm(tf.convert_to_tensor(self.kernel))
        outputs = keras.ops.matmul(inputs, tf.cast(kernel, inputs.dtype))
        return self.activation(plus_bias(outputs, self.bias))

    def update_spectral_norm(self) -> None:
        """One power iteration on the kernel."""
        self.spectral_norm.update(self.kernel)
