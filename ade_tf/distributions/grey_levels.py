"""Laws of the grey levels of one pixel, given its features."""

import keras
import numpy as np
import tensorflow as tf

from ade_tf.networks.layers import to_output
from ade_tf.networks.style import NetworkStyle

__all__ = ["Categorical", "LogisticMixture"]

_FIRST_LOG_SCALE = -2.0
_LEAST_LOG_SCALE = -7.0


class Categorical(keras.layers.Layer):
    """A probability for each grey level, channel after channel.

        P(x) = prod_c softmax(W_c [h, x_1, ..., x_(c-1)])_(x_c)

    Args:
      channels: Channels C of a pixel.
      levels: Grey levels.
      features: Size of the features h.
      style: The `NetworkStyle`.
    """

    def __init__(self, channels, levels, features, style: NetworkStyle):
        super().__init__(dtype=style.dtype)
        self._levels = levels
        self._heads = tuple(
            style.dense(features + before, levels, kernel_initializer="zeros")
            for before in range(channels)
        )
        # Uniform numbers that the draw of a pixel takes.
        self.noise_size = channels
        self.built = True

    def log_prob(self, x, features) -> tf.Tensor:
        """Returns ln P of pixels `[..., C]` in 0 .. levels - 1, `[...]`, in nats."""
        total = 0.0
        for channel in range(len(self._heads)):
            logits = self._logits(x, features, channel)
            level = tf.cast(x[..., channel], tf.int32)
            total -= tf.nn.sparse_softmax_cross_entropy_with_logits(level, logits)
        return total

    def draw(self, features, noise, temperature=1.0) -> tf.Tensor:
        """Returns pixels `[..., C]`, each level found by inverting its CDF.

        Args:
          features: `[..., features]`.
          noise: Uniform, `[..., noise_size]`.
          temperature: By which the logits are divided.
        """
        x = tf.zeros([*tf.unstack(tf.shape(noise)[:-1]), 0])
        for channel in range(len(self._heads)):
            logits = self._logits(x, features, channel)
            found = _invert(logits, noise[..., channel], temperature)
            x = tf.concat([x, tf.cast(found, tf.float32)[..., None]], -1)
        return x

    def _logits(self, x, features, channel):
        earlier = x[..., :channel] * (2.0 / (self._levels - 1.0)) - 1.0
        inputs = tf.concat([features, tf.cast(earlier, features.dtype)], -1)
        return to_output(self, self._heads[channel](inputs))


