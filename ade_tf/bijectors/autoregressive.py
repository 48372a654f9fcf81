"""Autoregressive flows: every value is changed by what comes before it."""

import numpy as np
import tensorflow as tf

from ade_tf.bijectors.actnorm import norms
from ade_tf.bijectors.base import FusedBijector
from ade_tf.bijectors.chain import FusedChain
from ade_tf.bijectors.transforms import in_order
from ade_tf.config.choices import look_up
from ade_tf.config.flows import AUTOREGRESSIVE_NETWORKS, COUPLINGS
from ade_tf.networks.layers import policy_within
from ade_tf.randomness import current_draws, draws_scope

__all__ = ["Autoregressive", "autoregressive_flow"]


class Autoregressive(FusedBijector):
    """Changes every value by a network of the values before it.

        inverse (image to features):  y_i = T(x_i; theta_i(x_1, ..., x_(i-1)))
        forward (features to image):  x_i = T^-1(y_i; theta_i(x_1, ..., x_(i-1)))

    with `T` as in `Coupling`: `affine` makes it MAF (arXiv 1705.07057), `sigmoidal` NAF
    (arXiv 1804.00779). Values are ordered by row, column and channel; `reverse` turns
    the order round. The inverse is one pass of the network. The forward map is
    sequential: passes are made until none changes anything, which each does for one
    value at least, so they are as many as there are values at the most; gradients
    through it need the memory of all of them.

    Args:
      event_shape: `(H, W, C)`.
      transform: Name of `T`, a key of `COUPLINGS`.
      network: Name of the network, a key of `AUTOREGRESSIVE_NETWORKS`.
      reverse: Whether values depend on later ones instead of earlier ones.
      position_maps: Whether the network adds learned maps per position.
      condition_shape: Shape of one condition, None, `(K,)` or `(h, w, K)`.
      network_dtype: Keras dtype policy of the network; None for `dtype`.
      dtype: "float32" or "float64".
      name: Name for the ops.
      **settings: Those of `T` and of the network.

    Raises:
      TypeError: On a setting that neither has.
      ValueError: On an unknown name or a number out of range.
    """

    def __init__(
        self,
        event_shape,
        *,
        transform="affine",
        network="made",
        reverse=False,
        position_maps=False,
        condition_shape=None,
        network_dtype=None,
        dtype="float32",
        name="autoregressive",
        **settings,
    ):
        parameters = dict(locals())
        parameters |= parameters.pop("settings")
        super().__init__(
            event_shape=event_shape, dtype=dtype, parameters=parameters, name=name
        )
        make_transform = look_up("transform", transform, COUPLINGS)
        make_network = look_up("network", network, AUTOREGRESSIVE_NETWORKS)
        of_transform, of_network = make_transform.split(settings)
        self._transform = make_transform(**of_transform)
        self._reverse = reverse
        self._network = self._track(
            make_network(
                self.event_shape,
                self._transform.parameters_per_entry,
                position_maps=position_maps,
                condition_shape=condition_shape,
                dtype=policy_within(dtype, network_dtype),
                **of_network,
            )
        )

    def _inverse_and_log_det(self, x, condition):
        x = self._in_order(x)
        y, log_det = self._transform.inverse_and_log_det(x, self._raw(x, condition))
        return self._as_image(y), tf.reduce_sum(log_det, axis=[1, 2, 3])

    def _forward_and_log_det(self, y, condition):
        y = self._in_order(y)
        # All passes draw alike: it is one map that is inverted.
        draws = current_draws()

        def better(turn, x, moved):
            del moved
            with draws_scope(draws and draws.again()):
                raw = self._raw(x, condition)
            found, _ = self._transform.forward_and_log_det(y, raw)
            found = tf.ensure_shape(found, y.shape)
            return turn + 1, found, tf.reduce_any(found != x)

        _, x, _ = tf.while_loop(
            lambda turn, x, moved: moved,
            better,
            (0, tf.zeros_like(y), True),
            maximum_iterations=int(np.prod(self.event_shape)),
        )
        x, log_det = self._transform.forward_and_log_det(y, self._raw(x, condition))
        return self._as_image(x), tf.reduce_sum(log_det, axis=[1, 2, 3])

    def _step_back(self, back, direction, output, gradient):
        return back.once_more(self, direction, output, gradient, back.next_draws())

    def _in_order(self, x):
        """Returns images as the network takes them."""
        x = tf.reshape(x, [-1, *self._network.shape])
        return tf.reverse(x, [1, 2, 3]) if self._reverse else x

    def _as_image(self, x):
        x = tf.reverse(x, [1, 2, 3]) if self._reverse else x
        return tf.reshape(x, [-1, *self.event_shape])

    def _raw(self, x, condition):
        with self._drawing():
            return in_order(self._network(x, condition))


def autoregressive_flow(
    event_shape,
    *,
    steps=5,
    coupling="affine",
    actnorm="position",
    network="made",
    log_scale_bound=2.0,
    dtype="float32",
    **settings,
) -> FusedChain:
    """Builds an autoregressive flow: steps in alternating order, ActNorms in front.

    Args:
      event_shape: `(H, W, C)`.
      steps: Number of steps, at least 1.
      coupling: Transform of a step, a key of `COUPLINGS`.
      actnorm: "channel", "position" or "none".
      network: A key of `AUTOREGRESSIVE_NETWORKS`.
      log_scale_bound: Limit of `|log_scale|` in transforms that scale.
      dtype: "float32" or "float64".
      **settings: Further ones of `Autoregressive`.

    Raises:
      ValueError: On settings outside these ranges.
    """
    if steps < 1:
        raise ValueError(f"`steps` must be at least 1. Received: steps={steps}")
    bound = {"log_scale_bound": log_scale_bound}
    settings |= look_up("coupling", coupling, COUPLINGS).split(bound)[0]
    layers = []
    for step in range(steps):
        layers += norms(event_shape, actnorm, dtype)
        layers.append(
            Autoregressive(
                event_shape,
                transform=coupling,
                network=network,
                reverse=step % 2 == 1,
                dtype=dtype,
                name=f"autoregressive_{step}",
                **settings,
            )
        )
    return FusedChain(layers, dtype=dtype)
