"""Spectral normalisation: kernels divided by their largest singular value."""

import math

import keras
import tensorflow as tf

from ade_tf.networks.layers import Conv2D, Dense, plus_bias

__all__ = [
    "OperatorNorm",
    "SpectralConv2D",
    "SpectralDense",
    "SpectralNorm",
    "convolve",
    "convolve_back",
]


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
        size = self._size(kernel)
        # Every replica computes the same update; one of them is written to all.
        self.u = self.add_weight(
            shape=(size, min(8, size)),
            initializer="random_normal",
            trainable=False,
            aggregation="only_first_replica",
            name="u",
        )
        self.built = True
        self.update(kernel, iterations=16)

    def call(self, kernel):
        return kernel / self._norm(kernel, tf.convert_to_tensor(self.u))

    def update(self, kernel, iterations=1) -> None:
        """Improves U by subspace iteration. Call once per step, outside `tf.cond`."""
        self.u.assign(self._improved(tf.convert_to_tensor(kernel), iterations))

    def _norm(self, kernel, u):
        product = self._product(kernel, u[:, :1])
        # The small term keeps the gradient finite for a kernel of zeros.
        return tf.sqrt(tf.reduce_sum(product**2) + 1e-24)

    def _improved(self, kernel, iterations):
        """Returns U after more iterations, in the order of falling singular values."""
        u = tf.convert_to_tensor(self.u)
        for _ in range(iterations):
            u, _ = tf.linalg.qr(self._adjoint(kernel, self._product(kernel, u)))
        product = self._product(kernel, u)
        _, turn = tf.linalg.eigh(tf.matmul(product, product, transpose_a=True))
        return tf.matmul(u, tf.reverse(turn, [1]))

    # What the norm is of: a linear map of columns, `[size, n]`, and its adjoint.

    def _size(self, kernel):
        return kernel.shape[-1]

    def _product(self, kernel, u):
        return tf.matmul(tf.reshape(kernel, [-1, kernel.shape[-1]]), u)

    def _adjoint(self, kernel, v):
        w = tf.reshape(kernel, [-1, kernel.shape[-1]])
        return tf.matmul(w, v, transpose_a=True)


class OperatorNorm(SpectralNorm):
    """Keeps the norm of a convolution, as an operator on images, below a bound.

        kernel * min(1, bound / sigma),   sigma = max_u ||kernel * u|| / ||u||

    where u are maps of the real size, zero beyond their borders (arXiv 1811.00995,
    section 2). U and sigma are those of `SpectralNorm` with this map in place of the
    reshaped kernel's; where there are fewer outputs than inputs, with its adjoint,
    which has the same norm.

    Args:
      kernel: Built Keras variable, `[side, side, inputs, outputs]`, of stride 1 and
        padding "same".
      sides: `(H, W)` of the maps.
      bound: Above 0.
      dtype: Keras dtype policy of weights and activations.
    """

    def __init__(self, kernel, sides, bound, *, dtype="float32"):
        # A kernel of one pixel has the same norm at every size.
        self._sides = (1, 1) if tuple(kernel.shape[:2]) == (1, 1) else tuple(sides)
        self._bound = bound
        inputs, outputs = kernel.shape[-2:]
        self._turned = outputs < inputs
        self._channels = min(inputs, outputs)
        super().__init__(kernel, dtype=dtype)

    def call(self, kernel, more_iterations=0):
        """Returns the kernel; by a U that is improved and not kept, if asked for."""
        u = tf.convert_to_tensor(self.u)
        if more_iterations:
            u = tf.stop_gradient(self._improved(kernel, more_iterations))
        return kernel * (self._bound / tf.maximum(self._norm(kernel, u), self._bound))

    def _size(self, kernel):
        return math.prod(self._sides) * self._channels

    def _product(self, kernel, u):
        return self._on_maps(convolve_back if self._turned else convolve, u, kernel)

    def _adjoint(self, kernel, v):
        return self._on_maps(convolve if self._turned else convolve_back, v, kernel)

    def _on_maps(self, function, columns, kernel):
        height, width = self._sides
        channels = columns.shape[0] // (height * width)
        maps = tf.reshape(tf.transpose(columns), [-1, height, width, channels])
        maps = function(maps, kernel)
        size = height * width * maps.shape[-1]
        return tf.transpose(tf.reshape(maps, [-1, size]))


def convolve(maps, kernel):
    """Returns the convolution of maps `[B, H, W, C]`, of the same size."""
    return tf.nn.conv2d(maps, kernel, 1, "SAME")


def convolve_back(maps, kernel):
    """Returns the adjoint of `convolve` at maps `[B, H, W, outputs]`."""
    shape = tf.concat([tf.shape(maps)[:3], [kernel.shape[-2]]], 0)
    found = tf.nn.conv2d_transpose(maps, kernel, shape, 1, "SAME")
    return tf.ensure_shape(found, [*maps.shape[:3], kernel.shape[-2]])


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
