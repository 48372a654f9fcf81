"""Keras's layers with kernel and bias, fit for mixed precision.

TensorFlow's CPU kernel of the gradient of `tf.nn.bias_add`, which Keras's layers call,
sums bfloat16 values in bfloat16: the sum of 65536 ones is 512. Under a mixed policy the
bias is added by a plain sum here, whose gradient is summed in float32 and rounded once.
Names are Keras's, so that weights files keep theirs.
"""

import keras
import tensorflow as tf

__all__ = ["Conv2D", "Conv2DTranspose", "Dense", "plus_bias"]


class Conv2D(keras.layers.Conv2D):
    """Convolution as Keras's; without an activation."""

    def call(self, inputs):
        if not _mixed(self):
            return super().call(inputs)
        return plus_bias(self.convolution_op(inputs, self.kernel), self.bias)


class Conv2DTranspose(keras.layers.Conv2DTranspose):
    """Transposed convolution as Keras's; without an activation."""

    def call(self, inputs):
        if not _mixed(self):
            return super().call(inputs)
        outputs = keras.ops.conv_transpose(
            inputs,
            self.kernel,
            strides=list(self.strides),
            padding=self.padding,
            data_format=self.data_format,
        )
        return plus_bias(outputs, self.bias)


class Dense(keras.layers.Dense):
    """Dense layer as Keras's, on maps by one product of the rows of all positions.

    Of rows, TensorFlow makes product, bias and activation one operation.
    """

    def call(self, inputs):
        rows = tf.reshape(inputs, [-1, inputs.shape[-1]])
        if not _mixed(self):
            rows = super().call(rows)
        else:
            rows = plus_bias(tf.matmul(rows, self.kernel), self.bias)
            rows = rows if self.activation is None else self.activation(rows)
        return tf.reshape(rows, [-1, *inputs.shape[1:-1], self.units])


def plus_bias(outputs, bias):
    """Returns `outputs + bias` (None for no bias)."""
    return outputs if bias is None else outputs + bias


def _mixed(layer):
    return layer.compute_dtype != layer.variable_dtype
