"""A Keras layer that shows Keras the parameters of a bijector."""

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from ade_tf.bijectors.base import FusedBijector
from ade_tf.bijectors.passes import forward_and_log_det, inverse_and_log_det

__all__ = ["BijectorLayer"]


class BijectorLayer(keras.layers.Layer):
    """Wraps a bijector in a Keras layer, so that Keras counts, trains and saves it.

    Called on images, it returns the features and the log-det of the inverse direction.
    `estimated_log_det` says whether a bijector in it estimates its log-det.

    Args:
      bijector: A bijector of ours, or a `tfb.Chain`, `tfb.Invert`, ... of ours.
      **kwargs: Arguments of `keras.layers.Layer`.

    Raises:
      TypeError: If `bijector` is not a `tfb.Bijector`.
      ValueError: If it owns variables that are not in a Keras layer: Keras would
        neither train nor save them.
    """

    def __init__(self, bijector, **kwargs):
        if not isinstance(bijector, tfp.bijectors.Bijector):
            raise TypeError(
                "A BijectorLayer holds a tfb.Bijector. "
                f"Received: bijector of type {type(bijector).__name__}"
            )
        kwargs.setdefault("dtype", bijector.dtype and tf.as_dtype(bijector.dtype).name)
        super().__init__(**kwargs)
        self._bijector = bijector
        modules = [
            module
            for module in (bijector, *bijector.submodules)
            if isinstance(module, FusedBijector)
        ]
        self.estimated_log_det = any(module.estimated_log_det for module in modules)
        self.parameter_layers = [
            layer for module in modules for layer in module.keras_layers
        ]
        seen = [v for layer in self.parameter_layers for v in layer.variables]
        known = {id(variable.value) for variable in seen}
        unseen = [v.name for v in bijector.variables if id(v) not in known]
        if unseen:
            raise ValueError(
                "All variables of the bijector are held by Keras layers (tf.Variables "
                "of other bijectors would be neither trained nor saved). "
                f"Received: bijector={bijector.name} with variables {unseen}"
            )
        self.built = True

    @property
    def bijector(self):
        """The bijector."""
        return self._bijector

    def update_spectral_norm(self) -> None:
        """One power iteration on every kernel that is normalised; once per step."""
        for layer in self.parameter_layers:
            if hasattr(layer, "update_spectral_norm"):
                layer.update_spectral_norm()

    def call(self, x, condition=None):
        """Gives features and `log |det dy/dx|` of images; see `inverse_and_log_det`."""
        return self.inverse_and_log_det(x, condition)

    def forward_and_log_det(self, y, condition=None):
        """Takes features `[B, H, W, C]` to the image, with the log-det `[B]`."""
        # Keras names the operations of the other direction by the layer.
        with tf.name_scope(f"{self.name}_forward"):
            return forward_and_log_det(self._bijector, y, condition)

    def inverse_and_log_det(self, x, condition=None):
        """Takes images `[B, H, W, C]` to features, with the log-det `[B]`."""
        return inverse_and_log_det(self._bijector, x, condition)
