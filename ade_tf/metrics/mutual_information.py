"""The KL of a variational bound, split into what it says and what it wastes."""

import dataclasses
import math

import numpy as np
from scipy.special import logsumexp

from ade_tf.metrics.features import check_features

__all__ = ["ElboSurgery", "elbo_surgery"]

_BLOCK_NUMBERS = 4_000_000
_LOG_2_PI = math.log(2.0 * math.pi)


@dataclasses.dataclass(frozen=True)
class ElboSurgery:
    """The parts of the mean KL(q(z|x) || p(z)) over a finite set, in nats.

    The standard errors are those of the draws of z for this very set: they hold
    nothing about other images.

    Attributes:
      mutual_information: I_q(x, z), with x uniform on the set; 0 .. ln N.
      marginal_kl: KL(q(z) || p(z)).
      drawn_kl: The mean KL from the same draws: the sum of the two, to rounding.
      kl: The mean KL in closed form.
      mutual_information_error: Standard error of `mutual_information`.
      marginal_kl_error: Standard error of `marginal_kl`.
      drawn_kl_error: Standard error of `drawn_kl`.
    """

    mutual_information: float
    marginal_kl: float
    drawn_kl: float
    kl: float
    mutual_information_error: float
    marginal_kl_error: float
    drawn_kl_error: float


def elbo_surgery(means, stddevs, *, num_draws: int = 10, seed: int = 0) -> ElboSurgery:
    """Splits the mean KL of Gaussian posteriors to p(z) = N(0, I).

        (1/N) sum_n KL(q(z|x_n) || p(z)) = I_q(x, z) + KL(q(z) || p(z))
        I_q(x, z)        = (1/N) sum_n E_q(z|x_n) [ln q(z|x_n) - ln q(z)]
        KL(q(z) || p(z)) = (1/N) sum_n E_q(z|x_n) [ln q(z) - ln p(z)]
        q(z)             = (1/N) sum_n q(z|x_n)

    (Hoffman and Johnson, ELBO surgery, NIPS 2016 workshop on Advances in Approximate
    Bayesian Inference, section 3.) The sum in q(z) runs over the whole set, so that it
    is exact and only the expectations are estimated, by `num_draws` draws of z for each
    image. Time grows with N^2 `num_draws` d; memory does not grow with N^2.

    Args:
      means: Means of q(z|x_n), `[N, d]`.
      stddevs: Standard deviations, `[N, d]`, above 0.
      num_draws: Draws of z for each image, at least 2 (one has no spread).
      seed: Seed of the draws.

    Raises:
      ValueError: If the arrays are no such moments, or `num_draws` is below 2.
    """
    means, stddevs = _checked(means, stddevs)
    if num_draws < 2:
        raise ValueError(f"num_draws must be at least 2. Received: {num_draws}")
    count, size = means.shape
    information = np.empty((count, num_draws))
    marginal = np.empty((count, num_draws))
    generator = np.random.default_rng(seed)
    mixture = _Mixture(means, stddevs)
    rows = max(1, _BLOCK_NUMBERS // (num_draws * max(count, size)))
    for start in range(0, count, rows):
        block = slice(start, min(start + rows, count))
        eps = generator.standard_normal((block.stop - start, num_draws, size))
        z = means[block, None] + stddevs[block, None] * eps
        log_own = _log_normal(eps) - np.log(stddevs[block]).sum(-1)[:, None]
        log_marginal = mixture.log_density(z, log_own, start)
        information[block] = log_own - log_marginal
        marginal[block] = log_marginal - _log_normal(z)
    kl = 0.5 * (means**2 + stddevs**2 - 1.0) - np.log(stddevs)
    return ElboSurgery(
        mutual_information=float(information.mean()),
        marginal_kl=float(marginal.mean()),
        drawn_kl=float((information + marginal).mean()),
        kl=float(kl.sum(-1).mean()),
        mutual_information_error=_standard_error(information),
        marginal_kl_error=_standard_error(marginal),
        drawn_kl_error=_standard_error(information + marginal),
    )


class _Mixture:
    """q(z) = (1/N) sum_n N(z; m_n, s_n^2), by matrix products.

    The square (z - m)^2 / s^2 is multiplied out around the mean of the m_n, so that its
    rounding error is about 1e-16 (m / s)^2. For the component that a z is drawn from,
    which counts most, the caller gives the exact logarithm.
    """

    def __init__(self, means, stddevs):
        self._centre = means.mean(0)
        means = means - self._centre
        precision = stddevs**-2.0
        size = means.shape[1]
        self._weights = np.concatenate([precision, -2.0 * means * precision], 1).T
        self._constants = (means**2 * precision).sum(1) + size * _LOG_2_PI
        self._constants += 2.0 * np.log(stddevs).sum(1)

    def log_density(self, z, log_own, first):
        """Returns ln q(z), `[B, K]`; row i was drawn from component `first + i`."""
        z = z - self._centre
        squares = np.concatenate([z**2, z], -1) @ self._weights + self._constants
        logs = -0.5 * squares
        row = np.arange(len(z))
        logs[row, :, first + row] = log_own
        return logsumexp(logs, axis=-1) - math.log(logs.shape[-1])


def _log_normal(eps):
    return -0.5 * (eps**2 + _LOG_2_PI).sum(-1)


def _standard_error(values):
    """Standard error of the mean of all `[N, K]` given the set: rows differ for good.

    Var = (1/N^2) sum_n s_n^2 / K, with s_n^2 the variance within row n.
    """
    count, draws = values.shape
    return float(np.sqrt(values.var(1, ddof=1).sum() / draws) / count)


def _checked(means, stddevs):
    means = check_features(means, "means").astype(np.float64)
    stddevs = check_features(stddevs, "stddevs", dims=means.shape[1])
    if len(stddevs) != len(means) or stddevs.min() <= 0:
        raise ValueError(
            "stddevs must be above 0, one row for each of the means. Received: "
            f"{len(stddevs)} rows, at least {stddevs.min()}, for {len(means)} means"
        )
    return means, stddevs.astype(np.float64)
