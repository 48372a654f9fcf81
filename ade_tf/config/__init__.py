"""Configuration of a run: frozen dataclasses, their checks and the presets."""

from ade_tf.config.data import DataConfig
from ade_tf.config.model import ModelConfig
from ade_tf.config.objective import ObjectiveConfig
from ade_tf.config.presets import PRESETS, Preset
from ade_tf.config.requirements import missing, requires
from ade_tf.config.run import RunConfig
from ade_tf.config.settings import setting
from ade_tf.config.training import TrainingConfig

__all__ = [
    "PRESETS",
    "DataConfig",
    "ModelConfig",
    "ObjectiveConfig",
    "Preset",
    "RunConfig",
    "TrainingConfig",
    "missing",
    "requires",
    "setting",
]
