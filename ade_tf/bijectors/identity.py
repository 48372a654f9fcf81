"""The feature map that changes nothing."""

from ade_tf.bijectors.chain import FusedChain

__all__ = ["identity"]


def identity(
    event_shape,
    *,
    position_maps=False,
    condition_shape=None,
    network_dtype=None,
    dtype="float32",
) -> FusedChain:
    """Builds the identity: the features are the image.

    Args:
      event_shape: `(H, W, C)`; any.
      position_maps: Taken, like the next two, as by all feature maps; there are no
        networks here.
      condition_shape: See `position_maps`.
      network_dtype: See `position_maps`.
      dtype: "float32" or "float64".

    Returns:
      A `FusedChain` of no bijectors.
    """
    del event_shape, position_maps, condition_shape, network_dtype
    return FusedChain([], dtype=dtype)
