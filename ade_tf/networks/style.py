"""What all networks of images take by name, and the layers that follow from it."""

import dataclasses

import keras
import tensorflow as tf

from ade_tf.config.networks import NETWORKS
from ade_tf.networks.blocks import (
    Dropout,
    PositionMap,
    ResidualBlock,
    check_choice,
    conv,
    dense,
)
from ade_tf.networks.condition import AddCondition

__all__ = ["NetworkStyle"]


@dataclasses.dataclass(frozen=True)
class NetworkStyle:
    """How a network is made, whatever it computes.

    Attributes:
      network: Kind of the network, such as `conv`, `residual` or `mlp`.
      width: Channels at full size, or hidden units of `mlp`.
      dropout: Dropout rate, in [0, 1).
      position_maps: Whether learned maps per position are added (dense layers tell
        positions apart without).
      condition_shape: Shape of one condition: None, `(K,)` or `(h, w, K)`.
      dtype: Keras dtype policy of weights and activations.
    """

    network: str = "conv"
    width: int = 32
    dropout: float = 0.0
    position_maps: bool = False
    condition_shape: tuple | None = None
    dtype: str = "float32"

    @classmethod
    def split(cls, settings) -> "tuple[NetworkStyle, dict]":
        """Returns the style that settings name, and the other settings."""
        own = {field.name for field in dataclasses.fields(cls)} & set(settings)
        others = {name: settings[name] for name in settings if name not in own}
        return cls(**{name: settings[name] for name in own}), others

    def check(self, networks=NETWORKS) -> "NetworkStyle":
        """Returns itself; raises ValueError if a value is out of range.

        Args:
          networks: The kinds that there are.
        """
        check_choice("network", self.network, networks)
        if self.width < 1:
            raise ValueError(
                f"`width` must be at least 1. Received: width={self.width}"
            )
        if not 0.0 <= self.dropout < 1.0:
            raise ValueError(
                f"a dropout rate must be in [0, 1). Received: dropout={self.dropout}"
            )
        return self

    def conv(self, *sizes, **keywords) -> keras.layers.Layer:
        """Returns a built convolution, see `conv` of the blocks."""
        return conv(*sizes, dtype=self.dtype, **keywords)

    def dense(self, *sizes, **keywords) -> keras.layers.Layer:
        """Returns a built dense layer, see `dense` of the blocks."""
        return dense(*sizes, dtype=self.dtype, **keywords)

    def drop(self) -> Dropout:
        """Returns a layer of the style's dropout."""
        return Dropout(self.dropout, dtype=self.dtype)

    def block(self, channels) -> ResidualBlock:
        """Returns a residual block with the style's dropout."""
        return ResidualBlock(channels, dropout=self.dropout, dtype=self.dtype)

    def add_condition(self, channels, rank=4) -> AddCondition:
        """Returns the layer that adds the condition to features of this rank."""
        return AddCondition(self.condition_shape, channels, rank=rank, dtype=self.dtype)

    def maps(self, shape) -> list:
        """Returns the map per position of features `(H, W, C)`, if there are such."""
        return [PositionMap(shape, dtype=self.dtype)] if self.position_maps else []

    def scale_body(self, channels, *, plain=True) -> list:
        """Returns what stands at one scale: a 3x3 convolution or a residual block.

        Args:
          channels: Channels of the features.
          plain: Whether a `conv` network has its convolution here.
        """
        if self.network == "residual":
            body = [self.block(channels)]
        else:
            body = [tf.nn.elu, self.conv(channels, channels)] if plain else []
        return [*body, tf.nn.elu, self.drop()]
