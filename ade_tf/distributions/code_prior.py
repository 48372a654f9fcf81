"""Priors with codes: a category and numbers that samples are to be read by."""

import math

import tensorflow as tf

from ade_tf.distributions.density import Density, Draw
from ade_tf.distributions.normal import Normal
from ade_tf.distributions.priors import Prior
from ade_tf.randomness import Draws

__all__ = ["CodePrior"]

_SCALE = 2.0


class CodePrior(Prior):
    """p(z) of a category k, continuous codes v and noise n, side by side.

        z = [2 e_k, v, n],   k uniform on K categories,   (v, n) ~ N(0, I)

    (arXiv 1606.03657, section 4, whose continuous codes are uniform.) The factor 2
    brings e_k nearer to the size of the noise.

    Args:
      shape: `(latent_size,)`, of all three together.
      level_shapes: Taken as by all priors; this z has no levels.
      code_classes: K, at least 2.
      code_dims: Dimensions of v.

    Raises:
      ValueError: If the codes do not fit into z.
    """

    def __init__(self, shape, *, level_shapes=None, code_classes=10, code_dims=2):
        del level_shapes
        super().__init__()
        (size,) = shape
        if size < code_classes + code_dims:
            raise ValueError(
                "latent_size must hold a category and continuous codes, and counts "
                f"the noise, too. Received: latent_size={size}, "
                f"code_classes={code_classes}, code_dims={code_dims}"
            )
        self.code_classes, self.code_dims = code_classes, code_dims
        self.latent_size = size
        self.built = True

    @property
    def entropy(self) -> float:
        """The entropy of (k, v), in nats."""
        normal = self.code_dims * math.log(2.0 * math.pi * math.e) / 2.0
        return math.log(self.code_classes) + normal

    def join(self, category, normal) -> tf.Tensor:
        """Returns z of categories, int `[B]`, and the normal part, `[B, d - K]`."""
        return tf.concat([_SCALE * tf.one_hot(category, self.code_classes), normal], 1)

    def codes(self, z) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns k, int64 `[B]`, and v, `[B, code_dims]`, of codes z."""
        first, dims = self.code_classes, self.code_dims
        return tf.argmax(z[:, :first], axis=1), z[:, first : first + dims]

    def density(self, condition=None) -> Density:
        del condition
        return _Codes(self)


class _Codes(Density):
    def __init__(self, prior):
        self._prior = prior
        size = prior.latent_size - prior.code_classes
        self._normal = Normal(tf.zeros([1, size]), tf.ones([]))

    def draw(self, draws: Draws, temperature=1.0) -> Draw:
        count = self._prior.code_classes
        uniform = draws.uniform([1])[:, 0]
        category = tf.minimum(tf.cast(uniform * count, tf.int32), count - 1)
        z = self._prior.join(category, self._normal.draw(draws, temperature).value)
        return Draw(z, self.log_prob_by_unit(z))

    def log_prob(self, value) -> tf.Tensor:
        """Returns ln p(k) + ln p(v, n), `[B]`, in nats."""
        normal = value[:, self._prior.code_classes :]
        return self._normal.log_prob(normal) - math.log(self._prior.code_classes)
