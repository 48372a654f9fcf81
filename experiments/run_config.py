"""The configuration of a run from flags and flagfiles."""

import os
import sys

from absl import flags

from ade_tf.config import RunConfig
from ade_tf.config.run_marks import run_record
from experiments.field_flags import define_fields, values_of_fields
from experiments.flagfiles import expand

__all__ = [
    "config_from_flagfile",
    "config_from_flags",
    "values_of_flagfile",
    "values_of_settings",
]

_BELOW_NUM_STEPS = ("warmup_steps", "likelihood_only_steps", "kl_warmup_steps")


def config_from_flags() -> RunConfig:
    """Returns the resolved configuration of the flags of `define_run_flags`.

    Raises:
      TypeError: If a setting has the wrong type.
      ValueError: If a setting is out of range or contradicts another.
    """
    values = values_of_fields(RunConfig.settings(), flags.FLAGS)
    words = {word.lstrip("-").partition("=")[0] for word in sys.argv[1:]}
    given = words | {word.removeprefix("no") for word in words}
    if flags.FLAGS.is_parsed() and "run_dir" in flags.FLAGS:
        values |= _kept_when_prolonged(values, given, flags.FLAGS.run_dir)
    return _config(values, given, notice=True)


def _kept_when_prolonged(values, given, run_dir):
    """Returns the steps that a shorter run was capped at: it goes on with these."""
    if values["strategy"] == "multi_worker":
        # Imported here: others, and --help, do without TensorFlow.
        from ade_tf.strategies import directory_of_worker

        run_dir = directory_of_worker("multi_worker", run_dir)
    record = run_record(os.path.expanduser(run_dir)) or {}
    stored, extended = record.get("config", {}), record.get("extended")
    if stored.get("num_steps", values["num_steps"]) >= values["num_steps"]:
        return {}
    half = (extended[0][1] if extended else stored["num_steps"]) // 2
    kept = {
        name: half
        for name in _BELOW_NUM_STEPS
        if name not in given and stored.get(name) == half != values[name]
    }
    for name in kept:
        print(
            f"kept: {name} {half}, as this run began (not {values[name]})",
            file=sys.stderr,
            flush=True,
        )
    return kept


def config_from_flagfile(path, **settings) -> RunConfig:
    """Returns the resolved configuration of a flagfile, apart from the command line.

    Args:
      path: The flagfile.
      **settings: Settings that decide over the file's.

    Raises:
      TypeError, ValueError: As `values_of_flagfile` and `RunConfig` do.
    """
    return _config(values_of_flagfile(path, **settings), set(settings))


def _config(values, given, notice=False):
    """Makes a configuration, and drops settings of flagfiles that cannot act.

    A flagfile may be shared by models of which only some have what it sets; what is
    `given` by name, and cannot act, is refused. Steps of a flagfile that a smaller
    `num_steps` leaves no room for are capped, which is said.
    """
    for name, reason in RunConfig.idle(values).items():
        if name not in given:
            if notice:
                print(f"without effect: {name} {reason}", file=sys.stderr, flush=True)
            del values[name]
    for name in _BELOW_NUM_STEPS if "num_steps" in given else ():
        if name not in given and values.get(name, 0) >= values["num_steps"]:
            half = values["num_steps"] // 2
            print(
                f"capped: {name} {values[name]} -> {half}, half of num_steps="
                f"{values['num_steps']}",
                file=sys.stderr,
                flush=True,
            )
            values[name] = half
    return RunConfig.from_flat(values)


def values_of_flagfile(path, **settings) -> dict:
    """Returns `name -> value` of all settings of a flagfile.

    Args:
      path: The flagfile.
      **settings: Settings that decide over the file's.

    Raises:
      ValueError: If the file cannot be read or names unknown flags, or a value is not
        of its type.
    """
    line = [f"--{name}={value}" for name, value in settings.items()]
    try:
        return values_of_settings([f"--flagfile={path}", *line])
    except flags.Error as error:
        raise ValueError(
            "a flagfile must contain known flags with values of the right type. "
            f"Received: {str(path)!r} ({error})"
        ) from None


def values_of_settings(arguments) -> dict:
    """Returns `name -> value` of all settings, apart from the command line.

    Args:
      arguments: As on a command line: settings and flagfiles.

    Raises:
      flags.Error: If a flag is unknown or a value not of its type.
      ValueError: If an item of a list is not of its type.
    """
    values = flags.FlagValues()
    define_fields(RunConfig.settings(), values)
    values(["", *expand(arguments)])
    return values_of_fields(RunConfig.settings(), values)
