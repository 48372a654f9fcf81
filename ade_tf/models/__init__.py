"""The Keras model, its parts, its training step and what it answers."""

from ade_tf.models.ade import AdaptiveDensityEstimator
from ade_tf.models.answers import (
    classify,
    complete,
    decode,
    encode,
    quantize,
    read_codes,
    reconstruct,
    resample,
    sample,
)
from ade_tf.models.averaging import averaged_weights, use_averaged_weights
from ade_tf.models.batch import DOMAINS, Batch, labels_in_turn
from ade_tf.models.build import build_model
from ade_tf.models.given_generator import copy_generator
from ade_tf.models.given_weights import copy_weights
from ade_tf.models.initialization import (
    initialize_from_data,
    initialize_from_split,
)
from ade_tf.models.parts import count_parameters
from ade_tf.models.sampler import Sampler
from ade_tf.models.scoring import LikelihoodScorer, LikelihoodScores
from ade_tf.models.two_domains import TwoDomainModel

__all__ = [
    "DOMAINS",
    "AdaptiveDensityEstimator",
    "Batch",
    "LikelihoodScorer",
    "LikelihoodScores",
    "Sampler",
    "TwoDomainModel",
    "averaged_weights",
    "build_model",
    "classify",
    "complete",
    "copy_generator",
    "copy_weights",
    "count_parameters",
    "decode",
    "encode",
    "initialize_from_data",
    "initialize_from_split",
    "labels_in_turn",
    "quantize",
    "read_codes",
    "reconstruct",
    "resample",
    "sample",
    "use_averaged_weights",
]
