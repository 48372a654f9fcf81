"""Residual flows: an image plus a contraction of it."""

import math

import tensorflow as tf

from ade_tf.bijectors.actnorm import norms
from ade_tf.bijectors.base import FusedBijector
from ade_tf.bijectors.chain import FusedChain
from ade_tf.bijectors.log_dets import LARGEST_EXACT, Exact, PowerSeries
from ade_tf.config.choices import look_up
from ade_tf.config.flows import LOG_DETS
from ade_tf.example_draws import ExampleDraws, content_indices
from ade_tf.networks.lipschitz import LipschitzNetwork
from ade_tf.randomness import current_draws, draws_scope

__all__ = ["Residual", "residual_flow"]

# Move of a value, as a share of the largest (or of 1), below which an image rests.
_TOLERANCE = {tf.float32: 1e-6, tf.float64: 1e-12}
# Bound on the error of an estimated score, in nats per dimension, by what is cut off.
_CUT_OFF = 1e-4


class Residual(FusedBijector):
    """Adds a contraction of the image to it (i-ResNet, arXiv 1811.00995).

        inverse (image to features):  y = x + g(x),   Lip(g) <= coefficient < 1
        forward (features to image):  x <- y - g(x), until it no longer moves

    with g a `LipschitzNetwork`. The gradient of the forward map is that of the fixed
    point, by the implicit function, not of the iteration. In float32 rounding is what
    limits the forward map: an error of g(x) or y becomes 1 / (1 - coefficient) times
    as large at the most. Only float64 does better.

    Inside a `Draws.scope`, in training, ln |det(I + J)| of the Jacobian J of g is what
    `log_det` says, an entry of `LOG_DETS`. Outside, in scores, it is exact, by the
    whole Jacobian of each image. Of images of more than 1024 values it is an estimate
    there too (`estimated_log_det`), without bias but for the terms that the power
    series is cut off after (`score_terms`), which are below 1e-4 nats per dimension;
    its random vector is a function of the image.

    Args:
      event_shape: `(H, W, C)`.
      width: Channels inside of g.
      coefficient: Bound on the Lipschitz constant of g, in (0, 1).
      log_det: Name of what is computed in training, a key of `LOG_DETS`.
      position_maps: Whether the biases of g are of every position.
      condition_shape: Shape of one condition, None, `(K,)` or `(h, w, K)`.
      dtype: "float32" or "float64".
      name: Name for the ops.
      **settings: Those of `log_det`.

    Raises:
      TypeError: On a setting that `log_det` does not have.
      ValueError: On an unknown name or a number out of range.
    """

    def __init__(
        self,
        event_shape,
        *,
        width=32,
        coefficient=0.97,
        log_det="russian_roulette",
        position_maps=False,
        condition_shape=None,
        dtype="float32",
        name="residual",
        **settings,
    ):
        parameters = dict(locals())
        parameters |= parameters.pop("settings")
        super().__init__(
            event_shape=event_shape, dtype=dtype, parameters=parameters, name=name
        )
        if not 0.0 < coefficient < 1.0:
            raise ValueError(
                "`coefficient` must be in (0, 1), so that the map has an inverse. "
                f"Received: coefficient={coefficient}"
            )
        size = math.prod(self.event_shape)
        self._coefficient = coefficient
        self._estimate = look_up("log_det", log_det, LOG_DETS)(**settings)
        self._score, self.score_terms = Exact(), None
        if size > LARGEST_EXACT:
            if isinstance(self._estimate, Exact):
                raise ValueError(
                    f"log_det=exact is for images of at most {LARGEST_EXACT} values. "
                    f"Received: event_shape={self.event_shape}"
                )
            self.score_terms = _terms_within(_CUT_OFF, coefficient)
            self._score = PowerSeries(terms=self.score_terms)
        self._network = self._track(
            LipschitzNetwork(
                self.event_shape,
                width=width,
                bound=coefficient,
                position_maps=position_maps,
                condition_shape=condition_shape,
                dtype=tf.as_dtype(dtype).name,
            )
        )

    @property
    def estimated_log_det(self):
        """Whether the log-det is an estimate outside of training too."""
        return self.score_terms is not None

    def initialize(self, x, condition=None):
        x = tf.convert_to_tensor(x, self.dtype)
        return x + self._network(x, condition)

    def solve(self, y, condition=None, tolerance=None):
        """Finds x of x + g(x) = y, without a gradient.

        Args:
          y: Features, `[B, H, W, C]`.
          condition: None, or a tensor `[B, ...]`.
          tolerance: Move of a value, as a share of the largest (or of 1, if that is
            less), below which an image rests; None for 1e-6 in float32, and 1e-12 in
            float64.

        Returns:
          x, a bound on ||x - x*||, `[B]`, of the last step s by
          ||s|| coefficient / (1 - coefficient), and the number of steps.
        """
        return self._solve(self._network.at(condition), y, tolerance)

    def _solve(self, g, y, tolerance=None):
        x, step, turns = self._fixed_point(lambda x: y - g(x), y, tolerance)
        return x, self._coefficient / (1.0 - self._coefficient) * step, turns

    def _fixed_point(self, function, start, tolerance=None):
        """Iterates a contraction; returns its fixed point, last steps and turns.

        An image rests as soon as it has arrived, so that no other one shows in it.
        """
        tolerance = tolerance or _TOLERANCE[tf.as_dtype(self.dtype)]
        limit = math.log(tolerance * (1.0 - self._coefficient), self._coefficient)

        def improve(turn, x, step, moving):
            new = tf.where(moving[:, None, None, None], function(x), x)
            least = tolerance * tf.maximum(_largest(new), 1.0)
            step = tf.where(moving, _length(new - x), step)
            moving &= _largest(new - x) > least
            return turn + 1, new, step, moving

        zeros = tf.zeros_like(start[:, 0, 0, 0])
        turns, found, step, _ = tf.while_loop(
            lambda turn, x, step, moving: tf.reduce_any(moving),
            improve,
            (0, start, zeros, zeros == 0.0),
            maximum_iterations=math.ceil(limit),
        )
        return tf.stop_gradient(found), tf.stop_gradient(step), turns

    def _inverse_and_log_det(self, x, condition):
        value, jacobian = self._network.at(condition).linearized(x)
        return x + value, self._log_det(jacobian, x)

    def _forward_and_log_det(self, y, condition):
        g = self._network.at(condition)
        value, jacobian = g.linearized(self._solve(g, y)[0])

        @tf.custom_gradient
        def at_fixed_point(x):
            def gradient(d):
                return self._fixed_point(lambda v: d - jacobian.product_back(v), d)[0]

            return tf.identity(x), gradient

        x = at_fixed_point(y - value)
        return x, -self._log_det(g.linearized(x)[1], x)

    def _log_det(self, jacobian, x):
        draws = current_draws()
        if draws is not None:
            with self._drawing():
                return self._estimate(jacobian, self.event_shape, x.dtype, draws)
        if self.estimated_log_det:
            draws = ExampleDraws(0, content_indices(x)).of(self.name)
        return self._score(jacobian, self.event_shape, x.dtype, draws)

    def _step_back(self, back, direction, output, gradient):
        draws = back.next_draws()
        if direction == "forward":
            return back.once_more(self, direction, output, gradient, draws)
        with back.tape(output, gradient) as tape, draws_scope(draws):
            with tape.stop_recording():
                x, *_ = self.solve(output, back.condition)
            tape.watch(x)
            again, log_det = self.inverse_and_log_det(x, back.condition)
        return x, *back.pull(tape, again, gradient, log_det, [x])