class LogisticMixture(keras.layers.Layer):
    """A mixture of discretised logistics, whose means follow the channels before.

        P(x) = sum_k pi_k prod_c [F(x_c + h; m_kc, s_kc) - F(x_c - h; m_kc, s_kc)]
        m_kc = mu_kc + sum_(b<c) tanh(a_kcb) x_b
        F(x; m, s) = 1 / (1 + exp(-(x - m) / s))

    (arXiv 1701.05517, sections 2.1 and 2.2), with x scaled to [-1, 1] and h half a
    level; the bins of the first and the last level reach to infinity. ln s is -2 at
    first, not 0 as in the paper: neighbours tell a pixel to a small part of the range.

    Args:
      channels: Channels C of a pixel.
      levels: Grey levels.
      features: Size of the features h.
      style: The `NetworkStyle`.
      mixtures: Components.
    """

    def __init__(self, channels, levels, features, style: NetworkStyle, mixtures=5):
        super().__init__(dtype=style.dtype)
        self._levels, self._channels, self._mixtures = levels, channels, mixtures
        pairs = channels * (channels - 1) // 2
        self._sizes = [1, channels, channels, pairs]
        self._head = style.dense(features, mixtures * sum(self._sizes))
        first = np.zeros([mixtures, sum(self._sizes)], "float32")
        first[:, 1 + channels : 1 + 2 * channels] = _FIRST_LOG_SCALE
        self._head.bias.assign(first.reshape(-1))
        self.noise_size = channels + 1
        self.built = True

    def log_prob(self, x, features) -> tf.Tensor:
        """Returns ln P of pixels `[..., C]` in 0 .. levels - 1, `[...]`, in nats."""
        logits, *parameters = self._parameters(features)
        x = self._scaled(x)
        total = tf.nn.log_softmax(logits)
        for channel in range(self._channels):
            value = x[..., None, channel]
            mean, log_scale = self._of_channel(parameters, x[..., None, :], channel)
            total += self._log_bin(value, mean, log_scale)
        return tf.reduce_logsumexp(total, axis=-1)

    def draw(self, features, noise, temperature=1.0) -> tf.Tensor:
        """Returns pixels `[..., C]`, as `Categorical` does.

        The temperature divides the logits of the mixture and multiplies the scales.
        """
        logits, *parameters = self._parameters(features)
        chosen = _invert(logits, noise[..., 0], temperature)
        parameters = [
            tf.gather(p, chosen, batch_dims=chosen.shape.rank)[..., None, :]
            for p in parameters
        ]
        x = tf.zeros([*tf.unstack(tf.shape(noise)[:-1]), 0])
        for channel in range(self._channels):
            mean, log_scale = self._of_channel(parameters, x[..., None, :], channel)
            u = tf.clip_by_value(noise[..., channel + 1], 1e-5, 1.0 - 1e-5)
            spread = temperature * tf.exp(log_scale[..., 0])
            value = mean[..., 0] + spread * (tf.math.log(u) - tf.math.log1p(-u))
            value = self._scaled(
                tf.clip_by_value(
                    tf.round(self._levelled(value)), 0.0, self._levels - 1.0
                )
            )
            x = tf.concat([x, value[..., None]], -1)
        return tf.round(self._levelled(x))

    def _parameters(self, features):
        raw = to_output(self, self._head(features))
        shape = tf.concat([tf.shape(raw)[:-1], [self._mixtures, sum(self._sizes)]], 0)
        logits, mean, log_scale, weights = tf.split(
            tf.reshape(raw, shape), self._sizes, axis=-1
        )
        log_scale = tf.maximum(log_scale, _LEAST_LOG_SCALE)
        return logits[..., 0], mean, log_scale, tf.tanh(weights)

    def _of_channel(self, parameters, x, channel):
        mean, log_scale, weights = parameters
        first = channel * (channel - 1) // 2
        own = weights[..., first : first + channel]
        shift = tf.reduce_sum(own * x[..., :channel], -1)
        return mean[..., channel] + shift, log_scale[..., channel]

    def _log_bin(self, x, mean, log_scale):
        # ln [F(b) - F(a)] = ln F(b) + ln (1 - F(a)) + ln (1 - exp((a - b) / s)), which
        # is exact however far from the mean.
        half, inverse = 1.0 / (self._levels - 1.0), tf.exp(-log_scale)
        first, last = x < half - 1.0, x > 1.0 - half
        below_upper = -tf.nn.softplus(-inverse * (x - mean + half))
        above_lower = -tf.nn.softplus(inverse * (x - mean - half))
        width = tf.math.log(-tf.math.expm1(-2.0 * half * inverse))
        return (
            tf.where(last, 0.0, below_upper)
            + tf.where(first, 0.0, above_lower)
            + tf.where(first | last, 0.0, width)
        )

    def _scaled(self, x):
        return x * (2.0 / (self._levels - 1.0)) - 1.0

    def _levelled(self, x):
        return (x + 1.0) * ((self._levels - 1.0) / 2.0)


def _invert(logits, uniform, temperature):
    """Returns the index at which the cumulative probability passes a number."""
    probabilities = tf.nn.softmax(logits / tf.maximum(temperature, 1e-6))
    passed = tf.cumsum(probabilities, axis=-1) <= uniform[..., None]
    found = tf.reduce_sum(tf.cast(passed, tf.int32), -1)
    return tf.minimum(found, logits.shape[-1] - 1)
