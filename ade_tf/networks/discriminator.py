"""Discriminators: networks from images to logits."""

import functools
import itertools
import math

import keras
import tensorflow as tf

from ade_tf.config.games import DISCRIMINATORS
from ade_tf.networks.blocks import (
    WithGroupMean,
    check_choice,
    check_network,
    conv,
    dense,
    halvings,
)
from ade_tf.networks.condition import AddCondition
from ade_tf.networks.growth import halve
from ade_tf.networks.layers import to_output
from ade_tf.networks.minibatch import STATISTICS
from ade_tf.networks.style import NetworkStyle

__all__ = ["Discriminator"]


class Discriminator(keras.layers.Layer):
    """Network from images to logits: high for real images, low for generated ones.

    `dcgan`: 3x3 convolutions, each followed by a 4x4 one of stride 2 that doubles the
    channels up to eight times `width`, with leaky ReLU of slope 0.2; a dense layer on
    what remains. The sides are halved while even and above 4, and twice where they can
    be. `residual`: a 3x3 convolution, residual blocks with ReLU that halve by average
    pooling and double the channels likewise, one that keeps the size, sum over
    positions and a dense layer, after arXiv 1802.05957, appendix B.4. `mlp`: three
    hidden dense layers with leaky ReLU, for `[1, 1, C]` data. There is neither
    normalisation over the batch nor dropout.

    A condition is added behind the first layer or, with `projection`, enters last:

        D(x, c) = psi(h(x)) + <V c, h(x)>        (arXiv 1802.05637, equation 3)

    where h is what the last layer psi sees; for one-hot c, V c is a row of a learned
    table.

    Call: images `[B, H, W, C]` in [-1, 1], condition -> logits `[B]`; with `features`,
    h(x) in their place, `[B, F]`. `set_size` is for `minibatch_statistics`: how many
    images, one behind the other, make a set; None: all of them.

    Args:
      image_shape: `(H, W, C)`.
      group: Images that are judged together: with more than one, every layer also sees
        the mean of its input over the group (`WithGroupMean`), and an image's logit
        depends on its group, but not on the order in it.
      spectral_norm: Whether every kernel is divided by its spectral norm; then call
        `update_spectral_norm` once per discriminator step.
      projection: Whether the condition, then a vector, enters by a projection.
      minibatch_statistics: `none`, or what of the images of a set psi sees beside h(x),
        a key of `STATISTICS`.
      growth: A `Growth` by whose resolutions images are seen; None: at full size from
        the first step on. Not of `mlp`.
      **style: Of `NetworkStyle`; a position map is behind the first layer.
    Raises:
      ValueError: If an argument is out of range.
    """

    def __init__(
        self,
        image_shape,
        *,
        group=1,
        spectral_norm=False,
        projection=False,
        minibatch_statistics="none",
        growth=None,
        **style,
    ):
        style = NetworkStyle(**{"network": "dcgan", **style}).check(DISCRIMINATORS)
        super().__init__(dtype=style.dtype)
        width, condition_shape = style.width, style.condition_shape
        if projection and (condition_shape is None or len(condition_shape) != 1):
            raise ValueError(
                "a projection takes a condition that is a vector, (K,). "
                f"Received: condition_shape={condition_shape}"
            )
        height, columns, channels = check_network(image_shape, group=group)
        made = []

        def make(maker, in_channels, *sizes, **keywords):
            seen = in_channels if group == 1 else 2 * in_channels
            made.append(maker(seen, *sizes, spectral_norm=spectral_norm, **keywords))
            if group == 1:
                return made[-1]
            return WithGroupMean(made[-1], group, dtype=style.dtype)

        make_conv = functools.partial(make, conv, dtype=style.dtype)
        make_dense = functools.partial(make, dense, dtype=style.dtype)
        self._growth, self._entries, self._ends = growth, (), ()
        self._flat = style.network == "mlp"
        if self._flat:
            self._first = make_dense(height * columns * channels, width)
            body = [tf.nn.leaky_relu]
            for _ in range(2):
                body += [make_dense(width, width), tf.nn.leaky_relu]
            features = width
        else:
            self._first = make_conv(channels, width)
            body = style.maps((height, columns, width))
            scales = max(
                halvings(height, columns), min(2, halvings(height, columns, 2))
            )
            widths = [min(width << scale, 8 * width) for scale in range(scales + 1)]
            if style.network == "residual":
                stages = _residual_body(widths, make_conv, make_dense, style.dtype)
                features = widths[-1]
            else:
                stages = _dcgan_body(widths, make_conv)
                features = (height >> scales) * (columns >> scales) * widths[-1]
            ends = []
            for stage in stages:
                body += stage
                ends.append(len(body) - 1)
            if growth is not None:
                self._ends = tuple(ends[: growth.doublings])
                self._entries = tuple(
                    make_conv(channels, after)
                    for _, after in zip(self._ends, widths[1:], strict=False)
                )
        self._add_condition = AddCondition(
            None if projection else condition_shape,
            width,
            rank=2 if self._flat else 4,
            make_dense=functools.partial(make, dense),
            dtype=style.dtype,
        )
        self._body = tuple(body)
        self._statistics, seen = None, features
        if minibatch_statistics != "none":
            check_choice("minibatch_statistics", minibatch_statistics, STATISTICS)
            self._statistics = STATISTICS[minibatch_statistics](
                features, make_dense, dtype=style.dtype
            )
            seen += self._statistics.size
        self._last = make_dense(seen, 1)
        self._table = None
        if projection:
            self._table = style.dense(
                *condition_shape, features, use_bias=False, spectral_norm=spectral_norm
            )
            made.append(self._table)
        self._spectral_layers = tuple(made) if spectral_norm else ()
        self.built = True

    def call(self, images, condition=None, *, set_size=None, features=False):
        if self._flat:
            images = tf.reshape(images, [-1, math.prod(images.shape[1:])])
        h = self._first(images)
        if self._table is None:
            h = self._add_condition(h, condition)
        for place, layer in enumerate(self._body):
            h = layer(h)
            if place in self._ends:
                images, halved = halve(images), self._ends.index(place)
                doubling = self._growth.doublings - halved
                h = self._growth.mix(doubling, self._entries[halved](images), h)
        h = tf.reshape(h, [-1, math.prod(h.shape[1:])])
        if features:
            return to_output(self, h)
        seen = h if self._statistics is None else self._of_sets(h, set_size)
        logits = self._last(seen)
        logits = to_output(self, tf.squeeze(logits, -1))
        if self._table is None:
            return logits
        if condition is None:
            raise ValueError("a projection needs a condition. Received: None")
        rows, h = (to_output(self, x) for x in (self._table(condition), h))
        return logits + tf.reduce_sum(rows * h, axis=1)

    def _of_sets(self, h, set_size):
        """Returns features with the statistics of their sets behind them."""
        size = tf.shape(h)[0] if set_size is None else set_size
        statistics = self._statistics(tf.reshape(h, [-1, size, h.shape[-1]]))
        statistics = tf.reshape(statistics, [-1, self._statistics.size])
        return tf.concat([h, tf.cast(statistics, h.dtype)], -1)

    def update_spectral_norm(self) -> None:
        """Makes one power iteration per kernel; nothing without `spectral_norm`.

        Calls of the network leave the estimates alone, so that all calls of one step
        use the same. May run in replica context, outside `tf.cond` and loops.
        """
        for layer in self._spectral_layers:
            layer.update_spectral_norm()


