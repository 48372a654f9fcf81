"""The density of images given the decoder's output, p(x | z)."""

import tensorflow as tf
import tensorflow_probability as tfp

from ade_tf.distributions.normal import feature_density
from ade_tf.networks import LowRankScale

__all__ = ["image_density"]

tfd = tfp.distributions
tfb = tfp.bijectors


def image_density(mu, sigma, feature_map: tfb.Bijector) -> tfd.TransformedDistribution:
    """Returns p(x | z): a Gaussian on features, seen through the feature map.

        ln p(x | z) = ln p(y = f(x) | z) + ln |det df/dx|

    where f, image to features, is `feature_map.inverse` (arXiv 1901.01091). A
    condition is passed as TFP passes it:
    `density.log_prob(x, bijector_kwargs={"condition": condition})`.

    Args:
      mu: Float Tensor, `[B, H, W, C]`, the mean of the features.
      sigma: Positive Tensor or number that broadcasts with `mu`, such as a scalar,
        `[C]`, `[H, W, C]` or `[B, 1, 1, 1]`; or a `LowRankScale`.
      feature_map: Bijector whose `forward` goes from features to images.

    Returns:
      A distribution of batch shape `[B]` and event shape `[H, W, C]`.

    Raises:
      ValueError: If `mu` has not four axes or `sigma` does not broadcast to it.
    """
    mu = tf.convert_to_tensor(mu)
    low_rank = isinstance(sigma, LowRankScale)
    scale = sigma if low_rank else tf.convert_to_tensor(sigma, mu.dtype)
    sigma = scale.sigma if low_rank else scale
    if mu.shape.rank != 4:
        raise ValueError(
            f"The mean of the features is [B, H, W, C]. Received: mu.shape={mu.shape}"
        )
    if not _broadcasts_to(sigma.shape, mu.shape):
        raise ValueError(
            f"The scale of the features broadcasts to their mean, of shape {mu.shape}. "
            f"Received: sigma.shape={sigma.shape}"
        )
    features = feature_density(mu, scale).distribution
    return tfd.TransformedDistribution(features, feature_map)


def _broadcasts_to(shape: tf.TensorShape, target: tf.TensorShape) -> bool:
    """Whether nothing known of the shapes forbids broadcasting one to the other."""
    if shape.rank is None:
        return True
    if shape.rank > target.rank:
        return False
    ends = zip(reversed(shape), reversed(target), strict=False)
    return all(size in (1, None, wanted) or wanted is None for size, wanted in ends)
