"""Priors p(z) that are learned: autoregressive flows of Gaussian noise."""

import math

import tensorflow as tf

from ade_tf.bijectors import BijectorLayer, autoregressive_flow
from ade_tf.distributions.density import Density, Draw
from ade_tf.distributions.normal import Normal
from ade_tf.distributions.priors import Prior
from ade_tf.networks.top_down import join_levels, split_levels
from ade_tf.randomness import Draws

__all__ = ["AutoregressivePrior", "LevelsPrior", "autoregressive_prior"]


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


class LevelsPrior(Prior):
    """Prior of a hierarchical z: an autoregressive flow of the maps of every level.

        z_l = g_l(u_l; z_(l-1)),  u_l ~ N(0, I);   p(z) = prod_l p(z_l | z_(l-1))

    with g_l^-1 as in `AutoregressivePrior`, by masked convolutions (`PixelCNN`) that
    are given the level above (arXiv 1611.05013, section 3.2). One affine step is an
    autoregressive Gaussian. A draw takes as many passes as a level has values. At first
    it is N(0, I).

    Args:
      level_shapes: `(h, w, maps)` of every level, the coarsest first.
      prior_steps: Steps of each flow, at least 1.
      prior_width: Channels of their networks, of two blocks each.
      prior_coupling: Transform of a step.
    """

    def __init__(
        self, level_shapes, *, prior_steps=4, prior_width=64, prior_coupling="affine"
    ):
        super().__init__()
        self.level_shapes = tuple(level_shapes)
        above = (None, *self.level_shapes)
        self.flows = tuple(
            BijectorLayer(
                autoregressive_flow(
                    shape,
                    steps=prior_steps,
                    coupling=prior_coupling,
                    actnorm="none",
                    network="pixel_cnn",
                    width=prior_width,
                    blocks=2,
                    condition_shape=above[level],
                ),
                name=f"flow_{level}",
            )
            for level, shape in enumerate(self.level_shapes)
        )
        self.built = True

    def density(self, condition=None) -> Density:
        del condition
        return _Levels(self)

    def level_densities(self, values, condition=None) -> tuple[Density, ...]:
        del condition
        levels = zip(self.flows, self.level_shapes, (None, *values[:-1]), strict=True)
        return tuple(_Flow(flow, shape, shape, above) for flow, shape, above in levels)


class _Flow(Density):
    def __init__(self, flow, shape, maps, above=None):
        self._flow, self._shape, self._maps, self._above = flow, shape, maps, above
        self.reference = Normal(tf.zeros([1, *shape]), tf.ones([]))

    def draw(self, draws: Draws, temperature=1.0) -> Draw:
        u = temperature * draws.normal(self._maps)
        z, log_det = self._flow.forward_and_log_det(u, self._above)
        z, u = (tf.reshape(part, [-1, *self._shape]) for part in (z, u))
        return Draw(z, (self.reference.log_prob(u) - log_det)[:, None])

    def log_prob(self, value) -> tf.Tensor:
        z = tf.reshape(value, [-1, *self._maps])
        u, log_det = self._flow.inverse_and_log_det(z, self._above)
        u = tf.reshape(u, [-1, *self._shape])
        return self.reference.log_prob(u) + log_det


class _Levels(Density):
    def __init__(self, prior):
        self._prior = prior

    def draw(self, draws: Draws, temperature=1.0) -> Draw:
        shapes, values = self._prior.level_shapes, []
        size = sum(math.prod(shape) for shape in shapes)
        noise = split_levels(temperature * draws.normal([size]), shapes)
        for flow, u in zip(self._prior.flows, noise, strict=True):
            above = values[-1] if values else None
            values.append(flow.forward_and_log_det(u, above)[0])
        z = join_levels(values, shapes)
        return Draw(z, self.log_prob_by_unit(z))

    def log_prob(self, value) -> tf.Tensor:
        values = split_levels(value, self._prior.level_shapes)
        levels = self._prior.level_densities(values)
        return sum(p.log_prob(z) for p, z in zip(levels, values, strict=True))


def autoregressive_prior(shape, *, level_shapes=None, **settings) -> Prior:
    """Returns the prior of a vector z (or of features), or of maps of z in levels.

    Args:
      shape: As of `AutoregressivePrior`.
      level_shapes: As of `LevelsPrior`, of a hierarchical z; else None.
      **settings: As of both.
    """
    if level_shapes is None:
        return AutoregressivePrior(shape, **settings)
    return LevelsPrior(level_shapes, **settings)
