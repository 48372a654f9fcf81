"""Encoder of a z for each row of an image, which follows the decoder's path."""

import keras
import tensorflow as tf

from ade_tf.distributions.encoders import Inference
from ade_tf.networks.blocks import check_network
from ade_tf.networks.layers import to_output
from ade_tf.networks.style import NetworkStyle

__all__ = ["RecurrentEncoder"]


class RecurrentEncoder(keras.layers.Layer):
    """Encoder of a z for each row, given the rows up to it and the z above it.

        q(u | x) = prod_t q(u_t | x_<=t, u_<t)

    (arXiv 1506.02216, equation 7.) Dense layers see the row and h_t, the state of the
    decoder's network (`RowRecurrent`). q_t is a density of u_t, not of
    z_t = m_t + s_t u_t, and so measured from the prior, which it equals where the
    parameters are zero.

    Args:
      image_shape: `(H, W, C)`.
      form: Form of q of a row, from `ade_tf.distributions.POSTERIORS`, the same for
        all rows.
      **style: Of `NetworkStyle`; the network is `mlp` and the width that of the
        decoder. Dropout is behind the hidden layers.

    Raises:
      ValueError: If an argument is out of range.
    """

    def __init__(self, image_shape, form, **style):
        style = NetworkStyle(**style).check(("mlp",))
        super().__init__(dtype=style.dtype)
        rows, columns, channels = check_network(image_shape)
        self.form = form
        self._rows, self._row_size = rows, columns * channels
        self._of_row = style.dense(self._row_size, style.width, activation="elu")
        self._body = (
            style.drop(),
            style.dense(2 * style.width, style.width, activation="elu"),
            style.drop(),
        )
        self._last = style.dense(style.width, form.parameters_size)
        self.built = True

    def call(self, row, h):
        """Returns the parameters of q of a row `[B, W * C]` under the state h."""
        features = tf.concat([self._of_row(row), h], 1)
        for layer in self._body:
            features = layer(features)
        return to_output(self, self._last(features))

    def infer(self, images, noise, decoder, condition=None) -> Inference:
        """Draws z row by row, and decodes it.

        Args:
          images: `[B, H, W, C]` in [-1, 1].
          noise: Standard normal, `[B, latent_size]`; zeros for the path of means, each
            given the means above it.
          decoder: The `RecurrentDecoder`.
          condition: Of the decoder, or None.
        """
        rows = tf.unstack(tf.reshape(images, [-1, self._rows, self._row_size]), axis=1)
        noise, posteriors, drawn = decoder.split(noise), [], []

        def draw(row, h):
            posteriors.append(self.form(self(rows[row], h)))
            drawn.append(posteriors[-1].from_noise(noise[row]))
            return drawn[-1].value

        features = decoder.unroll(
            draw, lambda row, _: images[:, row], tf.shape(images)[0], condition
        )
        z = tf.concat([level.value for level in drawn], 1)
        density = decoder.density_of(features)
        return Inference(z, tuple(posteriors), tuple(drawn), density)
