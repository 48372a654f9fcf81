"""Building blocks of the networks: layers that own their weights once constructed.

Networks hold their layers in attributes and tuples, never in lists, because
`tf.train.Checkpoint` silently leaves out the lists of a Keras layer.
"""

import keras
import tensorflow as tf

from ade_tf.networks.layers import Conv2D, Dense
from ade_tf.networks.normalisation import SpectralConv2D, SpectralDense
from ade_tf.randomness import current_draws

__all__ = [
    "Dropout",
    "PositionMap",
    "ResidualBlock",
    "WithGroupMean",
    "bounded",
    "check_choice",
    "check_network",
    "conv",
    "dense",
    "halvings",
]


def check_network(image_shape, **sizes) -> tuple[int, int, int]:
    """Checks the sizes of a network.

    Args:
      image_shape: `(H, W, C)` of the network's input or output.
      **sizes: Further sizes by name, at least 1 (`blocks`: at least 0).

    Returns:
      `image_shape` as a tuple.

    Raises:
      ValueError: If one is out of range.
    """
    shape = tuple(image_shape)
    if len(shape) != 3 or not all(isinstance(n, int) and n > 0 for n in shape):
        raise ValueError(
            "an image shape must be (height, width, channels), all positive "
            f"integers. Received: {shape}"
        )
    for name, size in sizes.items():
        least = 0 if name == "blocks" else 1
        if size < least:
            raise ValueError(
                f"`{name}` must be at least {least}. Received: {name}={size}"
            )
    return shape


def check_choice(name, value, choices) -> None:
    """Raises ValueError unless `value` is one of `choices`."""
    if value not in choices:
        listed = ", ".join(map(repr, choices))
        raise ValueError(f"`{name}` must be one of {listed}. Received: {value!r}")


def halvings(height, width, smallest=4) -> int:
    """Returns how often both sides can be halved, being even and above `smallest`."""
    count = 0
    while min(height, width) > smallest and height % 2 == width % 2 == 0:
        height, width, count = height // 2, width // 2, count + 1
    return count


def bounded(raw: tf.Tensor, bound: float) -> tf.Tensor:
    """Softly limits a value to (-bound, bound): `bound * tanh(raw / bound)`.

    The slope at 0 is 1, so small values pass almost unchanged.

    Args:
      raw: Float Tensor of any shape.
      bound: Limit, > 0.

    Returns:
      A Tensor like `raw`.
    """
    return bound * tf.tanh(raw / bound)


def conv(
    in_channels,
    channels,
    size=3,
    *,
    strides=1,
    kernel_initializer="glorot_uniform",
    spectral_norm=False,
    dtype="float32",
) -> keras.layers.Layer:
    """Returns a built 2-D convolution with bias and "same" padding.

    Args:
      in_channels: Channels of the input.
      channels: Channels of the output.
      size: Side of the kernel.
      strides: Stride; the output is `strides` times smaller.
      kernel_initializer: Keras initialiser of the kernel.
      spectral_norm: Whether the kernel is divided by its spectral norm.
      dtype: Keras dtype policy of weights and activations.
    """
    kind = SpectralConv2D if spectral_norm else Conv2D
    layer = kind(
        channels,
        size,
        strides=strides,
        padding="same",
        data_format="channels_last",
        kernel_initializer=kernel_initializer,
        dtype=dtype,
    )
    layer.build((None, None, None, in_channels))
    return layer


def dense(
    in_features,
    features,
    *,
    use_bias=True,
    activation=None,
    kernel_initializer="glorot_uniform",
    spectral_norm=False,
    dtype="float32",
) -> keras.layers.Layer:
    """Returns a built dense layer on the last axis: on maps, a 1x1 convolution.

    Args:
      in_features: Size of the input's last axis.
      features: Size of the output's last axis.
      use_bias: Whether there is a bias.
      activation: Name of a Keras activation; None for none.
      kernel_initializer: Keras initialiser of the kernel.
      spectral_norm: Whether the kernel is divided by its spectral norm.
      dtype: Keras dtype policy of weights and activations.
    """
    kind = SpectralDense if spectral_norm else Dense
    layer = kind(
        features,
        use_bias=use_bias,
        activation=activation,
        kernel_initializer=kernel_initializer,
        dtype=dtype,
    )
    layer.build((None, in_features))
    return layer


