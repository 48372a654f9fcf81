"""Glow: multi-scale flow of ActNorm, invertible 1x1 convolution and coupling."""

from ade_tf.bijectors.chain import FusedChain
from ade_tf.bijectors.flow_parts import FlowParts, check_scales
from ade_tf.bijectors.invertible_conv import InvertibleConv
from ade_tf.bijectors.masks import channel_mask

__all__ = ["glow"]


def glow(
    event_shape,
    *,
    steps=(8, 8, 8),
    squeeze=True,
    mixing="plu",
    dtype="float32",
    **settings,
) -> FusedChain:
    """Builds a Glow (arXiv 1807.03039, fig. 2) whose features have the image's shape.

    Starting from the image, each scale consists of a squeeze, `steps[i]` times
    (ActNorm, invertible 1x1 convolution, channel coupling), the next scale on half of
    the channels, and the inverse of the squeeze. Deviations: log-scales are bounded on
    both sides; the learned prior uses the same kind of network as the couplings (Glow:
    one convolution), and the last scale has none.

    Args:
      event_shape: `(H, W, C)`, sides divisible by `2**len(steps)` if `squeeze`.
      steps: Number of steps of each scale, starting from the image.
      squeeze: Whether scales begin with a squeeze. Without it there can be only one
        scale, and images need at least 2 channels.
      mixing: Parametrisation of the 1x1 convolution, "plu" or "dense"; with "none" the
        couplings keep the first and the second half of the channels in turn instead.
      dtype: "float32" or "float64".
      **settings: Settings of all flows, as in `FlowParts`: `factor_out`, `coupling`,
        `network`, `width` and others.

    Returns:
      A `FusedChain` of events of `event_shape`.

    Raises:
      ValueError: If a setting is out of range.
    """
    check_scales(event_shape, steps, len(steps) if squeeze else 0)
    if len(steps) > 1 and not squeeze:
        raise ValueError(
            "Without `squeeze` there is one scale. "
            f"Received: squeeze={squeeze}, steps={tuple(steps)}"
        )
    if mixing not in ("plu", "dense", "none"):
        raise ValueError(
            f"`mixing` must be 'plu', 'dense' or 'none'. Received: mixing={mixing}"
        )
    parts = FlowParts(dtype=dtype, **settings)

    def step(shape, index):
        if mixing == "none":
            mix, parity = [], index % 2
        else:
            mix, parity = [InvertibleConv(shape[-1], mixing, dtype=dtype)], 0
        return [
            *parts.norm(shape),
            *mix,
            parts.coupling(shape, channel_mask(shape, parity)),
        ]

    def layers(shape, steps):
        all_steps = [layer for index in range(steps[0]) for layer in step(shape, index)]
        if len(steps) == 1:
            return all_steps
        return [*all_steps, parts.next_scale(shape, lambda s: scale(s, steps[1:]))]

    def scale(shape, steps):
        if squeeze:
            return FusedChain(parts.squeezed(shape, lambda s: layers(s, steps)))
        return FusedChain(layers(shape, steps))

    return scale(tuple(event_shape), tuple(steps))
