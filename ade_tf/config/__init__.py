"""Configuration of a run: its settings, the choices of its slots, and their checks.

Nothing here imports TensorFlow: the tables of choices name what makes each.
"""

from ade_tf.config.choices import Choice
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
    "Choice",
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
