"""Settings: dataclass fields that carry their help text, range and choices."""

import dataclasses
import math
import types
import typing

__all__ = ["check_settings", "setting", "settings_of"]


def setting(
    default, help, *, choices=None, minimum=None, maximum=None, operational=False
):
    """Declares one setting as a dataclass field.

    Args:
      default: The default value; a tuple for a list of integers.
      help: What the setting is, in words, with its unit.
      choices: The allowed values, or None.
      minimum: The least allowed value (of each item of a tuple), or None.
      maximum: The greatest allowed value, or None.
      operational: Whether a run may be resumed with another value, because the
        trained weights do not depend on it.

    Returns:
      A `dataclasses.Field`.
    """
    metadata = {
        "help": help,
        "choices": None if choices is None else tuple(choices),
        "minimum": minimum,
        "maximum": maximum,
        "operational": operational,
    }
    return dataclasses.field(default=default, metadata=metadata)


def settings_of(config) -> dict:
    """Returns `name -> (field, type)` of a dataclass of settings, in order."""
    types_ = typing.get_type_hints(config)
    return {f.name: (f, types_[f.name]) for f in dataclasses.fields(config)}


def check_settings(config) -> None:
    """Checks every setting of a dataclass against its type, range and choices.

    Raises:
      TypeError: If a value is not of its field's type.
      ValueError: If a value is outside its range or choices.
    """
    for name, (field, type_) in settings_of(type(config)).items():
        value = getattr(config, name)
        if value == () == field.default:
            continue
        _check_type(name, value, type_)
        choices = field.metadata["choices"]
        if choices is not None and value not in choices:
            listed = ", ".join(map(repr, choices))
            raise ValueError(f"`{name}` must be one of {listed}. Received: {value!r}")
        items = value if isinstance(value, tuple) else (value,)
        for item in items:
            _check_range(name, item, field.metadata, value)


def _check_type(name, value, type_):
    if isinstance(type_, types.UnionType):
        allowed = typing.get_args(type_)
    elif typing.get_origin(type_) is tuple:
        allowed = typing.get_args(type_)[:1]
        if not isinstance(value, tuple) or not value:
            kind = {int: "integers", float: "numbers", str: "names"}[allowed[0]]
            raise TypeError(
                f"`{name}` must be a non-empty tuple of {kind}. Received: {value!r}"
            )
        value = value[0]
    else:
        allowed = (type_,)
    if float in allowed:
        allowed += (int,)
    wrong = not isinstance(value, allowed)
    if wrong or (isinstance(value, bool) and bool not in allowed):
        names = " or ".join(t.__name__ for t in allowed)
        raise TypeError(f"`{name}` must be of type {names}. Received: {value!r}")


def _check_range(name, item, metadata, value):
    low, high = metadata["minimum"], metadata["maximum"]
    if isinstance(item, float) and not math.isfinite(item):
        raise ValueError(f"`{name}` must be finite. Received: {value!r}")
    if item is None or isinstance(item, str):
        return
    if low is not None and item < low:
        raise ValueError(f"`{name}` must be at least {low}. Received: {value!r}")
    if high is not None and item > high:
        raise ValueError(f"`{name}` must be at most {high}. Received: {value!r}")
