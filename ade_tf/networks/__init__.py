"""Networks: conditioners, encoders, decoders, discriminators and translators."""

import ade_tf.keras_settings  # noqa: F401
from ade_tf.config.flows import CONDITIONERS
from ade_tf.config.games import DISCRIMINATORS
from ade_tf.config.networks import NETWORKS, PRECISIONS, SIGMAS
from ade_tf.networks.autoregressive import AutoregressiveNetwork
from ade_tf.networks.conditioner import Conditioner
from ade_tf.networks.decoder import Decoder
from ade_tf.networks.decoder_output import LowRankScale
from ade_tf.networks.discriminator import Discriminator
from ade_tf.networks.encoder import Encoder
from ade_tf.networks.top_down import TopDownDecoder
from ade_tf.networks.translator import Translator

__all__ = [
    "CONDITIONERS",
    "DISCRIMINATORS",
    "NETWORKS",
    "PRECISIONS",
    "SIGMAS",
    "AutoregressiveNetwork",
    "Conditioner",
    "Decoder",
    "Discriminator",
    "Encoder",
    "LowRankScale",
    "TopDownDecoder",
    "Translator",
]
