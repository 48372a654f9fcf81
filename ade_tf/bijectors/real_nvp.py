"""Real NVP: multi-scale flow of checkerboard and channel couplings."""

from ade_tf.bijectors.chain import FusedChain
from ade_tf.bijectors.flow_parts import FlowParts, check_scales
from ade_tf.bijectors.masks import channel_mask, checkerboard_mask

__all__ = ["real_nvp"]


def real_nvp(
    event_shape, *, steps=(3, 3, 3), network="residual", **settings
) -> FusedChain:
    """Builds a Real NVP (arXiv 1605.08803, sec. 3.6); features have the image's shape.

    From the image on, each scale but the last is: `steps[i]` checkerboard couplings,
    squeeze, `steps[i]` channel couplings, then the next scale on half of the channels,
    and the squeeze undone. The last scale is `steps[-1] + 1` checkerboard couplings.
    Which half is kept alternates. Deviations: an ActNorm follows each coupling in place
    of the paper's batch normalisation of the flow, whose sampling direction uses other
    statistics than its training direction; log-scales are bounded on both sides; and
    all scales have the same width.

    Args:
      event_shape: `(H, W, C)`, sides divisible by `2**(len(steps) - 1)` and the last
        scale of at least two positions.
      steps: Couplings of each scale and kind, from the image on.
      network: Network of the couplings, a key of `CONDITIONERS`.
      **settings: Further ones that all flows have, as in `FlowParts`: `factor_out`,
        `coupling`, `width` and others. (The paper has no `learned_prior`.)

    Returns:
      A `FusedChain` of events of `event_shape`.

    Raises:
      ValueError: On settings outside these ranges.
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
