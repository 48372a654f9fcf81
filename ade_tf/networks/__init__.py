"""Networks: conditioners, encoders, decoders and discriminators."""

from ade_tf.networks.conditioner import CONDITIONERS, Conditioner
from ade_tf.networks.decoder import DECODERS, SIGMAS, Decoder
from ade_tf.networks.discriminator import DISCRIMINATORS, Discriminator
from ade_tf.networks.encoder import ENCODERS, Encoder

__all__ = [
    "CONDITIONERS",
    "DECODERS",
    "DISCRIMINATORS",
    "ENCODERS",
    "SIGMAS",
    "Conditioner",
    "Decoder",
    "Discriminator",
    "Encoder",
]
