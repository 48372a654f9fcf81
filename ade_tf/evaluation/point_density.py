"""The density of a model at given points, also where it is an integral over z."""

import dataclasses

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from ade_tf.config import requires
from ade_tf.randomness import fold

__all__ = ["PointScores", "log_prob_of_points"]

tfd = tfp.distributions

_ROWS = 2**17


@dataclasses.dataclass(frozen=True)
class PointScores:
    """ln p of points, in nats.

    Attributes:
      log_prob: float64 `[N]`.
      bias: Estimate, float64 `[N]`, of how far `log_prob` is too low in the mean; zero
        where there is no z.
    """

    log_prob: np.ndarray
    bias: np.ndarray


def log_prob_of_points(
    model, points, *, num_samples: int = 1024, seed: int = 0, progress=None
) -> PointScores:
    """Returns ln p(x) of points under a model with a likelihood.

    Without a z it is exact. With one,

        p(x) ~ 1/k sum_j p(x | z_j) p(z_j) / r(z_j),   r = (q(z | x) + p) / 2

    where half of the z are drawn from the prior p and half from the posterior q. The
    prior's half bounds every weight by 2 p(x | z), so that nothing is missed where the
    encoder is wrong, as it may be between the modes of the data (defensive importance
    sampling, Owen and Zhou, 2000). The estimate of p(x) has no bias; that of its
    logarithm is estimated by splitting the z in two.

    Args:
      model: A model with a likelihood and, if there is a z, with the Gaussian posterior
        of one vector.
      points: Continuous images, `[N, 1, 1, D]`.
      num_samples: The number k, a multiple of 4.
      seed: Seed of z.
      progress: Called with `(done, total)` points after each pass.

    Raises:
      ValueError: If the preset has no likelihood, the model is conditional, images have
        levels, or `num_samples` is no multiple of 4.
    """
    requires(model.config, "a density of points", "unconditional", "likelihood")
    if model.levels:
        raise ValueError(
            "a density of points needs continuous data. "
            f"Received: levels={model.levels}"
        )
    if num_samples < 4 or num_samples % 4:
        raise ValueError(
            f"num_samples must be a multiple of 4. Received: num_samples={num_samples}"
        )
    points = np.asarray(points, np.float32)
    estimate = _exact if model.decoder is None else _by_importance
    batch = max(1, _ROWS // (num_samples if model.decoder is not None else 8))
    step = tf.function(
        lambda x, seed: estimate(model, x, num_samples, seed),
        autograph=False,
        reduce_retracing=True,
    )
    found = []
    for start in range(0, len(points), batch):
        x = points[start : start + batch]
        found.append([part.numpy() for part in step(x, fold(seed, "points", start))])
        if progress is not None:
            progress(start + len(x), len(points))
    log_prob, bias = (
        np.concatenate(p).astype(np.float64) for p in zip(*found, strict=True)
    )
    return PointScores(log_prob, bias)


def _exact(model, x, num_samples, seed):
    del num_samples, seed
    log_prob = model.image_distribution().log_prob(x)
    return log_prob, tf.zeros_like(log_prob)


def _by_importance(model, x, num_samples, seed):
    y, log_det = model.feature_map(x)
    near, size = model.posterior_density(x).distribution, model.latent_size
    prior = model.prior.density().distribution
    shape = [num_samples, tf.shape(x)[0], size]
    eps = tf.random.stateless_normal(shape, seed, alg="philox")
    # By turns, so that the even and the odd ones are two estimates of one kind.
    from_prior = (tf.range(num_samples) // 2 % 2 == 0)[:, None, None]
    z = tf.where(from_prior, eps, near.mean() + near.stddev() * eps)
    rows = tf.repeat(y[None], num_samples, axis=0)
    features = model.feature_density(tf.reshape(z, [-1, size]))
    log_p = features.log_prob(tf.reshape(rows, [-1, *y.shape[1:]]))
    log_prior = prior.log_prob(z)
    log_proposal = tf.reduce_logsumexp([log_prior, near.log_prob(z)], 0) - np.log(2.0)
    log_weights = tf.reshape(log_p, [num_samples, -1]) + log_prior - log_proposal
    halves = [_log_mean(log_weights[part::2]) for part in (0, 1)]
    log_prob = _log_mean(log_weights)
    return log_prob + log_det, log_prob - (halves[0] + halves[1]) / 2.0


def _log_mean(log_weights):
    count = tf.cast(tf.shape(log_weights)[0], log_weights.dtype)
    return tf.reduce_logsumexp(log_weights, 0) - tf.math.log(count)
