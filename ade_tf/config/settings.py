"""Settings: dataclass fields that carry their help text, range and choices."""

import dataclasses
import math
import types
import typing

__all__ = ["check_setting", "check_settings", "setting", "settings_of", "slot"]


def setting(
    default,
    help,
    *,
    choices=None,
    minimum=None,
    maximum=None,
    operational=False,
    needs=None,
    keyword=None,
    part=None,
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
      needs: What the setting needs of the model to act, a key of `NEEDS` of
        `ade_tf.config.requirements`, or several; None for nothing.
      keyword: The maker's argument, of a choice's setting; None if named alike.
      part: Part of the model that it shapes (`generator`, `posterior`, `scale`,
        `discriminator`, or `dropout`, which acts in training only); None: that of the
        slot it belongs to, if any.

    Returns:
      A `dataclasses.Field`.
    """
    metadata = {
        "help": help,
        "choices": None if choices is None else tuple(choices),
        "minimum": minimum,
        "maximum": maximum,
        "operational": operational,
        "needs": (needs,) if isinstance(needs, str) else needs or (),
        "keyword": keyword,
        "part": part,
        "table": None,
    }
    return dataclasses.field(default=default, metadata=metadata)


def slot(table, default: str, help: str, **keywords):
    """Declares a setting that names a line of a table, whose settings follow it.

    Args:
      table: `name -> Choice`.
      default: A name; empty for one that the preset gives.
      help: What is chosen, in words.
      **keywords: As of `setting`.

    Returns:
      A `dataclasses.Field`.
    """
    names = (*table,) if default else ("", *table)
    field = setting(default, help, choices=names, **keywords)
    metadata = {**field.metadata, "table": table}
    return dataclasses.field(default=default, metadata=metadata)


def settings_of(config) -> dict:
    """Returns `name -> (field, type)` of a dataclass of settings, in order."""
    types_ = typing.get_type_hints(config)
    return {f.name: (f, types_[f.name]) for f in dataclasses.fields(config)}


def check_settings(config) -> None:
    """Checks every setting of a dataclass, as `check_setting` does.

    Raises:
      TypeError: If a value is not of its field's type.
      ValueError: If a value is outside its range or choices.
    """
    for field, type_ in settings_of(type(config)).values():
        check_setting(field, type_, getattr(config, field.name))


def check_setting(field, type_, value) -> None:
    """Checks a value of a setting against its type, range and choices.

    Args:
      field: The setting.
      type_: Its type.
      value: The value.

    Raises:
      TypeError: If the value is not of the type.
      ValueError: If it is outside the range or choices.
    """
    if value == () == field.default:
        return
    _check_type(field.name, value, type_)
    choices = field.metadata["choices"]
    items = value if isinstance(value, tuple) else (value,)
    if choices is not None and not set(items) <= set(choices):
        listed = ", ".join(map(repr, choices))
        raise ValueError(f"`{field.name}` must be one of {listed}. Received: {value!r}")
    for item in items:
        _check_range(field.name, item, field.metadata, value)


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
