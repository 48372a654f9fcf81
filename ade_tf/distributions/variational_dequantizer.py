"""Variational dequantization: noise whose density is a flow given the image."""

import math

import tensorflow as tf

from ade_tf.bijectors import BijectorLayer, Coupling, FusedChain
from ade_tf.bijectors.masks import channel_mask, checkerboard_mask
from ade_tf.distributions.density import Draw, Reparameterized
from ade_tf.distributions.dequantizers import Dequantizer
from ade_tf.distributions.normal import Normal
from ade_tf.networks.blocks import bounded
from ade_tf.networks.layers import to_output
from ade_tf.networks.style import NetworkStyle

__all__ = ["VariationalNoise"]

_LOG_SCALE_BOUND = 3.0
# With it the noise is nearly uniform at first: a logistic's density is the sigmoid's
# slope, and a Gaussian of this width is close to a logistic.
_FIRST_LOG_SCALE = 0.5
# Keeps ln u and ln(1 - u) finite.
_MARGIN = 1e-6


class VariationalNoise(Dequantizer):
    """Noise u = s(h(eps; x)) in (0, 1), a conditional flow of Gaussian noise.

        v = m(x) + exp(l(x)) eps;   w = f_T^-1 ... f_1^-1(v; x);   u = s(w)
        ln q(u | x) = ln N(v; m, e^l) - ln |det dw/dv| - sum ln s'(w)

    (Flow++, arXiv 1902.00275, section 3.1). m, l and the context of the couplings f_t
    come from three convolutions of x and of where x is the first or the last level;
    the couplings are on checkerboards by turns (on channels, of one position).
    s(w) = a + (1 - 2 a) sigmoid(w) with a = 1e-6. At first l is 0.5 and the couplings
    are the identity, which is nearly uniform noise. Deviation: the paper's couplings
    are mixtures of logistics, with attention.

    Args:
      image_shape: `(H, W, C)`.
      levels: Grey levels of the images, at least 2.
      dequantizer_width: Channels of the networks.
      dequantizer_steps: Number T of couplings, at least 0.
      dequantizer_coupling: Transform of the couplings, `affine` or `spline`.
      **context: As of a `Dequantizer`.

    Raises:
      ValueError: If the data are continuous.
    """

    def __init__(
        self,
        image_shape,
        levels,
        *,
        dequantizer_width=32,
        dequantizer_steps=2,
        dequantizer_coupling="affine",
        **context,
    ):
        super().__init__(image_shape, levels, **context)
        if not levels:
            raise ValueError(
                "continuous data (levels=0) get no noise: dequantizer must be "
                "`uniform`. Received: dequantizer='variational'"
            )
        height, columns, channels = self.image_shape
        style = NetworkStyle(
            width=dequantizer_width,
            condition_shape=self.condition_shape,
            dtype=self.dtype_policy,
        )
        width = style.width
        self._first = style.conv(3 * channels, width)
        self._add_condition = style.add_condition(width)
        self._body = tuple(style.conv(width, width) for _ in range(2))
        self._last = style.conv(width, 2 * channels, kernel_initializer="zeros")
        couplings = [
            Coupling(
                self.image_shape,
                mask,
                transform=dequantizer_coupling,
                network="residual",
                width=width,
                condition_shape=(height, columns, width),
                network_dtype=self.dtype_policy.name,
                name=f"coupling_{step}",
            )
            for step, mask in enumerate(_masks(self.image_shape, dequantizer_steps))
        ]
        self._flow = BijectorLayer(FusedChain(couplings), name="flow")

    def density(self, images, condition=None) -> Reparameterized:
        ends = (images == 0.0, images == self.levels - 1.0)
        unit = images * (2.0 / (self.levels - 1.0)) - 1.0
        inputs = tf.concat([unit, *(tf.cast(end, unit.dtype) for end in ends)], -1)
        h = tf.nn.elu(self._add_condition(self._first(inputs), condition))
        for layer in self._body:
            h = tf.nn.elu(layer(h))
        mean, raw = tf.split(to_output(self, self._last(h)), 2, axis=-1)
        log_scale = bounded(raw + _FIRST_LOG_SCALE, _LOG_SCALE_BOUND)
        base = Normal(mean, tf.exp(log_scale))
        return _Squashed(base, self._flow, to_output(self, h))


class _Squashed(Reparameterized):
    """The density of s(w), w a flow of a Gaussian, given the flow's context."""

    def __init__(self, base, flow, context):
        self.noise_shape = base.noise_shape
        self._base = base
        self._flow = flow
        self._context = context

    def from_noise(self, noise, temperature=1.0) -> Draw:
        v = self._base.from_noise(noise, temperature).value
        w, log_det = self._flow.forward_and_log_det(v, self._context)
        u = _MARGIN + (1.0 - 2.0 * _MARGIN) * tf.sigmoid(w)
        log_prob = self._base.log_prob(v) - log_det - _log_slope(w)
        return Draw(u, log_prob[:, None])

    def log_prob(self, value) -> tf.Tensor:
        """Returns ln q(u | x) of noise in (1e-6, 1 - 1e-6)."""
        share = (value - _MARGIN) / (1.0 - 2.0 * _MARGIN)
        w = tf.math.log(share) - tf.math.log1p(-share)
        v, log_det = self._flow.inverse_and_log_det(w, self._context)
        return self._base.log_prob(v) + log_det - _log_slope(w)


def _log_slope(w):
    """Returns the sum of ln s'(w) of each example."""
    slopes = math.log1p(-2.0 * _MARGIN) - tf.nn.softplus(w) - tf.nn.softplus(-w)
    return tf.reduce_sum(slopes, axis=[1, 2, 3])


def _masks(shape, steps):
    height, columns, channels = shape
    if height * columns > 1:
        return [checkerboard_mask(shape, step % 2) for step in range(steps)]
    if channels > 1:
        return [channel_mask(shape, step % 2) for step in range(steps)]
    return []
