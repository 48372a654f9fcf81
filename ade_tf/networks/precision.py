"""The precision in which networks compute, as a Keras dtype policy."""

import keras
import tensorflow as tf

__all__ = ["policy_within", "to_output"]


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
