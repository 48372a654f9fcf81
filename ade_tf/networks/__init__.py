"""Networks: conditioners, encoders, decoders and discriminators."""

from ade_tf.networks.autoregressive import AutoregressiveNetwork
from ade_tf.networks.conditioner import CONDITIONERS, Conditioner
from ade_tf.networks.decoder import DECODERS, Decoder
from ade_tf.networks.decoder_output import SIGMAS, LowRankScale
from ade_tf.networks.discriminator import DISCRIMINATORS, Discriminator
from ade_tf.networks.encoder import ENCODERS, Encoder
from ade_tf.networks.precision import PRECISIONS
from ade_tf.networks.top_down import TopDownDecoder

__all__ = [
    "CONDITIONERS",
    "DECODERS",
    "DISCRIMINATORS",
    "ENCODERS",
    "PRECISIONS",
    "SIGMAS",
    "AutoregressiveNetwork",
    "Conditioner",
    "Decoder",
    "Discriminator",
    "Encoder",
    "LowRankScale",
    "TopDownDecoder",
]
