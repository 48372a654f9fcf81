"""What a trained model answers: bounds, codes, samples. All draws are per image."""

import tensorflow as tf

from ade_tf.distributions import feature_density
from ade_tf.example_draws import normal_per_example, uniform_per_example
from ade_tf.networks import LowRankScale
from ade_tf.objectives import LikelihoodTerms
from ade_tf.randomness import fold

__all__ = [
    "bound_terms",
    "decode",
    "encode",
    "log_weights",
    "quantize",
    "reconstruct",
    "sample",
]


def bound_terms(model, images, seed, indices, labels=None) -> LikelihoodTerms:
    """Returns the parts of the single-sample bound on -ln p(x), in nats per image.

    One dequantisation noise and one z per image; the KL in closed form where q is
    Gaussian (at every level, given the levels above), else at that z. Of a conditional
    model the bound is on -ln p(x | c).

    Args:
      model: An `AdaptiveDensityEstimator` with a likelihood.
      images: `[B, H, W, C]` in 0 .. levels-1.
      seed: Integer or int32 `[2]` Tensor.
      indices: int64 `[B]`, each image's position in its set: its draws depend on seed
        and position alone, so no result depends on the batch size.
      labels: Of a conditional model, integers `[B]`; None of another.
    """
    x, eps = _noise(model, images, seed, indices)
    return model.likelihood_terms(x, eps, labels)


def log_weights(model, images, seed, indices, labels=None) -> tf.Tensor:
    """Returns ln w = ln p(x, z) - ln q(z | x), z ~ q, per image (arXiv 1509.00519).

    Args and shapes as in `bound_terms`. Without a z, ln w is ln p(x).
    """
    x, eps = _noise(model, images, seed, indices)
    y, log_det = model.feature_map(x, model.condition(labels))
    if model.decoder is None:
        return model.feature_distribution(None).log_prob(y) + log_det
    found = model.infer(x, eps, labels)
    log_p = feature_density(*found.features).log_prob(y) + log_det
    return log_p - found.log_ratio_nats


def encode(model, images, labels=None) -> tf.Tensor:
    """Returns a code of images, `[B, latent_size]`: the posterior mean of z.

    A hierarchical z is the path of means, each level's given the means above it; with
    the posterior `iaf`, it is where the mean of its base leads. Noise is replaced by
    its mean: images are taken in the middle of their levels. A conditional model takes
    their labels, `[B]`.
    """
    x = _middle(model, images)
    return model.infer(x, tf.zeros([tf.shape(x)[0], model.latent_size]), labels).z


def decode(model, z, labels=None) -> tf.Tensor:
    """Returns the images f^-1(mu(z)), quantised, `[B, H, W, C]`.

    A conditional model takes the labels of these images, `[B]`.
    """
    condition = model.condition(labels)
    mu, _ = model.decoder(z, condition)
    x, _ = model.feature_map.forward_and_log_det(mu, condition)
    return quantize(x, model.levels)


def reconstruct(model, images, labels=None) -> tf.Tensor:
    """Returns f^-1(mu(z)) of the codes z of images (`encode`), quantised."""
    return decode(model, encode(model, images, labels), labels)


def sample(
    model, num, temperature, seed, noise=False, first=0, labels=None
) -> tf.Tensor:
    """Returns quantised samples, `[num, H, W, C]`.

    With a z: f^-1(mu(z)), z ~ N(0, temperature^2 I), as the adversary sees them; with
    `noise`, y ~ p(y | z), its deviations times the temperature, in place of mu(z).
    Of a hierarchical z, the temperature acts at every level. Without a z:
    f^-1(y), y ~ N(0, temperature^2 I). For flows with other than additive couplings a
    temperature is a heuristic (arXiv 1807.03039). The i-th sample depends on the seed
    and i, not on `num`.

    Args:
      model: An `AdaptiveDensityEstimator`.
      num: Number of samples, a Python or Tensor integer.
      temperature: Factor on the standard deviations.
      seed: Integer or int32 `[2]` Tensor.
      noise: Whether to draw y instead of taking its mean.
      first: Position of the first sample, to draw a long row in pieces.
      labels: Of a conditional model, the classes of the samples, `[num]`.
    """
    condition = model.condition(labels)
    indices = first + tf.range(num)
    if model.decoder is None:
        y = temperature * _normal(model.image_shape, seed, "features", indices)
    else:
        size = [model.latent_size]
        z = temperature * _normal(size, seed, "z", indices)
        y, scale = model.decoder(z, condition)
        if noise:
            y += temperature * _deviations(model, scale, seed, indices)
    x, _ = model.feature_map.forward_and_log_det(y, condition)
    return quantize(x, model.levels)


def quantize(x, levels: int) -> tf.Tensor:
    """Returns x floored and clipped to 0 .. levels-1; continuous data as it is."""
    if levels == 0:
        return x
    return tf.clip_by_value(tf.floor(x), 0.0, levels - 1.0)


def _normal(shape, seed, purpose, indices):
    return normal_per_example(shape, fold(seed, purpose), indices)


def _deviations(model, scale, seed, indices):
    """Draws y - mu of p(y | z)."""
    eps = _normal(model.image_shape, seed, "features", indices)
    if not isinstance(scale, LowRankScale):
        return scale * eps
    factors = _normal([scale.factors.shape[-1]], seed, "factors", indices)
    shared = tf.reduce_sum(scale.factors * factors[:, None, None, None, :], axis=-1)
    return scale.sigma * eps + shared


def _noise(model, images, seed, indices):
    x = tf.cast(images, tf.float32)
    if model.levels:
        x += uniform_per_example(
            model.image_shape, fold(seed, "dequantisation"), indices
        )
    if model.decoder is None:
        return x, None
    return x, _normal([model.latent_size], seed, "posterior", indices)


def _middle(model, images):
    x = tf.cast(images, tf.float32)
    return x + 0.5 if model.levels else x
