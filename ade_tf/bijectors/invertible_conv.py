"""Invertible 1x1 convolution: a learned mix of the channels at each position."""

import keras
import numpy as np
import tensorflow as tf

from ade_tf.bijectors.base import FusedBijector

__all__ = ["InvertibleConv"]


class InvertibleConv(FusedBijector):
    """Multiplies the channels by a learned square matrix (arXiv 1807.03039, sec. 3.2).

        inverse (image to features):  y[h, w, :] = x[h, w, :] W
        forward (features to image):  x[h, w, :] = y[h, w, :] W^-1
        log |det dy/dx| = H * W * log |det W|

    `W` starts as a random orthogonal matrix. The parametrisation "plu" is the paper's
    eq. 10, `W = P L (U + diag(sign * exp(log_diagonal)))`, with `P` and `sign` fixed,
    `L` unit lower and `U` strictly upper triangular: always invertible, the log-det a
    plain sum, the inverse two triangular solves. "dense" learns `W` itself.

    Args:
      channels: Number of channels, C.
      parametrization: "plu" or "dense".
      dtype: "float32" or "float64".
      name: Name for the ops.

    Raises:
      ValueError: If the parametrisation is unknown or `channels` is below 1; at a call,
        if the tensor has another number of channels.
    """

    def __init__(
        self,
        channels,
        parametrization="plu",
        *,
        dtype="float32",
        name="invertible_conv",
    ):
        parameters = dict(locals())
        super().__init__(
            dtype=dtype, is_constant_jacobian=True, parameters=parameters, name=name
        )
        if channels < 1:
            raise ValueError(
                f"`channels` must be at least 1. Received: channels={channels}"
            )
        if parametrization not in _MATRICES:
            raise ValueError(
                f"`parametrization` must be one of {sorted(_MATRICES)}. "
                f"Received: parametrization={parametrization}"
            )
        self.channels = channels
        self._matrix = self._track(_MATRICES[parametrization](channels, dtype=dtype))

    @property
    def matrix(self) -> tf.Tensor:
        """`W`, `[C, C]`."""
        return self._matrix.matrix()

    @property
    def inverse_matrix(self) -> tf.Tensor:
        """`W^-1`, `[C, C]`."""
        return self._matrix.inverse()

    def _forward_and_log_det(self, y, condition):
        return self.mix(y, self.inverse_matrix), -self.log_det(y.shape)

    def _inverse_and_log_det(self, x, condition):
        return self.mix(x, self.matrix), self.log_det(x.shape)

    def mix(self, x, matrix, shift=None) -> tf.Tensor:
        """Returns `x[h, w, :] matrix + shift` at every position.

        Args:
          x: `[B, H, W, C]`.
          matrix: `[C, C]`.
          shift: `[C]`, or None for zeros.

        Raises:
          ValueError: If `x` has another number of channels.
        """
        _, height, columns, channels = x.shape
        if channels != self.channels:
            raise ValueError(
                f"{self.name} mixes {self.channels} channels. "
                f"Received: shape={tuple(x.shape)}"
            )
        # One matmul over all positions is faster than a 1x1 convolution.
        rows = tf.matmul(tf.reshape(x, [-1, channels]), matrix)
        if shift is not None:
            rows = tf.nn.bias_add(rows, shift)
        return tf.reshape(rows, [-1, height, columns, channels])

    def log_det(self, shape) -> tf.Tensor:
        """Returns log |det dy/dx| of images of `shape`, `[B, H, W, C]`, a scalar."""
        return shape[1] * shape[2] * self._matrix.log_abs_det()


class _Plu(keras.layers.Layer):
    """`W = P L (U + diag(sign * exp(log_diagonal)))`; `P` and `sign` are saved too."""

    def __init__(self, channels, *, dtype):
        # A SavedModel takes no name that begins with an underscore.
        super().__init__(dtype=dtype, name="plu")
        permutation, lower, upper = _plu(_random_orthogonal(channels, dtype))
        diagonal = np.diag(upper)
        self._lower_mask = np.tril(np.ones_like(lower), -1)

        def weight(name, value, trainable=True):
            return self.add_weight(
                shape=value.shape,
                initializer=lambda shape, dtype: tf.cast(value, dtype),
                trainable=trainable,
                name=name,
            )

        self.lower = weight("lower", np.tril(lower, -1))
        self.upper = weight("upper", np.triu(upper, 1))
        self.log_diagonal = weight("log_diagonal", np.log(np.abs(diagonal)))
        self.permutation = weight("permutation", permutation, trainable=False)
        self.sign = weight("sign", np.sign(diagonal), trainable=False)
        self.built = True

    def matrix(self):
        lower, upper = self._triangles()
        return tf.matmul(self.permutation, tf.matmul(lower, upper))

    def inverse(self):
        lower, upper = self._triangles()
        inverse = tf.transpose(tf.convert_to_tensor(self.permutation))
        inverse = tf.linalg.triangular_solve(lower, inverse, lower=True)
        return tf.linalg.triangular_solve(upper, inverse, lower=False)

    def log_abs_det(self):
        return tf.reduce_sum(self.log_diagonal)

    def _triangles(self):
        identity = np.eye(len(self._lower_mask), dtype=self._lower_mask.dtype)
        lower = self.lower * self._lower_mask + identity
        diagonal = tf.linalg.diag(self.sign * tf.exp(self.log_diagonal))
        return lower, self.upper * self._lower_mask.T + diagonal


class _Dense(keras.layers.Layer):
    def __init__(self, channels, *, dtype):
        super().__init__(dtype=dtype, name="dense")
        self.kernel = self.add_weight(
            shape=(channels, channels), initializer="orthogonal", name="kernel"
        )
        self.built = True

    def matrix(self):
        return tf.convert_to_tensor(self.kernel)

    def inverse(self):
        return tf.linalg.inv(self.matrix())

    def log_abs_det(self):
        return tf.linalg.slogdet(self.matrix())[1]


_MATRICES = {"dense": _Dense, "plu": _Plu}


def _random_orthogonal(channels, dtype):
    matrix = keras.initializers.Orthogonal()((channels, channels), dtype)
    return keras.ops.convert_to_numpy(matrix)


def _plu(matrix):
    """Returns arrays P, L, U with `matrix = P @ L @ U`, by partial pivoting."""
    factors, order = (t.numpy() for t in tf.linalg.lu(matrix))
    identity = np.eye(len(matrix), dtype=matrix.dtype)
    return identity[:, order], np.tril(factors, -1) + identity, np.triu(factors)
