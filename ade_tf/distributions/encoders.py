"""Posteriors as layers: encoders that draw z from q(z | x)."""

from typing import NamedTuple

import keras
import tensorflow as tf

from ade_tf.distributions.density import Density, Draw, Reparameterized
from ade_tf.networks.blocks import check_network
from ade_tf.networks.decoder import decoder_scales
from ade_tf.networks.encoder import Encoder
from ade_tf.networks.layers import to_output
from ade_tf.networks.style import NetworkStyle
from ade_tf.networks.top_down import TOP_DOWN_NETWORKS, level_counts, level_scales

__all__ = ["Inference", "TopDownEncoder", "VectorEncoder"]


class Inference(NamedTuple):
    """Result of one pass through encoder and decoder, for each image.

    Attributes:
      z: A draw from q(z | x), `[B, latent_size]`.
      posteriors: q by level of z, the coarsest first, each given the levels above it.
      drawn: The `Draw` of each level.
      density: p(y | z).
    """

    z: tf.Tensor
    posteriors: tuple[Reparameterized, ...]
    drawn: tuple[Draw, ...]
    density: Density


class VectorEncoder(Encoder):
    """Encoder whose output is the parameters of q(z | x) over one vector z.

    Args:
      image_shape: `(H, W, C)`.
      form: Form of q, from `ade_tf.distributions.POSTERIORS`.
      **keywords: As `Encoder`'s.
    """

    def __init__(self, image_shape, form, **keywords):
        super().__init__(image_shape, form.parameters_size, **keywords)
        self.form = form

    def density(self, images, condition=None) -> Reparameterized:
        """Returns q(z | x) of images `[B, H, W, C]` in [-1, 1]."""
        return self.form(self(images, condition))

    def infer(self, images, noise, decoder, condition=None) -> Inference:
        """Draws z and decodes it.

        Args:
          images: `[B, H, W, C]` in [-1, 1].
          noise: Standard normal, `[B, latent_size]`; zeros for the mean of q (of its
            base, where q is a flow).
          decoder: The decoder.
          condition: Of both networks, or None.
        """
        posterior = self.density(images, condition)
        drawn = posterior.from_noise(noise)
        density = decoder.density(drawn.value, condition)
        return Inference(drawn.value, (posterior,), (drawn,), density)


class TopDownEncoder(keras.layers.Layer):
    """Encoder of a hierarchical z, which shares the decoder's path from the top.

        q(u | x) = prod_l q_l(u_l | u_1, ..., u_(l-1), x)

    A path from the bottom, of `Encoder`'s scales, gives parameters of q_l for each
    level at its scale; on the way down a convolution of the decoder's features above
    the level adds to them (arXiv 1606.04934, appendix C.2). As they are parameters of
    u_l, not of z_l = m_l + s_l u_l, q_l is measured from the prior, which it equals
    where they are zero (arXiv 2007.03898, section 3.2).

    Call: images `[B, H, W, C]` in [-1, 1], condition -> the share of the path from the
    bottom, a map for each level.

    Args:
      image_shape: `(H, W, C)`.
      maps: Maps of z at each level.
      make_form: Maker of the form of q of a level, given its `(h, w, maps)`.
      levels: Number of levels at each scale, coarsest first.
      **style: As `Encoder`'s; the network is `conv` or `residual`.
    """

    def __init__(self, image_shape, maps, make_form, *, levels=(1,), **style):
        style = NetworkStyle(**style).check(TOP_DOWN_NETWORKS)
        super().__init__(dtype=style.dtype)
        shape = check_network(image_shape, maps=maps)
        found = level_scales(shape, levels, style.width)
        self.forms = tuple(make_form((*scale[:2], maps)) for scale in found)
        sizes = [form.parameters_size for form in self.forms]
        self._heads = tuple(
            style.conv(scale[-1], size)
            for scale, size in zip(found, sizes, strict=True)
        )
        self._first = style.conv(shape[-1], style.width)
        self._add_condition = style.add_condition(style.width)
        scales = decoder_scales(shape, style.width)
        counts = level_counts(scales, levels)
        self._up = tuple(
            _UpScale(before, after, [sizes.pop() for _ in range(count)], style)
            for before, after, count in zip(
                [None, *scales[:0:-1]], scales[::-1], counts[::-1], strict=True
            )
        )
        self.built = True

    def call(self, images, condition=None):
        h = self._add_condition(self._first(images), condition)
        found = []
        for scale in self._up:
            h, parameters = scale(h)
            found += parameters
        return tuple(to_output(self, maps) for maps in reversed(found))

    def infer(self, images, noise, decoder, condition=None) -> Inference:
        """Draws the levels of z from the top down, and decodes them.

        Args:
          images: `[B, H, W, C]` in [-1, 1].
          noise: Standard normal, `[B, latent_size]`; zeros for the path of means, each
            given the means above it.
          decoder: The top-down decoder.
          condition: Of both networks, or None.
        """
        from_image, noise = self(images, condition), decoder.split(noise)
        posteriors, drawn = [], []

        def draw(level, h):
            from_above = to_output(self, self._heads[level](tf.nn.elu(h)))
            posteriors.append(self.forms[level](from_image[level] + from_above))
            drawn.append(posteriors[-1].from_noise(noise[level]))
            return drawn[-1].value

        features = decoder.descend(draw, tf.shape(images)[0], condition)
        z = decoder.join([level.value for level in drawn])
        density = decoder.density_of(features)
        return Inference(z, tuple(posteriors), tuple(drawn), density)


class _UpScale(keras.layers.Layer):
    """One scale of the path from the bottom, with a head for each of its levels."""

    def __init__(self, before, after, sizes, style):
        super().__init__(dtype=style.dtype)
        channels = after[-1]
        body = []
        if before is not None:
            body.append(style.conv(before[-1], channels, 4, strides=2))
        body += style.maps(after)
        body += style.scale_body(channels, plain=before is not None)
        self._body = tuple(body)
        self._heads = tuple(style.conv(channels, size) for size in sizes)
        self._blocks = tuple(style.block(channels) for _ in sizes[1:])
        self.built = True

    def call(self, h):
        for layer in self._body:
            h = layer(h)
        found = []
        for number, head in enumerate(self._heads):
            if number:
                h = self._blocks[number - 1](h)
            found.append(head(h if number == 0 else tf.nn.elu(h)))
        return h, found
