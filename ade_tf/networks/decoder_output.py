"""The end of a decoder: mean and scale of p(y | z)."""

import functools
import math
from typing import NamedTuple

import keras
import tensorflow as tf

from ade_tf.config.networks import SIGMAS
from ade_tf.networks.blocks import PositionMap, check_choice
from ade_tf.networks.layers import to_output

__all__ = ["ImageDecoder", "LowRankScale", "floored_sigma"]


def floored_sigma(raw, log_sigma_floor):
    """Maps unbounded values to scales: ln sigma = f + softplus(raw + ln(e^-f - 1)).

    Here f is the floor. Every sigma is at least e^f, and sigma = 1 where raw = 0.

    Args:
      raw: Float Tensor of any shape.
      log_sigma_floor: Lower bound f of ln sigma, below 0.
    """
    start = math.log(math.expm1(-log_sigma_floor))
    return tf.exp(log_sigma_floor + tf.nn.softplus(raw + start))


class LowRankScale(NamedTuple):
    """The scale of a Gaussian with covariance diag(sigma^2) + W W^T.

    Attributes:
      sigma: Positive, of a shape that broadcasts to the mean's, `[B, H, W, C]`.
      factors: W, `[H, W, C, rank]` or `[B, H, W, C, rank]`.
    """

    sigma: tf.Tensor
    factors: tf.Tensor


class ImageDecoder(keras.layers.Layer):
    """The end that all decoders share: from features to mu and scale of p(y | z).

    The scale is sigma, or a `LowRankScale` where `covariance_rank` is above 0.
    Decoders take its settings by name:

      sigma: `scalar`, `channel` or `pixel`: one free parameter for all, per channel,
        or per position and channel; `from_z`: computed like mu. It is 1 at first.
      log_sigma_floor: Lower bound of ln sigma, below 0.
      covariance_rank: Rank of the covariance beside its diagonal; 0 for none. The
        factors are computed from z where sigma is, else free.
    """

    def _build_output(
        self,
        shape,
        style,
        *,
        flat=False,
        sigma="pixel",
        log_sigma_floor=-4.0,
        covariance_rank=0,
    ):
        check_choice("sigma", sigma, SIGMAS)
        if not log_sigma_floor < 0.0:
            raise ValueError(
                "`log_sigma_floor` must be below 0, for sigma is 1 at first. "
                f"Received: log_sigma_floor={log_sigma_floor}"
            )
        if covariance_rank < 0:
            raise ValueError(
                "`covariance_rank` must be at least 0. "
                f"Received: covariance_rank={covariance_rank}"
            )
        self._shape = shape
        self._floor = log_sigma_floor
        self._rank = covariance_rank
        *_, channels = shape
        outputs = math.prod(shape) if flat else channels
        head = functools.partial(style.dense if flat else style.conv, style.width)
        # Glorot's, but given as an object, for which Keras draws one seed more: so a
        # run's seed keeps giving the weights it always gave.
        glorot = keras.initializers.VarianceScaling(1.0, "fan_avg", "uniform")
        self._mu = head(outputs, kernel_initializer=glorot)
        self._map = None
        if style.position_maps and not flat:
            self._map = PositionMap(shape, dtype=self.variable_dtype)
        if sigma == "from_z":
            self._raw_sigma = head(outputs, kernel_initializer="zeros")
        else:
            sizes = {"scalar": (1, 1, 1), "channel": (1, 1, channels), "pixel": shape}
            self._raw_sigma = self.add_weight(
                shape=sizes[sigma],
                initializer="zeros",
                autocast=False,
                name="raw_sigma",
            )
        if self._rank and sigma == "from_z":
            self._factors = head(outputs * self._rank)
        elif self._rank:
            # Not zero, where the density does not change with W to first order.
            self._factors = self.add_weight(
                shape=(*shape, self._rank),
                initializer=keras.initializers.RandomNormal(stddev=0.1),
                autocast=False,
                name="factors",
            )

    @property
    def scale_variables(self) -> list:
        """Variables that only the scale of p(y | z) depends on."""
        owners = [self._raw_sigma, *([self._factors] if self._rank else [])]
        return [
            variable
            for owner in owners
            for variable in getattr(owner, "variables", [owner])
        ]

    def _output(self, h):
        mu = self._from_features(self._mu, h, self._shape)
        if self._map is not None:
            mu = self._map(mu)
        if isinstance(self._raw_sigma, keras.layers.Layer):
            raw = self._from_features(self._raw_sigma, h, self._shape)
        else:
            raw = tf.convert_to_tensor(self._raw_sigma)
        sigma = floored_sigma(raw, self._floor)
        if not self._rank:
            return mu, sigma
        if isinstance(self._factors, keras.layers.Layer):
            shape = (*self._shape, self._rank)
            factors = self._from_features(self._factors, h, shape)
        else:
            factors = tf.convert_to_tensor(self._factors)
        return mu, LowRankScale(sigma, factors)

    def _from_features(self, head, h, shape):
        return tf.reshape(to_output(self, head(h)), [-1, *shape])
