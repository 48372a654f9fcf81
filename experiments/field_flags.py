"""Flags made of the fields of a dataclass: the settings of a run and other options."""

import types
import typing

from absl import flags

from ade_tf.config.settings import settings_of
from experiments.numbers import numbers

__all__ = [
    "define_fields",
    "define_options",
    "options_from_flags",
    "values_of_fields",
]

# Options whose flag has another name.
_OPTION_FLAGS = {"splits": "split"}
_DEFINE = {
    str: flags.DEFINE_string,
    int: flags.DEFINE_integer,
    float: flags.DEFINE_float,
    bool: flags.DEFINE_bool,
    tuple: flags.DEFINE_list,
}


def define_fields(fields, flag_values=flags.FLAGS) -> None:
    """Defines a flag for each of the fields.

    Args:
      fields: `name -> (field, type)`, see `settings_of`.
      flag_values: What takes in the flags.
    """
    for name, (field, type_) in fields.items():
        # The type itself, without None or the type of a list's items.
        of = typing.get_args(type_)[0] if isinstance(type_, types.UnionType) else type_
        kind = typing.get_origin(of) or of
        default = [*map(str, field.default)] if kind is tuple else field.default
        _DEFINE[kind](name, default, _help(field), flag_values=flag_values)


def define_options(options, names=None) -> None:
    """Defines a flag for each field of a dataclass of options, or for those named."""
    define_fields(_fields_of(options, names))


def options_from_flags(options, names=None):
    """Returns options of a dataclass, from the flags that were made of its fields.

    Args:
      options: `EvaluationOptions`, `PictureOptions` or another such class.
      names: Fields that have a flag; None: all.

    Raises:
      ValueError: If a value is out of range or contradicts another.
    """
    values = values_of_fields(_fields_of(options, names), flags.FLAGS)
    fields = {flag: name for name, flag in _OPTION_FLAGS.items()}
    return options(**{fields.get(n, n): value for n, value in values.items()})


def values_of_fields(fields, flag_values) -> dict:
    """Returns `name -> value` of the flags of fields.

    Raises:
      ValueError: If an item of a list is not of its type.
    """
    found = {name: flag_values[name].value for name in fields}
    for name, (_, type_) in fields.items():
        if isinstance(found[name], list):
            found[name] = numbers(name, found[name], typing.get_args(type_)[0])
    return found


def _fields_of(options, names):
    """Returns the fields of a dataclass, all or those named, by their flags."""
    return {
        _OPTION_FLAGS.get(name, name): field
        for name, field in settings_of(options).items()
        if names is None or name in names
    }


def _help(field):
    text = field.metadata["help"]
    choices = field.metadata["choices"]
    if choices:
        text += f" One of: {', '.join(choice or repr('') for choice in choices)}."
    ends = (field.metadata["minimum"], field.metadata["maximum"])
    low, high = ("" if end is None else end for end in ends)
    if (low, high) != ("", ""):
        text += f" Range: {low} .. {high}."
    return text
