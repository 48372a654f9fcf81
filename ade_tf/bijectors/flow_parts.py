"""The parts of a multi-scale flow, all built with the same settings."""

import tensorflow_probability as tfp

from ade_tf.bijectors.actnorm import ActNorm
from ade_tf.bijectors.coupling import Coupling
from ade_tf.bijectors.multiscale import FactorOut
from ade_tf.bijectors.squeeze import Squeeze
from ade_tf.networks.conditioner import CONDITIONERS
from ade_tf.networks.precision import policy_within

__all__ = ["FlowParts", "check_scales"]


class FlowParts:
    """Makes the bijectors that the builders of flows have in common.

    Args:
      actnorm: "channel", "position" or "none".
      factor_out: Whether half of the channels end at each scale but the last.
      learned_prior: Whether these have a learned conditional Gaussian; without effect
        where nothing is factored out.
      dtype: "float32" or "float64".
      **coupling_settings: Keyword arguments of every `Coupling`.

    Raises:
      ValueError: If `actnorm` is another word.
    """

    def __init__(
        self, *, actnorm, factor_out, learned_prior, dtype, **coupling_settings
    ):
        if actnorm not in ("channel", "position", "none"):
            raise ValueError(
                "`actnorm` must be 'channel', 'position' or 'none'. "
                f"Received: actnorm={actnorm}"
            )
        self._actnorm = actnorm
        self._factor_out = factor_out
        self._learned_prior = learned_prior
        self._dtype = dtype
        self._settings = coupling_settings

    def norm(self, shape) -> list:
        """Returns an `ActNorm` for events of `shape`, or nothing, in a list."""
        if self._actnorm == "none":
            return []
        return [ActNorm(shape, self._actnorm, dtype=self._dtype)]

    def coupling(self, shape, mask) -> Coupling:
        """Returns a coupling for events of `shape` that keeps the entries of `mask`."""
        return Coupling(shape, mask, dtype=self._dtype, **self._settings)

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
            log_scale_bound=self._settings["log_scale_bound"],
            dtype=self._dtype,
        )

    def _prior(self, shape, channels):
        names = ("width", "blocks", "dropout", "position_maps", "condition_shape")
        return CONDITIONERS[self._settings["network"]](
            shape,
            2 * channels,
            dtype=policy_within(self._dtype, self._settings["network_dtype"]),
            **{name: self._settings[name] for name in names},
        )


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
