"""Keras's layers with kernel and bias, fit for mixed precision.

TensorFlow's CPU kernel of the gradient of `tf.nn.bias_add`, which Keras's layers call,
sums bfloat16 values in bfloat16: the sum of 65536 ones is 512. Under a mixed policy the
bias is added by a plain sum here, whose gradient is summed in float32 and rounded once.
Names are Keras's, so that weights files keep theirs.
"""

import keras
import tensorflow as tf

__all__ = [
    "Conv2D",
    "Conv2DTranspose",
    "Dense",
    "plus_bias",
    "policy_within",
    "to_output",
]


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


def to_output(layer, tensor) -> tf.Tensor:
    """Casts what a network computed to the type of its variables.

    Densities, log-dets, losses and sums of the output are then of that type too,
    whatever the type inside the network.

    Args:
      layer: The network, a `keras.layers.Layer`.
      tensor: Float Tensor.
    """
    return tf.cast(tensor, layer.variable_dtype)


def policy_within(dtype, network_dtype=None) -> str:
    """Returns the policy of a network inside a bijector.

    Args:
      dtype: The bijector's dtype.
      network_dtype: Keras dtype policy of the network, by name; None for `dtype`.

    Raises:
      ValueError: If such a network's variables and outputs are not of the bijector's
        dtype: `mixed_bfloat16` stands inside float32 only.
    """
    dtype = tf.as_dtype(dtype).name
    policy = network_dtype or dtype
    if keras.dtype_policies.get(policy).variable_dtype != dtype:
        raise ValueError(
            "a bijector's networks have variables and outputs of its own dtype "
            f"(`mixed_bfloat16`: float32). Received: network_dtype={policy!r}, "
            f"dtype={dtype!r}"
        )
    return policy
