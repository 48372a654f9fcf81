"""The configuration of a whole run, and what its settings demand of each other."""

import dataclasses

from ade_tf.config.adversary import check_adversary
from ade_tf.config.data import DataConfig
from ade_tf.config.latents import check_latents
from ade_tf.config.model import ModelConfig
from ade_tf.config.objective import ObjectiveConfig
from ade_tf.config.presets import PRESETS, Preset
from ade_tf.config.settings import check_settings, settings_of
from ade_tf.config.training import TrainingConfig

__all__ = ["RunConfig"]


@dataclasses.dataclass(frozen=True)
class RunConfig:
    """All settings of a run; invalid ones cannot be constructed.

    Raises:
      TypeError: If a setting has the wrong type.
      ValueError: If a setting is out of range or contradicts another or the preset.
    """

    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    objective: ObjectiveConfig = ObjectiveConfig()
    training: TrainingConfig = TrainingConfig()

    def __post_init__(self):
        for part in dataclasses.fields(self):
            check_settings(getattr(self, part.name))
        _check_preset(self)
        check_adversary(self)
        check_latents(self)

    @property
    def preset(self) -> Preset:
        """What the preset promises."""
        return PRESETS[self.model.preset]

    @classmethod
    def settings(cls) -> dict:
        """Returns `name -> (field, type)` of all settings; names are unique."""
        found = {}
        for part in dataclasses.fields(cls):
            found.update(settings_of(part.type))
        return found

    @classmethod
    def from_flat(cls, values: dict) -> "RunConfig":
        """Builds a resolved configuration from `name -> value`.

        Settings left to the preset are filled in; settings not given keep their
        default.

        Raises:
          ValueError: If a name is unknown, or as the class says.
        """
        unknown = sorted(set(values) - set(cls.settings()))
        if unknown:
            raise ValueError(
                "Settings must be known to this version. "
                f"Received: {', '.join(unknown)}"
            )
        parts = {}
        for part in dataclasses.fields(cls):
            names = settings_of(part.type)
            given = {n: _from_json(values[n]) for n in names if n in values}
            parts[part.name] = part.type(**given)
        return cls(**parts)._resolved()

    def to_flat(self) -> dict:
        """Returns `name -> value` of all settings, fit for JSON."""
        flat = {}
        for part in dataclasses.fields(self):
            flat.update(dataclasses.asdict(getattr(self, part.name)))
        return {k: list(v) if isinstance(v, tuple) else v for k, v in flat.items()}

    def differences(self, other: "RunConfig") -> dict:
        """Returns `name -> (here, there)` of the settings that decide the weights."""
        here, there = self.to_flat(), other.to_flat()
        return {
            name: (here[name], there[name])
            for name, (field, _) in self.settings().items()
            if here[name] != there[name] and not field.metadata["operational"]
        }

    def _resolved(self):
        preset, model, objective = self.preset, self.model, self.objective
        if not model.feature_map:
            name = "glow" if preset.flow else "identity"
            model = dataclasses.replace(model, feature_map=name)
        if objective.adversarial_gradient_in_feature_map is None:
            objective = dataclasses.replace(
                objective,
                adversarial_gradient_in_feature_map=not preset.latent
                and preset.adversary,
            )
        return dataclasses.replace(self, model=model, objective=objective)


def _from_json(value):
    return tuple(value) if isinstance(value, list) else value


def _check_preset(config):
    name, preset = config.model.preset, config.preset
    feature_map = config.model.feature_map
    if preset.flow and feature_map == "identity":
        raise ValueError(
            f"preset `{name}` promises a flow as its feature map. "
            f"Received: feature_map={feature_map!r}"
        )
    if not preset.flow and feature_map not in ("", "identity"):
        raise ValueError(
            f"preset `{name}` promises the identity as its feature map. "
            f"Received: feature_map={feature_map!r}"
        )
    in_map = config.objective.adversarial_gradient_in_feature_map
    if name == "flow_gan" and in_map is False:
        raise ValueError(
            "preset `flow_gan` trains its feature map by the adversary; there is "
            "nothing else to train. "
            f"Received: adversarial_gradient_in_feature_map={in_map}"
        )
    if in_map and not (preset.flow and preset.adversary):
        raise ValueError(
            "adversarial_gradient_in_feature_map needs a preset with a flow and an "
            f"adversary. Received: preset={name!r}"
        )
    training, objective = config.training, config.objective
    fitted = preset.latent and preset.likelihood and not preset.adversary
    if objective.generator_from and not fitted:
        raise ValueError(
            "generator_from needs a preset with a z and a likelihood, without an "
            f"adversary. Received: preset={name!r}"
        )
    if objective.likelihood_only_steps and not (preset.likelihood and preset.adversary):
        raise ValueError(
            "likelihood_only_steps needs a preset with both losses. "
            f"Received: preset={name!r}, "
            f"likelihood_only_steps={objective.likelihood_only_steps}"
        )
    if objective.likelihood_only_steps >= training.num_steps:
        raise ValueError(
            "likelihood_only_steps must be below num_steps. Received: "
            f"likelihood_only_steps={objective.likelihood_only_steps}, "
            f"num_steps={training.num_steps}"
        )
    if training.warmup_steps >= training.num_steps:
        raise ValueError(
            "warmup_steps must be below num_steps. Received: "
            f"warmup_steps={training.warmup_steps}, num_steps={training.num_steps}"
        )
    if training.keep_best and not (preset.likelihood and training.validate_every):
        raise ValueError(
            "keep_best needs a preset with a likelihood and validate_every above 0. "
            f"Received: preset={name!r}, validate_every={training.validate_every}"
        )
