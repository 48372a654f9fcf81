"""Invertible maps of images: TFP bijectors whose parameters Keras sees too."""

import ade_tf.keras_settings  # noqa: F401
from ade_tf.bijectors.actnorm import ActNorm
from ade_tf.bijectors.autoregressive import Autoregressive, autoregressive_flow
from ade_tf.bijectors.base import FusedBijector
from ade_tf.bijectors.chain import FusedChain, identity
from ade_tf.bijectors.conditioned import Conditioned
from ade_tf.bijectors.coupling import Coupling
from ade_tf.bijectors.glow import glow
from ade_tf.bijectors.image_space import ImageSpace
from ade_tf.bijectors.invertible_conv import InvertibleConv
from ade_tf.bijectors.keras_layer import BijectorLayer
from ade_tf.bijectors.masks import channel_mask, checkerboard_mask
from ade_tf.bijectors.multiscale import FactorOut
from ade_tf.bijectors.passes import forward_and_log_det, inverse_and_log_det
from ade_tf.bijectors.real_nvp import real_nvp
from ade_tf.bijectors.recomputed_chain import RecomputedChain
from ade_tf.bijectors.residual import Residual, residual_flow
from ade_tf.bijectors.squeeze import Squeeze
from ade_tf.config.flows import FEATURE_MAPS

__all__ = [
    "FEATURE_MAPS",
    "ActNorm",
    "Autoregressive",
    "BijectorLayer",
    "Conditioned",
    "Coupling",
    "FactorOut",
    "FusedBijector",
    "FusedChain",
    "ImageSpace",
    "InvertibleConv",
    "RecomputedChain",
    "Residual",
    "Squeeze",
    "autoregressive_flow",
    "channel_mask",
    "checkerboard_mask",
    "forward_and_log_det",
    "glow",
    "identity",
    "inverse_and_log_det",
    "real_nvp",
    "residual_flow",
]
