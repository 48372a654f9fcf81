"""PixelCNN: features of every pixel that know the pixels before it, and no other."""

import keras
import tensorflow as tf

from ade_tf.networks.blocks import check_network
from ade_tf.networks.layers import Conv2D
from ade_tf.networks.style import NetworkStyle

__all__ = ["PixelCNN"]


class PixelCNN(keras.layers.Layer):
    """Network whose output at a pixel depends on the pixels before it.

    Pixels are ordered by row, then by column. Two stacks of convolutions keep the order
    without a blind spot (arXiv 1606.05328, section 2.2), by shifts in place of masks
    (arXiv 1701.05517, section 2.3): the first sees the rows above, the second also the
    pixels to the left. A block adds to each stack

        a * sigmoid(b),   (a, b) = conv(dropout(elu(conv(elu(h)) + context)))

    with half as many channels between its convolutions; the second stack's context has
    the first stack's features, and both have those that are given, W c. Without blocks
    a pixel sees its four neighbours above and to the left.

    Call: images `[B, H, W, C]` in [-1, 1], context `[B, H, W, context_size]` or None ->
    features `[B, H, W, width]`, with ELU.

    Args:
      image_shape: `(H, W, C)`.
      context_size: Channels of the context; 0 for none.
      blocks: Number of blocks, at least 0.
      **style: Of `NetworkStyle`; position maps are behind the first layers.

    Raises:
      ValueError: If an argument is out of range.
    """

    def __init__(self, image_shape, *, context_size=0, blocks=5, **style):
        style = NetworkStyle(**style).check()
        super().__init__(dtype=style.dtype)
        height, columns, channels = check_network(image_shape, blocks=blocks)
        width = style.width
        # A channel of ones tells the border from a pixel of value 0.
        enter = (channels + 1, width)
        self._above = _Causal(*enter, (2, 3), shift=(1, 0), dtype=style.dtype)
        self._row_above = _Causal(*enter, (1, 3), shift=(1, 0), dtype=style.dtype)
        self._left = _Causal(*enter, (2, 1), shift=(0, 1), dtype=style.dtype)
        self._maps = tuple(
            tuple(style.maps((height, columns, width))) for _ in range(2)
        )
        self._blocks = tuple(
            (
                _Block((2, 3), context_size, style),
                _Block((2, 2), context_size + width, style),
            )
            for _ in range(blocks)
        )
        self._context = None
        if context_size:
            self._context = style.conv(context_size, width, 1)
        self.built = True

    def call(self, images, context=None):
        images = tf.concat([images, tf.ones_like(images[..., :1])], -1)
        images = tf.cast(images, self.compute_dtype)
        above, left = self._above(images), self._row_above(images) + self._left(images)
        if context is not None:
            context = tf.cast(context, self.compute_dtype)
            shared = self._context(context)
            above, left = above + shared, left + shared
        for layer in self._maps[0]:
            above = layer(above)
        for layer in self._maps[1]:
            left = layer(left)
        for upper, lower in self._blocks:
            above = upper(above, context)
            seen = above if context is None else tf.concat([above, context], -1)
            left = lower(left, seen)
        return tf.nn.elu(left)


class _Block(keras.layers.Layer):
    """A gated residual block of causal convolutions."""

    def __init__(self, size, context_size, style):
        super().__init__(dtype=style.dtype)
        width, inner = style.width, max(1, style.width // 2)
        self._first = _Causal(width, inner, size, dtype=style.dtype)
        self._context = None
        if context_size:
            self._context = style.conv(context_size, inner, 1)
        self._drop = style.drop()
        self._second = _Causal(inner, 2 * width, size, dtype=style.dtype)
        self.built = True

    def call(self, h, context=None):
        inner = self._first(tf.nn.elu(h))
        if self._context is not None:
            inner += self._context(tf.nn.elu(context))
        update, gate = tf.split(self._second(self._drop(tf.nn.elu(inner))), 2, axis=-1)
        return h + update * tf.sigmoid(gate)


class _Causal(keras.layers.Layer):
    """Convolution that sees nothing below its pixel, and behind it only rows above.

    Of an odd width it is centred, and of an even width (or 1) it ends at its column.

    Args:
      in_channels: Channels of the input.
      channels: Channels of the output.
      size: Rows and columns of the kernel.
      shift: Rows and columns by which the output is moved down and to the right.
      dtype: Keras dtype policy of weights and activations.
    """

    def __init__(self, in_channels, channels, size, *, shift=(0, 0), dtype):
        super().__init__(dtype=dtype)
        rows, columns = size
        right = columns // 2 if columns % 2 else 0
        self._pads = [
            [0, 0],
            [rows - 1 + shift[0], 0],
            [columns - 1 - right + shift[1], right],
            [0, 0],
        ]
        self._shift = shift
        self._conv = Conv2D(
            channels,
            size,
            padding="valid",
            data_format="channels_last",
            dtype=dtype,
        )
        self._conv.build((None, None, None, in_channels))
        self.built = True

    def call(self, x):
        down, right = self._shift
        if down or right:
            x = x[:, : x.shape[1] - down, : x.shape[2] - right]
        return self._conv(tf.pad(x, self._pads))
