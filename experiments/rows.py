"""Rows of a table by their flagfiles, and settings that hold for all of them."""

import pathlib

from absl import flags

from ade_tf.config import PRESETS, RunConfig
from experiments import run_config

__all__ = [
    "row_of_flagfile",
    "rows_of_flagfiles",
    "texts_of_settings",
    "typed_settings",
]


def row_of_flagfile(path) -> str:
    """Returns a flagfile's name without the first word, unless a preset begins it."""
    stem = pathlib.Path(path).stem
    if any(f"{stem}_".startswith(f"{preset}_") for preset in PRESETS):
        return stem
    return stem.split("_", 1)[-1]


def rows_of_flagfiles(files) -> dict:
    """Returns `row -> flagfile`, in order.

    Raises:
      ValueError: If there are none, or two have one name.
    """
    rows = {}
    for file in files:
        row = row_of_flagfile(file)
        if row in rows:
            raise ValueError(
                "rows must have different names (a file's name without the first "
                f"word, its data). Received: {rows[row]!r} and {file!r}"
            )
        rows[row] = file
    if not rows:
        raise ValueError("--rows must name a flagfile. Received: none")
    return rows


def texts_of_settings(flag, items) -> dict:
    """Returns `name -> text` of `NAME=VALUE` items, the last of a name.

    Args:
      flag: Name of the flag they are given by.
      items: Its values.

    Raises:
      ValueError: If one is no setting of a run.
    """
    found = {}
    for item in items:
        name, equals, value = item.partition("=")
        if not equals or name not in RunConfig.settings():
            raise ValueError(
                f"`{flag}` must be NAME=VALUE of a setting. Received: {item!r}"
            )
        found[name] = value
    return found


def typed_settings(flag, items) -> dict:
    """Returns `name -> value` of `NAME=VALUE` items, of the settings' own types.

    Raises:
      ValueError: If one is no setting of a run, or its value not of the type.
    """
    texts = texts_of_settings(flag, items)
    line = [f"--{name}={value}" for name, value in texts.items()]
    try:
        values = run_config.values_of_settings(line)
    except flags.Error as error:
        raise ValueError(
            f"`{flag}` must have a value of the setting's type. Received: {error}"
        ) from None
    return {name: values[name] for name in texts}
