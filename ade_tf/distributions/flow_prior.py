"""Priors p(z) that are learned: an autoregressive flow of Gaussian noise."""

import tensorflow as tf

from ade_tf.bijectors import BijectorLayer, autoregressive_flow
from ade_tf.distributions.density import Density, Draw
from ade_tf.distributions.normal import Normal
from ade_tf.distributions.priors import Prior
from ade_tf.randomness import Draws

__all__ = ["AutoregressivePrior"]


class AutoregressivePrior(Prior):
    """Prior of one vector z (or of features) that is learned with the model.

        z = g(u),  u ~ N(0, I);   ln p(z) = ln N(g^-1(z)) + ln |det dg^-1/dz|

    with g^-1 the steps of an `autoregressive_flow` by MADEs (arXiv 1611.02731, section
    3.2): the density is one pass, a draw as many as z has dimensions. At first it is
    N(0, I).

    Args:
      shape: Shape of one code, `(latent_size,)`, or of the features, `(H, W, C)`.
      prior_steps: Steps of the flow, at least 1.
      prior_width: Hidden units of its networks.
      prior_coupling: Transform of a step.
    """

    def __init__(
        self, shape, *, prior_steps=4, prior_width=64, prior_coupling="affine"
    ):
        super().__init__()
        self._shape = tuple(shape)
        self._maps = self._shape if len(self._shape) == 3 else (1, 1, *self._shape)
        flow = autoregressive_flow(
            self._maps,
            steps=prior_steps,
            coupling=prior_coupling,
            actnorm="none",
            width=prior_width,
        )
        self._flow = BijectorLayer(flow, name="flow")
        self.built = True

    def density(self, condition=None) -> Density:
        del condition
        return _Flow(self._flow, self._shape, self._maps)


class _Flow(Density):
    def __init__(self, flow, shape, maps):
        self._flow, self._shape, self._maps = flow, shape, maps
        self.reference = Normal(tf.zeros([1, *shape]), tf.ones([]))

    def draw(self, draws: Draws, temperature=1.0) -> Draw:
        u = temperature * draws.normal(self._maps)
        z, log_det = self._flow.forward_and_log_det(u)
        z, u = (tf.reshape(part, [-1, *self._shape]) for part in (z, u))
        return Draw(z, (self.reference.log_prob(u) - log_det)[:, None])

    def log_prob(self, value) -> tf.Tensor:
        z = tf.reshape(value, [-1, *self._maps])
        u, log_det = self._flow.inverse_and_log_det(z)
        u = tf.reshape(u, [-1, *self._shape])
        return self.reference.log_prob(u) + log_det
