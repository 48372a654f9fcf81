"""Real NVP: multi-scale flow of checkerboard and channel couplings."""

from ade_tf.bijectors.chain import FusedChain
from ade_tf.bijectors.flow_parts import FlowParts, check_scales
from ade_tf.bijectors.masks import channel_mask, checkerboard_mask

__all__ = ["real_nvp"]


def real_nvp(
    event_shape,
    *,
    steps=(3, 3, 3),
    squeeze=True,
    factor_out=True,
    learned_prior=False,
    coupling="affine",
    mixing="none",
    actnorm="channel",
    network="residual",
    width=64,
    blocks=1,
    dropout=0.0,
    position_maps=False,
    log_scale_bound=2.0,
    spline_bins=8,
    spline_range=4.0,
    condition_shape=None,
    network_dtype=None,
    dtype="float32",
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
      squeeze: Without effect, since the pattern above fixes it; taken, like `mixing`,
        because all feature maps take the same settings.
      factor_out: Whether half of the channels end at each scale; else all go on.
      learned_prior: Whether factored-out channels have a learned conditional Gaussian
        (the paper has none).
      coupling: "additive", "affine" or "spline".
      mixing: Without effect: channels are never mixed.
      actnorm: "channel", "position" or "none".
      network: Key of `CONDITIONERS`.
      width: Hidden channels of the networks.
      blocks: Depth of the networks.
      dropout: Dropout rate in the networks.
      position_maps: Whether the networks add learned maps per position.
      log_scale_bound: Limit of `|log_scale|` in couplings and priors.
      spline_bins: Pieces of a spline.
      spline_range: Splines act on [-spline_range, spline_range].
      condition_shape: Shape of one condition, None, `(K,)` or `(h, w, K)`.
      network_dtype: Keras dtype policy of the networks, as in `Coupling`.
      dtype: "float32" or "float64".

    Returns:
      A `FusedChain` of events of `event_shape`.

    Raises:
      ValueError: On settings outside these ranges.
    """
    del squeeze, mixing
    check_scales(event_shape, steps, len(steps) - 1)
    parts = FlowParts(
        actnorm=actnorm,
        factor_out=factor_out,
        learned_prior=learned_prior,
        transform=coupling,
        network=network,
        width=width,
        blocks=blocks,
        dropout=dropout,
        position_maps=position_maps,
        log_scale_bound=log_scale_bound,
        spline_bins=spline_bins,
        spline_range=spline_range,
        condition_shape=condition_shape,
        network_dtype=network_dtype,
        dtype=dtype,
    )

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
