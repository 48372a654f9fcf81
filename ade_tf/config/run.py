"""The configuration of a whole run."""

import dataclasses
import difflib

from ade_tf.config.data import DataConfig
from ade_tf.config.model import ModelConfig
from ade_tf.config.objective import ObjectiveConfig
from ade_tf.config.presets import PRESETS, Preset
from ade_tf.config.requirements import missing
from ade_tf.config.rules import check_rules
from ade_tf.config.settings import check_setting, settings_of
from ade_tf.config.training import TrainingConfig
from ade_tf.config.tree import places_of, reason_of_idleness

__all__ = ["RunConfig"]

_GROUPS = {
    "data": DataConfig,
    "model": ModelConfig,
    "objective": ObjectiveConfig,
    "training": TrainingConfig,
}
_PLACES = places_of(*_GROUPS.values())


@dataclasses.dataclass(frozen=True)
class RunConfig:
    """All settings of a run; invalid ones cannot be constructed.

    `from_flat` makes one of settings by name, and `config[name]` is any of them,
    whether it belongs to all runs or to a choice; where that is not made, the default.

    Attributes:
      data: Settings of the data.
      model: Settings of the model.
      objective: Settings of the objective.
      training: Settings of training.
      owned: `name -> value` of the settings that belong to the choices made.

    Raises:
      TypeError: If a setting has the wrong type.
      ValueError: If a setting is out of range, cannot act, or contradicts another or
        the preset.
    """

    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    objective: ObjectiveConfig = ObjectiveConfig()
    training: TrainingConfig = TrainingConfig()
    owned: dict = dataclasses.field(default_factory=dict, hash=False)

    def __post_init__(self):
        values = {name: self[name] for name in _PLACES}
        _check_values(values)
        _refuse_idle(values)
        check_rules(self)

    def __getitem__(self, name: str):
        if name in self.owned:
            return self.owned[name]
        for group in _GROUPS:
            settings = getattr(self, group)
            if hasattr(settings, name):
                return getattr(settings, name)
        return _PLACES[name].field.default

    @property
    def preset(self) -> Preset:
        """What the preset promises."""
        return PRESETS[self.model.preset]

    @property
    def needs_labels(self) -> bool:
        """Whether training uses the labels of the images."""
        trained = self.model.conditional or not missing(self, "classifier")
        return trained or self.data.labelled > 0

    @classmethod
    def settings(cls) -> dict:
        """Returns `name -> (field, type)` of all settings; names are unique."""
        return {name: (place.field, place.type) for name, place in _PLACES.items()}

    @classmethod
    def from_flat(cls, values: dict) -> "RunConfig":
        """Builds a resolved configuration from `name -> value`.

        Settings left to the preset are filled in; settings not given keep their
        default.

        Raises:
          ValueError: If a name is unknown, or as the class says.
        """
        values = _complete(values)
        _refuse_idle(values)
        groups = {
            key: group(**{name: values[name] for name in settings_of(group)})
            for key, group in _GROUPS.items()
        }
        owned = {
            name: values[name]
            for name, place in _PLACES.items()
            if place.owners and reason_of_idleness(name, _PLACES, values) is None
        }
        return cls(**groups, owned=owned)

    @classmethod
    def from_stored(cls, values: dict) -> "RunConfig":
        """Builds the configuration of a run that has been stored, as `from_flat` does.

        What cannot act had no effect on the run, and falls back to its default.
        """
        complete = _complete(values)
        return cls.from_flat({n: complete[n] for n in _acting(complete)})

    @classmethod
    def idle(cls, values: dict) -> dict[str, str]:
        """Returns `name -> reason` of what differs from its default and cannot act.

        Args:
          values: As of `from_flat`.
        """
        return _idle(_complete(values))

    def replace(self, **settings) -> "RunConfig":
        """Returns this configuration with other settings.

        What can then no longer act falls back to its default.

        Raises:
          TypeError: If a setting has the wrong type.
          ValueError: If one is unknown, or as the class says.
        """
        values = _complete({**self.to_flat(), **settings})
        names = {*_acting(values), *settings}
        return self.from_flat({name: values[name] for name in names})

    def acting(self) -> tuple[str, ...]:
        """Returns the names of the settings that can act in this run."""
        return _acting(self)

    def of(self, slot: str) -> dict:
        """Returns the settings of the choice made in a slot, as keyword arguments.

        Those of the choices that they name themselves are among them, and what cannot
        act is not.

        Args:
          slot: Name of a setting that is a choice.
        """
        line = _PLACES[slot].field.metadata["table"].get(self[slot])
        found = {}
        for name in settings_of(line.settings) if line and line.settings else ():
            metadata = _PLACES[name].field.metadata
            if name in self.owned:
                found[metadata["keyword"] or name] = self[name]
            if metadata["table"]:
                found |= self.of(name)
        return found

    def part(self, part: str) -> dict:
        """Returns `name -> value` of the settings that shape a part of the model."""
        return {n: self[n] for n, place in _PLACES.items() if place.part == part}

    def to_flat(self) -> dict:
        """Returns `name -> value` of all settings, fit for JSON."""
        flat = {name: self[name] for name in _PLACES}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in flat.items()}

    def differences(self, other: "RunConfig") -> dict:
        """Returns `name -> (here, there)` of the settings that decide the weights."""
        here, there = self.to_flat(), other.to_flat()
        return {
            name: (here[name], there[name])
            for name, place in _PLACES.items()
            if here[name] != there[name] and not place.field.metadata["operational"]
        }


def _complete(values):
    """Returns all settings, checked one by one, with what is left to the preset."""
    unknown = sorted(set(values) - set(_PLACES))
    if unknown:
        close = {n: difflib.get_close_matches(n, _PLACES, n=1) for n in unknown}
        words = [
            f"{name} (did you mean {found[0]}?)" if found else name
            for name, found in close.items()
        ]
        raise ValueError(
            f"Settings must be known to this version. Received: {', '.join(words)}"
        )
    found = {name: place.field.default for name, place in _PLACES.items()}
    found |= {n: tuple(v) if isinstance(v, list) else v for n, v in values.items()}
    if isinstance(found["image_size"], int):
        # One number, as in runs from before there could be two.
        found["image_size"] = (found["image_size"],)
    _check_values(found)
    preset = PRESETS[found["preset"]]
    if not found["feature_map"]:
        found["feature_map"] = "glow" if preset.flow else "identity"
    if not found["decoder"]:
        found["decoder"] = preset.decoder or ("gaussian" if preset.latent else "")
    name = "adversarial_gradient_in_feature_map"
    if found[name] is None:
        found[name] = preset.flow and not preset.latent and preset.adversary
    if preset.adversary and not found["adversary"]:
        found["adversary"] = "least_squares" if preset.second_domain else "log_ratio"
    return found


def _check_values(values):
    for name, place in _PLACES.items():
        check_setting(place.field, place.type, values[name])


def _acting(values):
    return tuple(n for n in _PLACES if reason_of_idleness(n, _PLACES, values) is None)


def _idle(values):
    found = {}
    for name, place in _PLACES.items():
        if values[name] != place.field.default:
            reason = reason_of_idleness(name, _PLACES, values)
            if reason is not None:
                found[name] = f"{reason}, {name}={values[name]!r}"
    return found


def _refuse_idle(values):
    for name, reason in _idle(values).items():
        raise ValueError(f"{name} {reason}")
