"""Real NVP: multi-scale flow of checkerboard and channel couplings."""

from ade_tf.bijectors.chain import FusedChain
from ade_tf.bijectors.flow_parts import FlowParts, check_scales
from ade_tf.bijectors.masks import channel_mask, checkerboard_mask

__all__ = ["real_nvp"]


def real_nvp(
    event_shape, *, steps=(3, 3, 3), network="residual", **settings
) -> FusedChain:
    """Builds a Real NVP (arXiv 1605.08803, sec. 3.6); features have the image's shape.

    Starting from the image, each scale except the last consists of `steps[i]`
    checkerboard couplings, a squeeze, `steps[i]` channel couplings, the next scale on
    half of the channels, and the inverse of the squeeze. The last scale consists of
    `steps[-1] + 1` checkerboard couplings. The kept half alternates. Deviations: an
    ActNorm follows each coupling instead of the paper's batch normalisation, which uses
    other statistics for sampling than for training; log-scales are bounded on both
    sides; and all scales have the same width.

    Args:
      event_shape: `(H, W, C)`, sides divisible by `2**(len(steps) - 1)` and the last
        scale of at least two positions.
      steps: Number of couplings of each scale and kind, starting from the image.
      network: Network of the couplings, a key of `CONDITIONERS`.
      **settings: Other settings of all flows, as in `FlowParts`: `factor_out`,
        `coupling`, `width` and others. (The paper has no `learned_prior`.)

    Returns:
      A `FusedChain` of events of `event_shape`.

    Raises:
      ValueError: If a setting is out of range.
    """
    check_scales(event_shape, steps, len(steps) - 1)
    parts = FlowParts(network=network, **settings)

    def couplings(shape, make_mask, count):
        return [
            layer
            for index in range(count)
            for layer in (
                parts.coupling(shape, make_mask(shape, index % 2)),
                *parts.norm(shape),
            )
        ]

    def scale(shape, steps):
        if len(steps) == 1:
            return FusedChain(couplings(shape, checkerboard_mask, steps[0] + 1))

        def squeezed_layers(shape):
            return [
                *couplings(shape, channel_mask, steps[0]),
                parts.next_scale(shape, lambda s: scale(s, steps[1:])),
            ]

        return FusedChain(
            couplings(shape, checkerboard_mask, steps[0])
            + parts.squeezed(shape, squeezed_layers)
        )

    return scale(tuple(event_shape), tuple(steps))
