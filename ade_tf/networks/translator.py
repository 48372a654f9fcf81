"""Translators: networks from the images of one domain to those of another."""

import keras
import tensorflow as tf

from ade_tf.networks.blocks import check_network
from ade_tf.networks.decoder import DecoderScale
from ade_tf.networks.layers import to_output
from ade_tf.networks.style import NetworkStyle

__all__ = ["Translator"]


class Translator(keras.layers.Layer):
    """Network from images to images of the same shape.

    A 3x3 convolution, 4x4 convolutions of stride 2 that double the channels up to four
    times `width`, residual blocks, and as many scales of a decoder back to full size,
    after arXiv 1703.10593, section 7.2, without its normalisation.

    Call: images `[B, H, W, C]` in [-1, 1] -> images in [-1, 1], by tanh.

    Args:
      image_shape: `(H, W, C)`.
      blocks: Residual blocks at the coarsest scale.
      halvings: Scales below full size; 2^halvings divides both sides.
      bounded: Whether there is the tanh; off, images are any numbers.
      **style: Of `NetworkStyle`; position maps are at every scale.

    Raises:
      ValueError: If an argument is out of range.
    """

    def __init__(self, image_shape, *, blocks=4, halvings=1, bounded=True, **style):
        style = NetworkStyle(**{"network": "residual", **style}).check()
        super().__init__(dtype=style.dtype)
        height, columns, channels = check_network(image_shape, blocks=blocks)
        if halvings < 0 or height % 2**halvings or columns % 2**halvings:
            raise ValueError(
                "translator_halvings halves both sides of an image evenly. Received: "
                f"translator_halvings={halvings}, image_shape={tuple(image_shape)}"
            )
        width = style.width
        shapes = [
            (height >> scale, columns >> scale, min(width << scale, 4 * width))
            for scale in range(halvings + 1)
        ]
        body = [style.conv(channels, width), *style.maps(shapes[0])]
        for before, after in zip(shapes, shapes[1:], strict=False):
            body += [tf.nn.elu, style.conv(before[-1], after[-1], 4, strides=2)]
            body += style.maps(after)
        body += [style.block(shapes[-1][-1]) for _ in range(blocks)]
        body.append(tf.nn.elu)
        for after, before in zip(shapes[-2::-1], shapes[:0:-1], strict=True):
            body.append(DecoderScale(before, after, style))
        self._body = tuple(body)
        self._last = style.conv(width, channels)
        self._bounded = bounded
        self.built = True

    def call(self, images):
        h = images
        for layer in self._body:
            h = layer(h)
        h = to_output(self, self._last(h))
        return tf.tanh(h) if self._bounded else h
