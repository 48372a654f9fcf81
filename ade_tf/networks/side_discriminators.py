"""Discriminators of codes, and of pairs of an image and its code."""

import keras
import tensorflow as tf

from ade_tf.networks.discriminator import Discriminator

__all__ = ["CodeDiscriminator", "PairDiscriminator"]


class CodeDiscriminator(keras.layers.Layer):
    """Network from codes to logits: three hidden dense layers, see `Discriminator`.

    Call: z `[B, latent_size]`, condition -> logits `[B]`; by name, as `Discriminator`.

    Args:
      image_shape: Taken as by all discriminators; not used.
      latent_size: Dimensions of z.
      width: Hidden units.
      **settings: Of `Discriminator`, but for `network`.
    """

    def __init__(self, image_shape, latent_size, *, width=128, **settings):
        super().__init__(dtype=settings.get("dtype", "float32"))
        del image_shape
        settings.pop("network", None)
        self._inner = Discriminator(
            (1, 1, latent_size), network="mlp", width=width, **settings
        )
        self.built = True

    def call(self, z, condition=None, *, set_size=None, features=False):
        keywords = dict(set_size=set_size, features=features)
        return self._inner(z[:, None, None, :], condition, **keywords)

    def update_spectral_norm(self) -> None:
        """As `Discriminator.update_spectral_norm`."""
        self._inner.update_spectral_norm()


class PairDiscriminator(keras.layers.Layer):
    """Network from pairs (x, z) to logits.

    z is projected and added behind the first layer at every position, and the layers
    that follow see both (arXiv 1605.09782, section 3, and 1606.00704 have z enter
    deeper).

    Call: images `[B, H, W, C]` in [-1, 1], z `[B, latent_size]`, condition ->
    logits `[B]`; by name, as `Discriminator`.

    Args:
      image_shape: `(H, W, C)`.
      latent_size: Dimensions of z.
      condition_shape: Shape of a condition, `(K,)`, or None; it stands beside z.
      projection: Must be off: a projection takes no code.
      **settings: Of `Discriminator`.

    Raises:
      ValueError: If a condition is no vector.
    """

    def __init__(
        self,
        image_shape,
        latent_size,
        *,
        condition_shape=None,
        projection=False,
        **settings,
    ):
        super().__init__(dtype=settings.get("dtype", "float32"))
        del projection
        if condition_shape is not None and len(condition_shape) != 1:
            raise ValueError(
                "a discriminator of pairs takes a condition that is a vector, (K,). "
                f"Received: condition_shape={condition_shape}"
            )
        size = latent_size + sum(condition_shape or ())
        self._inner = Discriminator(image_shape, condition_shape=(size,), **settings)
        self.built = True

    def call(self, images, z, condition=None, *, set_size=None, features=False):
        given = z if condition is None else tf.concat([z, condition], -1)
        return self._inner(images, given, set_size=set_size, features=features)

    def update_spectral_norm(self) -> None:
        """As `Discriminator.update_spectral_norm`."""
        self._inner.update_spectral_norm()
