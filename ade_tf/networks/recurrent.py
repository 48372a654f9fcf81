"""Recurrent networks over the rows of an image, with a z for each row."""

import keras
import tensorflow as tf

from ade_tf.networks.blocks import bounded, check_network
from ade_tf.networks.layers import to_output
from ade_tf.networks.style import NetworkStyle

__all__ = ["RowRecurrent"]

_LOG_SCALE_BOUND = 5.0


class RowRecurrent(keras.layers.Layer):
    """Network whose features of a row know the rows above it, and z up to the row.

        z_t = m(h_t) + s(h_t) * u_t,   u_t ~ N(0, I)
        features_t = phi(z_t, h_t)
        h_(t+1) = GRU(h_t; [psi(x_t), chi(z_t)])

    (the variational RNN of arXiv 1506.02216, equations 5, 6 and 9; rows are its time
    steps.) m, s, phi, psi and chi are dense layers with ELU, ln s is bounded by 5. To
    h_t are added a learned vector of the row, with position maps, and W c of a
    condition c. `u`, all rows in one vector, is what the rest of the library calls z:
    it is N(0, I), and densities and KL of u are those of the z_t.

    Args:
      image_shape: `(H, W, C)`.
      row_latents: Dimensions of each z_t.
      features: Size of the features of a pixel.
      **style: Of `NetworkStyle`; the network is `mlp`. Dropout is behind psi and
        the hidden layer of phi.

    Raises:
      ValueError: If an argument is out of range.
    """

    def __init__(self, image_shape, row_latents, features, **style):
        style = NetworkStyle(**style).check(("mlp",))
        # u is not rounded: z = m + s u is of the output's type.
        super().__init__(dtype=style.dtype, autocast=False)
        shape = check_network(image_shape, row_latents=row_latents, features=features)
        rows, columns, channels = shape
        width = style.width
        self.width = width
        self.image_shape, self.row_latents = shape, row_latents
        self.latent_size = rows * row_latents
        self._features = features
        self._places = None
        if style.position_maps:
            self._places = self.add_weight(
                shape=(rows, width), initializer="zeros", name="places"
            )
        self._add_condition = style.add_condition(width, rank=2)
        self._prior = (
            style.dense(width, width, activation="elu"),
            style.dense(width, 2 * row_latents),
        )
        self._of_code = style.dense(row_latents, width, activation="elu")
        self._of_row = style.dense(columns * channels, width, activation="elu")
        self._drop = style.drop()
        self._out = (
            style.dense(2 * width, width, activation="elu"),
            self._drop,
            style.dense(width, columns * features, activation="elu"),
        )
        self._cell = keras.layers.GRUCell(width, seed=0, dtype=style.dtype)
        self._cell.build((None, 2 * width))
        self.built = True

    def split(self, u) -> list:
        """Returns u of each row, `[B, row_latents]`, of the vector of all rows."""
        return tf.split(u, self.image_shape[0], axis=1)

    def unroll(self, code, row, batch, condition=None) -> tf.Tensor:
        """Runs down the rows.

        Args:
          code: Function of a row's number and h, `[B, width]`, that returns its u,
            `[B, row_latents]`.
          row: Function of a row's number and its features, `[B, W, features]`, that
            returns its pixels in [-1, 1], `[B, W, C]`.
          batch: Size of the batch, a scalar.
          condition: `[B, K]`, or None.

        Returns:
          The features of all pixels, `[B, H, W, features]`.
        """
        rows, columns, channels = self.image_shape
        state, found = tf.zeros([batch, self.width], self.compute_dtype), []
        for number in range(rows):
            h = state
            if self._places is not None:
                h += tf.cast(self._places[number], h.dtype)
            h = self._add_condition(h, condition)
            seen = self._of_code(self._code_of(code(number, h), h))
            features = tf.concat([seen, h], 1)
            for layer in self._out:
                features = layer(features)
            features = tf.reshape(features, [-1, columns, self._features])
            found.append(to_output(self, features))
            pixels = tf.reshape(row(number, found[-1]), [-1, columns * channels])
            if number + 1 < rows:
                read = tf.concat([self._drop(self._of_row(pixels)), seen], 1)
                state, _ = self._cell(read, [state])
        return tf.stack(found, 1)

    def _code_of(self, u, h):
        for layer in self._prior:
            h = layer(h)
        mean, raw = tf.split(to_output(self, h), 2, axis=1)
        return mean + tf.exp(bounded(raw, _LOG_SCALE_BOUND)) * u