def residual_flow(
    event_shape,
    *,
    blocks=8,
    actnorm="channel",
    network_dtype=None,
    dtype="float32",
    **settings,
) -> FusedChain:
    """Builds a residual flow: blocks with ActNorms before, between and behind them.

    Its networks always compute in `dtype`: rounded ones would be no contractions.

    Args:
      event_shape: `(H, W, C)`.
      blocks: Number of blocks, at least 1.
      actnorm: "channel", "position" or "none".
      network_dtype: Taken, as by all feature maps.
      dtype: "float32" or "float64".
      **settings: Further ones of `Residual`.

    Raises:
      ValueError: On settings outside these ranges.
    """
    del network_dtype
    if blocks < 1:
        raise ValueError(f"`blocks` must be at least 1. Received: blocks={blocks}")
    layers = norms(event_shape, actnorm, dtype)
    for block in range(blocks):
        layers.append(
            Residual(event_shape, dtype=dtype, name=f"residual_{block}", **settings)
        )
        layers += norms(event_shape, actnorm, dtype)
    return FusedChain(layers, dtype=dtype)


def _largest(x):
    return tf.reduce_max(tf.abs(x), axis=[1, 2, 3])


def _length(x):
    return tf.sqrt(tf.reduce_sum(x**2, axis=[1, 2, 3]))


def _terms_within(bound, coefficient):
    """Returns the terms n of which the rest is below the bound, per dimension.

    |sum_{k > n} (-1)^(k+1) tr(J^k) / k| / D <= L^(n+1) / ((n + 1) (1 - L))
    """
    terms = 1
    while coefficient ** (terms + 1) / ((terms + 1) * (1 - coefficient)) > bound:
        terms += 1
    return terms
