"""The parts of a multi-scale flow, all built with the same settings."""

import functools

import tensorflow_probability as tfp

from ade_tf.bijectors.actnorm import norms
from ade_tf.bijectors.coupling import Coupling
from ade_tf.bijectors.multiscale import FactorOut
from ade_tf.bijectors.squeeze import Squeeze
from ade_tf.config.choices import look_up
from ade_tf.config.flows import CONDITIONERS, COUPLINGS
from ade_tf.networks.layers import policy_within

__all__ = ["FlowParts", "check_scales"]


class FlowParts:
    """Makes the bijectors that the builders of flows have in common.

    Args:
      factor_out: Whether half of the channels end at each scale; else all go on.
      learned_prior: Whether factored-out channels have a learned conditional Gaussian;
        without effect where nothing is factored out.
      coupling: Transform of the couplings, a key of `COUPLINGS`.
      actnorm: "channel", "position" or "none".
      network: Network of couplings and priors, a key of `CONDITIONERS`.
      log_scale_bound: Limit of `|log_scale|` in couplings that scale, and in priors.
      position_maps: Whether the networks add learned maps per position.
      condition_shape: Shape of one condition, None, `(K,)` or `(h, w, K)`.
      network_dtype: Keras dtype policy of the networks, as in `Coupling`.
      dtype: "float32" or "float64".
      **settings: Those of the couplings' transform and of the networks, as in
        `Coupling`.

    Raises:
      TypeError: On a setting that neither has.
      ValueError: On settings outside these ranges.
    """

    def __init__(
        self,
        *,
        factor_out=True,
        learned_prior=False,
        coupling="affine",
        actnorm="channel",
        network="conv",
        log_scale_bound=2.0,
        position_maps=False,
        condition_shape=None,
        network_dtype=None,
        dtype="float32",
        **settings,
    ):
        if actnorm not in ("channel", "position", "none"):
            raise ValueError(
                "`actnorm` must be 'channel', 'position' or 'none'. "
                f"Received: actnorm={actnorm}"
            )
        self._actnorm = actnorm
        self._factor_out = factor_out
        self._learned_prior = learned_prior
        self._log_scale_bound = log_scale_bound
        self._dtype = dtype
        self._network_dtype = network_dtype
        settings["log_scale_bound"] = log_scale_bound
        transform = look_up("coupling", coupling, COUPLINGS)
        of_transform, of_network = transform.split(settings)
        of_network.pop("log_scale_bound", None)
        of_network |= dict(position_maps=position_maps, condition_shape=condition_shape)
        self._prior_network = functools.partial(
            look_up("network", network, CONDITIONERS), **of_network
        )
        self._coupling = functools.partial(
            Coupling,
            transform=coupling,
            network=network,
            network_dtype=network_dtype,
            dtype=dtype,
            **of_transform,
            **of_network,
        )

    def norm(self, shape) -> list:
        """Returns an `ActNorm` for events of `shape`, or nothing, in a list."""
        return norms(shape, self._actnorm, self._dtype)

    def coupling(self, shape, mask) -> Coupling:
        """Returns a coupling for events of `shape` that keeps the entries of `mask`."""
        return self._coupling(shape, mask)

    def squeezed(self, shape, layers_of) -> list:
        """Returns layers that act on the squeezed image and put it back in shape.

        Args:
          shape: `(H, W, C)` before the squeeze.
          layers_of: Function of the squeezed shape that returns a list of layers.
        """
        height, width, channels = shape
        return [
            Squeeze(dtype=self._dtype),
            *layers_of((height // 2, width // 2, 4 * channels)),
            tfp.bijectors.Invert(Squeeze(dtype=self._dtype)),
        ]

    def next_scale(self, shape, scale_of):
        """Returns the next scale, of the channels that go on.

        Args:
          shape: `(H, W, C)` at the end of this scale.
          scale_of: Function of a shape that returns the next scale's bijector.
        """
        if not self._factor_out:
            return scale_of(shape)
        *sides, channels = shape
        inner_shape = (*sides, channels - channels // 2)
        prior = self._prior(inner_shape, channels // 2) if self._learned_prior else None
        return FactorOut(
            shape,
            scale_of(inner_shape),
            prior_network=prior,
            log_scale_bound=self._log_scale_bound,
            dtype=self._dtype,
        )

    def _prior(self, shape, channels):
        dtype = policy_within(self._dtype, self._network_dtype)
        return self._prior_network(shape, 2 * channels, dtype=dtype)


def check_scales(event_shape, steps, halvings: int):
    """Checks that a multi-scale flow fits an image.

    Args:
      event_shape: `(H, W, C)`.
      steps: Steps of each scale.
      halvings: How often the sides are halved.

    Raises:
      ValueError: If there is no scale or one without steps, or a side cannot be halved
        that often.
    """
    if not steps or min(steps) < 1:
        raise ValueError(
            "`steps` must give each scale's number of steps, at least 1. "
            f"Received: steps={tuple(steps)}"
        )
    factor = 2**halvings
    if any(side % factor for side in event_shape[:2]):
        raise ValueError(
            f"Sides must be divisible by {factor} for {len(steps)} scales "
            f"(each squeeze halves them). Received: event_shape={tuple(event_shape)}, "
            f"steps={tuple(steps)}"
        )
