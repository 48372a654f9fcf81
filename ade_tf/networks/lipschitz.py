"""Convolutional networks that are contractions, and their Jacobians."""

from typing import NamedTuple

import keras
import tensorflow as tf

from ade_tf.networks.condition import AddCondition
from ade_tf.networks.normalisation import OperatorNorm, convolve, convolve_back
from ade_tf.randomness import current_draws

__all__ = ["Jacobian", "LipschitzMap", "LipschitzNetwork"]

# LipSwish: the greatest slope of swish is 1.0998, whatever its beta.
_SWISH_SLOPE = 1.1
# Outside of training the weights may be others than U was found for, as averages are.
_MORE_ITERATIONS = 8


class LipschitzNetwork(keras.layers.Layer):
    """A network of three convolutions whose Lipschitz constant is below a bound.

        g(x) = W_3 a(W_2 a(W_1 x + W c + b_1) + b_2) + b_3
        a(h) = h sigmoid(beta h) / 1.1,   beta > 0 learned     (arXiv 1906.02735)

    W_1 and W_3 are 3x3 convolutions and W_2 is 1x1; each has a norm, as an operator on
    images, of at most `bound^(1/3)` (see `OperatorNorm`).

    `at` gives g as a function of the image alone. Inside a `Draws.scope` the norms are
    those of the last `update_spectral_norm`; outside, more iterations are made for the
    call.

    Attributes:
      kernels: Of the convolutions, as they are trained.
      biases: Behind each of them.
      norms: The `OperatorNorm` of each kernel.

    Args:
      shape: `(H, W, C)` of input and output.
      width: Channels between the convolutions.
      bound: Bound on the Lipschitz constant, in (0, 1).
      position_maps: Whether the biases are of every position.
      condition_shape: Shape of one condition, None, `(K,)` or `(h, w, K)`.
      dtype: "float32" or "float64".
    """

    def __init__(
        self,
        shape,
        *,
        width=32,
        bound=0.97,
        position_maps=False,
        condition_shape=None,
        dtype="float32",
    ):
        super().__init__(dtype=dtype)
        *sides, channels = shape
        self._sides = tuple(sides)
        ends = (channels, width, width, channels)
        layers = [
            self._convolution(
                i, side, *ends[i : i + 2], bound ** (1 / 3), position_maps
            )
            for i, side in enumerate((3, 1, 3))
        ]
        self.kernels, self.biases, self.norms = zip(*layers, strict=True)
        self._betas = [
            self.add_weight(
                shape=(),
                initializer=keras.initializers.Constant(0.5),
                name=f"beta_{i}",
            )
            for i in range(2)
        ]
        self._add_condition = AddCondition(condition_shape, width, dtype=dtype)
        self.built = True

    def _convolution(self, i, side, inputs, outputs, bound, position_maps):
        kernel = self.add_weight(
            shape=(side, side, inputs, outputs),
            initializer="glorot_uniform",
            name=f"kernel_{i}",
        )
        bias = self.add_weight(
            shape=(*self._sides, outputs) if position_maps else (outputs,),
            initializer="zeros",
            name=f"bias_{i}",
        )
        norm = OperatorNorm(kernel, self._sides, bound, dtype=self.dtype)
        return kernel, bias, norm

    def update_spectral_norm(self) -> None:
        """One power iteration on each convolution; once per step."""
        for norm, kernel in zip(self.norms, self.kernels, strict=True):
            norm.update(kernel)

    def at(self, condition=None) -> "LipschitzMap":
        """Returns g at a condition, `[B, ...]`, or None."""
        more = _MORE_ITERATIONS if current_draws() is None else 0
        kernels = [
            norm(tf.convert_to_tensor(kernel), more_iterations=more)
            for norm, kernel in zip(self.norms, self.kernels, strict=True)
        ]
        biases = [
            tf.broadcast_to(bias, [1, *self._sides, bias.shape[-1]])
            for bias in self.biases
        ]
        biases[0] = self._add_condition(biases[0], condition)
        betas = [tf.nn.softplus(beta) for beta in self._betas]
        return LipschitzMap(tuple(kernels), tuple(biases), tuple(betas))

    def call(self, x, condition=None):
        return self.at(condition)(x)


class LipschitzMap(NamedTuple):
    """A `LipschitzNetwork` at fixed weights and a condition.

    Attributes:
      kernels: Those of the convolutions, normalised.
      biases: Behind each of them, `[1 or B, H, W, channels]`.
      betas: Of the activations between them.
    """

    kernels: tuple
    biases: tuple
    betas: tuple

    def __call__(self, x):
        return self.linearized(x)[0]

    def linearized(self, x) -> tuple[tf.Tensor, "Jacobian"]:
        """Returns g(x), `[B, H, W, C]`, and the Jacobian of g at x."""
        slopes = []
        for kernel, bias, beta in zip(
            self.kernels, self.biases, self.betas, strict=False
        ):
            h = convolve(x, kernel) + bias
            gate = tf.sigmoid(beta * h)
            slopes.append(gate * (1.0 + beta * h * (1.0 - gate)) / _SWISH_SLOPE)
            x = h * gate / _SWISH_SLOPE
        value = convolve(x, self.kernels[-1]) + self.biases[-1]
        return value, Jacobian(self.kernels, tuple(slopes))


class Jacobian(NamedTuple):
    """The Jacobian J of each image, as a product with maps.

    Attributes:
      kernels: Of the convolutions.
      slopes: Of the activations between them, `[B, H, W, channels]`.
    """

    kernels: tuple
    slopes: tuple

    def product(self, u):
        """Returns J u, `[B, H, W, C]`."""
        for kernel, slope in zip(self.kernels, self.slopes, strict=False):
            u = convolve(u, kernel) * slope
        return convolve(u, self.kernels[-1])

    def product_back(self, u):
        """Returns J^T u, `[B, H, W, C]`."""
        u = convolve_back(u, self.kernels[-1])
        for kernel, slope in zip(
            self.kernels[-2::-1], reversed(self.slopes), strict=True
        ):
            u = convolve_back(u * slope, kernel)
        return u
