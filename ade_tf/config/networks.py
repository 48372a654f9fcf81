"""Encoders, decoders, the scale of p(y | z), and the precision of networks."""

from ade_tf.config.choices import Choice

__all__ = ["DECODERS", "ENCODERS", "PRECISIONS", "SIGMAS"]

_NETWORKS = ("conv", "residual", "mlp")

# Every entry takes `(image_shape, output_size)`, width, dropout and `condition_shape`.
ENCODERS = {
    name: Choice("ade_tf.networks.encoder:Encoder", fixed={"network": name})
    for name in _NETWORKS
}

# Every entry takes `(image_shape, latent_size)`, width, dropout, the settings of the
# scale and `condition_shape`.
DECODERS = {
    name: Choice("ade_tf.networks.decoder:Decoder", fixed={"network": name})
    for name in _NETWORKS
}

SIGMAS = ("scalar", "channel", "pixel", "from_z")

# Name -> Keras dtype policy. With `bfloat16`, kernels and activations are bfloat16
# inside a network; variables, and so the optimiser's state, and what a network puts out
# stay float32.
PRECISIONS = {"float32": "float32", "bfloat16": "mixed_bfloat16"}
