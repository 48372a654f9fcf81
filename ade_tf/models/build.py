"""A compiled model from a configuration."""

from collections.abc import Sequence

from ade_tf.config import RunConfig
from ade_tf.models.ade import AdaptiveDensityEstimator
from ade_tf.models.two_domains import TwoDomainModel

__all__ = ["build_model"]


def build_model(
    config: RunConfig, image_shape: Sequence[int], levels: int, num_classes: int = 0
) -> AdaptiveDensityEstimator:
    """Builds and compiles the model of a resolved configuration.

    Sets the global seeds of Python, NumPy and Keras, which determine the initial
    weights. Call it under `strategy.scope()` to train on several replicas.

    Args:
      config: A configuration, for example from `RunConfig.from_flat`.
      image_shape: `(H, W, C)`.
      levels: Grey levels of the images; 0 for continuous data.
      num_classes: Number of classes of the images; 0 for none. Only a conditional model
        uses it.

    Raises:
      ValueError: If the configuration does not fit the images or the classes.
    """
    two = config.preset.second_domain
    model = TwoDomainModel if two else AdaptiveDensityEstimator
    return model.from_run_config(config, image_shape, levels, num_classes)
