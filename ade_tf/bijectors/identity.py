"""The feature map that changes nothing."""

from ade_tf.bijectors.chain import FusedChain

__all__ = ["identity"]


def identity(event_shape, *, dtype="float32", **settings) -> FusedChain:
    """Builds the identity: the features are the image.

    Args:
      event_shape: `(H, W, C)`; any.
      dtype: "float32" or "float64".
      **settings: Those of the other feature maps, for which there is no use here.

    Returns:
      A `FusedChain` of no bijectors.
    """
    del event_shape, settings
    return FusedChain([], dtype=dtype)