class _PoolingBlock(keras.layers.Layer):
    """Residual block with ReLU, halving the sides by average pooling if `pool`."""

    def __init__(self, in_channels, channels, make_conv, make_dense, *, pool, dtype):
        super().__init__(dtype=dtype)
        self._pool = pool
        self._first = make_conv(in_channels, channels)
        self._second = make_conv(channels, channels)
        self._shortcut = None
        if in_channels != channels:
            self._shortcut = make_dense(in_channels, channels)
        self.built = True

    def call(self, x):
        h = self._second(tf.nn.relu(self._first(tf.nn.relu(x))))
        if self._pool:
            x, h = (tf.nn.avg_pool2d(maps, 2, 2, "VALID") for maps in (x, h))
        # The 1x1 shortcut commutes with pooling and costs a quarter behind it.
        return h + (x if self._shortcut is None else self._shortcut(x))


def _dcgan_body(widths, make_conv):
    """Returns the layers and functions behind the first layer, scale by scale."""
    stages = []
    for before, after in itertools.pairwise(widths):
        plain = [make_conv(before, before), tf.nn.leaky_relu] if stages else []
        halving = make_conv(before, after, 4, strides=2)
        stages.append([tf.nn.leaky_relu, *plain, halving])
    return [*stages, [tf.nn.leaky_relu]]


def _residual_body(widths, make_conv, make_dense, dtype):
    """Returns the layers and functions behind the first layer, scale by scale."""
    block = functools.partial(
        _PoolingBlock, make_conv=make_conv, make_dense=make_dense, dtype=dtype
    )
    stages = [[block(*pair, pool=True)] for pair in itertools.pairwise(widths)]
    last = block(widths[-1], widths[-1], pool=False)
    return [*stages, [last, tf.nn.relu, functools.partial(tf.reduce_sum, axis=[1, 2])]]