class Dropout(keras.layers.Layer):
    """Inverted dropout by the stateless draws in scope: x * [u >= rate] / (1 - rate).

    It is the identity where no `BatchDraws.scope` is active, so a network needs no
    `training` argument: who wants dropout opens a scope.

    Args:
      rate: Share of the values set to zero, in [0, 1).
      dtype: Type of the activations.
    """

    def __init__(self, rate, *, dtype="float32"):
        super().__init__(dtype=dtype)
        self._rate = rate
        self.built = True

    def call(self, x):
        draws = current_draws()
        if draws is None or self._rate == 0.0:
            return x
        # In the weights' type: with 8 bits the rate would be another.
        kept = draws.uniform(tf.shape(x)[1:], self.variable_dtype) >= self._rate
        mask = tf.cast(kept, x.dtype) / (1.0 - self._rate)
        return x * tf.ensure_shape(mask, x.shape)


class PositionMap(keras.layers.Layer):
    """Adds one learned value per position and channel, zero at first: x + m[H, W, C].

    It lets a convolution tell positions apart, which pays on aligned images such as
    digits.

    Args:
      shape: `(H, W, C)` of the input.
      dtype: Keras dtype policy of weights and activations.
    """

    def __init__(self, shape, *, dtype="float32"):
        super().__init__(dtype=dtype)
        self.map = self.add_weight(shape=shape, initializer="zeros", name="map")
        self.built = True

    def call(self, x):
        return x + self.map


class ResidualBlock(keras.layers.Layer):
    """Pre-activation residual block: x + conv(dropout(elu(conv(elu(x))))).

    Args:
      channels: Channels of input and output.
      dropout: Dropout rate before the second 3x3 convolution.
      dtype: Keras dtype policy of weights and activations.
    """

    def __init__(self, channels, *, dropout=0.0, dtype="float32"):
        super().__init__(dtype=dtype)
        self._first = conv(channels, channels, dtype=dtype)
        self._dropout = Dropout(dropout, dtype=dtype)
        self._second = conv(channels, channels, dtype=dtype)
        self.built = True

    def call(self, x):
        h = tf.nn.elu(self._first(tf.nn.elu(x)))
        h = self._second(self._dropout(h))
        # TensorFlow's CPU graph optimiser fails on plain chains of such sums.
        return x + tf.ensure_shape(h, x.shape)


class WithGroupMean(keras.layers.Layer):
    """Gives a layer its input and, beside it, the input's mean over the group.

        y_i = layer([x_i, mean_j x_j]),    j over the group of i

    The layer acts on each image; what it learns on the second half of its channels it
    learns of the whole group, alike for every order of the images (arXiv 1806.07185,
    with the mean as the statistic).

    Args:
      layer: Built layer of twice the channels of the input.
      group: Images of a group; a batch holds whole groups, one behind the other.
      dtype: Keras dtype policy of weights and activations.
    """

    def __init__(self, layer, group: int, *, dtype="float32"):
        super().__init__(dtype=dtype)
        self._layer = layer
        self._group = group
        self.built = True

    def call(self, x):
        if x.shape[0] is not None and x.shape[0] % self._group:
            raise ValueError(
                "a batch must hold whole groups (mixed_group divides the batch of "
                f"each replica). Received: group={self._group}, batch={x.shape[0]}"
            )
        groups = tf.reshape(x, [-1, self._group, *x.shape[1:]])
        mean = tf.reduce_mean(groups, axis=1, keepdims=True)
        both = tf.concat([groups, tf.broadcast_to(mean, tf.shape(groups))], -1)
        return self._layer(tf.reshape(both, [-1, *x.shape[1:-1], 2 * x.shape[-1]]))
