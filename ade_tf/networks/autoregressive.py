"""Networks in which every value depends on earlier values only."""

import keras
import numpy as np
import tensorflow as tf

from ade_tf.networks.blocks import Dropout, check_network, dense
from ade_tf.networks.layers import to_output

__all__ = ["AutoregressiveNetwork", "MaskedConv"]


class MaskedConv(keras.layers.Layer):
    """Convolution of stride 1 whose kernel is zero wherever a mask is.

    Args:
      mask: Array of zeros and ones, `[rows, columns, in, out]`, odd sides.
      kernel_initializer: Keras initialiser of the kernel.
      dtype: Keras dtype policy of weights and activations.
    """

    def __init__(self, mask, *, kernel_initializer="glorot_uniform", dtype="float32"):
        super().__init__(dtype=dtype)
        self._mask = np.asarray(mask, self.variable_dtype)
        self._kernel = self.add_weight(
            shape=mask.shape, initializer=kernel_initializer, name="kernel"
        )
        self._bias = self.add_weight(
            shape=mask.shape[-1:], initializer="zeros", name="bias"
        )
        self.built = True

    def call(self, x):
        kernel = tf.convert_to_tensor(self._kernel)
        kernel *= tf.cast(self._mask, kernel.dtype)
        if kernel.shape[:2] == (1, 1):
            # As a convolution, a MADE of 512 units takes more than twice as long.
            return tf.tensordot(x, tf.squeeze(kernel, [0, 1]), 1) + self._bias
        return tf.nn.conv2d(x, kernel, 1, "SAME") + self._bias


class AutoregressiveNetwork(keras.layers.Layer):
    """Maps whose i-th value depends on the values before the i-th, and on a context.

        output_i = g_i(z_1, ..., z_(i-1), context)

    Values are ordered by row, then column, then channel; `reverse` turns the order
    round. Masked 3x3 convolutions with ELU (1 wide along a side of 1) see the positions
    before their own whole, and of their own only earlier channels: hidden unit k of
    `width` may see the first `k C // width` of C channels (MADE, arXiv 1502.03509,
    section 4; in space as PixelCNN, arXiv 1601.06759). So on vectors, `[1, 1, C]`, it
    is a MADE. The context enters behind the first layer. All outputs are zero at first.

    Call: z `[B, H, W, C]`, context `[B, H, W, context_size]` -> `outputs` maps
    `[B, H, W, C]`.

    Args:
      shape: `(H, W, C)` of z.
      outputs: Number of maps put out.
      context_size: Channels of the context; 0 for none.
      width: Hidden channels.
      blocks: Hidden layers; with 0 the outputs are linear.
      reverse: Whether values depend on later ones instead of earlier ones.
      dropout: Dropout rate behind the hidden layers.
      dtype: Keras dtype policy, as `Encoder`'s.

    Raises:
      ValueError: Unless sizes are at least 1, and `blocks` at least 0.
    """

    def __init__(
        self,
        shape,
        outputs,
        *,
        context_size=0,
        width=64,
        blocks=2,
        reverse=False,
        dropout=0.0,
        dtype="float32",
    ):
        super().__init__(dtype=dtype)
        height, columns, channels = check_network(
            shape,
            outputs=outputs,
            width=width,
            blocks=blocks,
        )
        size = tuple(3 if side > 1 else 1 for side in (height, columns))
        self._outputs = outputs
        # The channels that a unit may see are those below its degree.
        given, hidden = np.arange(channels) + 1, np.arange(width) * channels // width
        degrees = [given, *[hidden] * blocks, np.arange(channels)]
        layers = []
        for below, above in zip(degrees, degrees[1:], strict=False):
            mask = _mask(size, below[:, None] <= above[None])
            mask = mask[::-1, ::-1, ::-1, ::-1] if reverse else mask
            initializer = "glorot_uniform"
            if len(layers) == blocks:
                mask, initializer = np.tile(mask, outputs), "zeros"
            layers.append(MaskedConv(mask, kernel_initializer=initializer, dtype=dtype))
        self._convs = tuple(layers)
        self._drop = Dropout(dropout, dtype=dtype)
        self._context = None
        if context_size:
            self._context = dense(
                context_size,
                width if blocks else outputs * channels,
                use_bias=False,
                kernel_initializer="glorot_uniform" if blocks else "zeros",
                dtype=dtype,
            )
        self.built = True

    def call(self, z, context=None):
        first, *others = self._convs
        h = first(z)
        if self._context is not None:
            h += self._context(context)
        for layer in others:
            h = layer(self._drop(tf.nn.elu(h)))
        return tuple(tf.split(to_output(self, h), self._outputs, axis=-1))


def _mask(size, visible):
    """Returns a kernel's mask: all taps before the middle one, of that `visible`."""
    taps = size[0] * size[1]
    mask = np.zeros([taps, *visible.shape], bool)
    mask[: taps // 2] = True
    mask[taps // 2] = visible
    return mask.reshape(*size, *visible.shape)
