"""Gaussian densities with independent dimensions or a low-rank covariance."""

import tensorflow as tf
import tensorflow_probability as tfp

from ade_tf.distributions.density import Density, Draw, Reparameterized, sum_positions
from ade_tf.distributions.low_rank_normal import LowRankNormal
from ade_tf.networks import LowRankScale
from ade_tf.randomness import Draws

__all__ = ["LowRank", "Normal", "feature_density"]

tfd = tfp.distributions


class Normal(Reparameterized):
    """Gaussian with independent dimensions, N(m, diag(s^2)).

        ln N(v; m, s) = -sum_i [((v_i - m_i) / s_i)^2 + ln (2 pi s_i^2)] / 2

    Args:
      mean: Float Tensor, `[B, ...]`, or `[1, ...]` for the same mean everywhere.
      stddev: Positive Tensor of a shape that broadcasts to the mean's.
    """

    def __init__(self, mean, stddev):
        self._normal = tfd.Normal(mean, stddev)
        self.noise_shape = tuple(mean.shape[1:])

    @property
    def distribution(self) -> tfd.Distribution:
        """The same as TFP's distribution, of batch shape `[B]`."""
        return tfd.Independent(self._normal, len(self.noise_shape))

    def mean(self) -> tf.Tensor:
        return self._normal.loc

    def stddev(self) -> tf.Tensor:
        """Returns the standard deviations, as they were given."""
        return self._normal.scale

    def from_noise(self, noise, temperature=1.0) -> Draw:
        value = self._normal.loc + temperature * self._normal.scale * noise
        return Draw(value, self.log_prob_by_unit(value))

    def log_prob(self, value) -> tf.Tensor:
        return self.distribution.log_prob(value)

    def log_prob_by_unit(self, value) -> tf.Tensor:
        return sum_positions(self._normal.log_prob(value))

    def kl_by_unit(self, prior: Density) -> tf.Tensor | None:
        """Returns KL(self || prior) in closed form, if the prior is a `Normal`.

            KL = sum_i ln (t_i / s_i) + (s_i^2 + (m_i - n_i)^2) / (2 t_i^2) - 1/2

        for a prior N(n, diag(t^2)) (arXiv 1312.6114, appendix B).
        """
        if not isinstance(prior, Normal):
            return None
        return sum_positions(tfd.kl_divergence(self._normal, prior._normal))


class LowRank(Density):
    """Gaussian with low-rank plus diagonal covariance, N(mu, diag(sigma^2) + W W^T).

    Args:
      mean: Float Tensor, `[B, H, W, C]`.
      scale: A `LowRankScale`; kept as `scale`.
    """

    def __init__(self, mean, scale: LowRankScale):
        self.scale = scale
        self.distribution = LowRankNormal(mean, scale.sigma, scale.factors)

    def mean(self) -> tf.Tensor:
        return self.distribution.mean()

    def draw(self, draws: Draws, temperature=1.0) -> Draw:
        mean, (sigma, factors) = self.mean(), self.scale
        own = sigma * draws.normal(mean.shape[1:])
        shared = draws.of("factors").normal([factors.shape[-1]])
        shared = tf.reduce_sum(factors * shared[:, None, None, None, :], axis=-1)
        value = mean + temperature * (own + shared)
        return Draw(value, self.log_prob_by_unit(value))

    def log_prob(self, value) -> tf.Tensor:
        return self.distribution.log_prob(value)


def feature_density(mean, scale) -> Density:
    """Returns p(y | z), a Gaussian on features.

    Args:
      mean: Float Tensor, `[B, H, W, C]`.
      scale: sigma, positive, of a shape that broadcasts to the mean's; or a
        `LowRankScale`.
    """
    if isinstance(scale, LowRankScale):
        return LowRank(mean, scale)
    return Normal(mean, scale)
