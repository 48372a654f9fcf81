"""Every flag of the binaries; those of a run are made from its settings.

The options of a binary are imported by the function that defines its flags: `--help`
and a mistyped flag wait for no more than they need.
"""

import os
import sys
import types
import typing

from absl import flags

from ade_tf.config import RunConfig
from ade_tf.config.run_marks import is_run, run_record
from ade_tf.config.settings import settings_of
from ade_tf.config.training import weights_setting
from experiments.flagfiles import expand
from experiments.numbers import numbers

__all__ = [
    "check_path_of_dataset",
    "config_from_flagfile",
    "config_from_flags",
    "define_benchmark_flags",
    "define_compare_flags",
    "define_evaluate_flags",
    "define_export_flags",
    "define_novelty_flags",
    "define_options",
    "define_prepare_data_flags",
    "define_report_flags",
    "define_run_dir",
    "define_run_flags",
    "define_sample_flags",
    "define_score_flags",
    "define_translate_flags",
    "loading_run_dir_from_flags",
    "options_from_flags",
    "run_dir_from_flags",
    "values_of_flagfile",
    "values_of_settings",
]

# Options whose flag has another name.
_OPTION_FLAGS = {"splits": "split"}
_BELOW_NUM_STEPS = ("warmup_steps", "likelihood_only_steps", "kl_warmup_steps")


def define_run_dir() -> None:
    """Defines the flag that names the directory of a run."""
    flags.DEFINE_string("run_dir", "", "Directory of the run.")


def run_dir_from_flags() -> str:
    """Returns the directory of the run.

    Raises:
      ValueError: If the flag is not given.
    """
    if not flags.FLAGS.run_dir:
        raise ValueError("--run_dir must name a directory. Received: none")
    return flags.FLAGS.run_dir


def loading_run_dir_from_flags() -> str:
    """Returns the directory of the run, and prints that it is being loaded.

    Raises:
      ValueError: If the flag is not given, or names no run.
    """
    run_dir = run_dir_from_flags()
    path = os.path.expanduser(run_dir)
    if not is_run(path):
        there = "which is no run" if os.path.exists(path) else "which does not exist"
        raise ValueError(
            f"run_dir must be the directory of a run. Received: {run_dir!r}, {there}"
        )
    print(f"Loading {run_dir} ...", flush=True)
    return run_dir


def check_path_of_dataset(name: str) -> None:
    """Checks that the folder or file of a data set is there, before anything is loaded.

    Raises:
      ValueError: If it is not.
    """
    source, _, path = name.partition(":")
    kind = {"folder": "folder", "npz": "file"}.get(source)
    if kind and not os.path.exists(os.path.expanduser(path)):
        raise ValueError(
            f"`{source}:PATH` must name an existing {kind}. Received: {path!r}"
        )


def define_run_flags() -> None:
    """Defines the flags of `train`: one per setting, `run_dir` and `dry_run`."""
    define_run_dir()
    flags.DEFINE_bool(
        "dry_run",
        False,
        "Print the configuration and the number of parameters, and exit.",
    )
    _define_settings()


def define_evaluate_flags() -> None:
    """Defines the flags of `evaluate`: one per option, and `run_dir`."""
    from ade_tf.evaluation.follow_options import FollowOptions

    define_run_dir()
    define_options(FollowOptions)


def define_compare_flags() -> None:
    """Defines the flags of `compare`: one per option."""
    from ade_tf.evaluation.options import ComparisonOptions

    define_options(ComparisonOptions)


def define_novelty_flags() -> None:
    """Defines the flags of `novelty`: one per option, and `run_dir`."""
    from ade_tf.evaluation.options import NoveltyOptions

    define_run_dir()
    define_options(NoveltyOptions)


def define_prepare_data_flags() -> None:
    """Defines the flags of `prepare_data`: one per option, and `out`."""
    from ade_tf.config.data import PreparationOptions

    flags.DEFINE_string("out", "", "Directory of the prepared data set.")
    define_options(PreparationOptions)


def define_score_flags() -> None:
    """Defines the flags of `score`: one per option, and `run_dir`."""
    from ade_tf.evaluation.options import ScoreOptions

    define_run_dir()
    define_options(ScoreOptions)


def define_sample_flags() -> None:
    """Defines the flags of `sample`: one per option, and `run_dir`."""
    from ade_tf.samples import PictureOptions

    define_run_dir()
    define_options(PictureOptions)


def define_translate_flags() -> None:
    """Defines the flags of `translate`: one per option, and `run_dir`."""
    from ade_tf.samples.options import TranslationOptions

    define_run_dir()
    define_options(TranslationOptions)


def define_export_flags() -> None:
    """Defines the flags of `export`."""
    define_run_dir()
    flags.DEFINE_string("out", "", "Directory of the SavedModel.")
    flags.DEFINE_bool("overwrite", False, "Replace a SavedModel that is there.")
    weights = weights_setting()
    _define("weights", str, weights.default, _help(weights), flags.FLAGS)


def define_report_flags() -> None:
    """Defines the flags of `report`: its own, and those of its pictures."""
    from ade_tf.report import PICTURE_SETTINGS
    from ade_tf.samples import MODES, PictureOptions

    flags.DEFINE_list("run_dirs", [], "Directories of the runs, comma-separated.")
    flags.DEFINE_string("out", "", "File of the page (.html).")
    flags.DEFINE_list(
        "pictures",
        list(MODES),
        "Pictures to draw: modes of `sample`, comma-separated. If empty, none.",
    )
    define_options(PictureOptions, PICTURE_SETTINGS)


def define_benchmark_flags() -> None:
    """Defines the flags of `benchmark`: one per setting of a run, and its own."""
    from experiments.bench.options import BenchmarkOptions

    _define_settings()
    define_options(BenchmarkOptions)
    flags.DEFINE_multi_string(
        "set",
        [],
        "Setting, NAME=VALUE, or several together, NAME=VALUE,NAME=VALUE, that the "
        "sweep `settings` changes. Can be repeated.",
    )


def config_from_flags() -> RunConfig:
    """Returns the resolved configuration of the flags of `define_run_flags`.

    Raises:
      TypeError: If a setting has the wrong type.
      ValueError: If a setting is out of range or contradicts another.
    """
    values = flags.FLAGS.flag_values_dict()
    values = _typed({n: values[n] for n in RunConfig.settings()})
    words = {word.lstrip("-").partition("=")[0] for word in sys.argv[1:]}
    given = words | {word.removeprefix("no") for word in words}
    if flags.FLAGS.is_parsed() and "run_dir" in flags.FLAGS:
        values |= _kept_when_prolonged(values, given, flags.FLAGS.run_dir)
    return _config(values, given, notice=True)


def _kept_when_prolonged(values, given, run_dir):
    """Returns the steps that a shorter run was capped at: it goes on with these."""
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
    _define_settings(values)
    values(["", *expand(arguments)])
    return _typed({name: values[name].value for name in RunConfig.settings()})


def _typed(values):
    """Turns lists of words into tuples of integers where settings are such."""
    found = dict(values)
    for name, (_, type_) in RunConfig.settings().items():
        if typing.get_origin(type_) is tuple:
            found[name] = numbers(name, found[name], typing.get_args(type_)[0])
    return found


def options_from_flags(options, names=None):
    """Returns options of a dataclass, from the flags that were made of its fields.

    Args:
      options: `EvaluationOptions`, `PictureOptions` or another such class.
      names: Fields that have a flag; None: all.

    Raises:
      ValueError: If a value is out of range or contradicts another.
    """
    values, found = flags.FLAGS.flag_values_dict(), {}
    for name, (_, type_) in settings_of(options).items():
        if names is not None and name not in names:
            continue
        value = values[_OPTION_FLAGS.get(name, name)]
        if isinstance(value, list):
            value = numbers(name, value, typing.get_args(type_)[0])
        found[name] = value
    return options(**found)


def _define_settings(flag_values=flags.FLAGS):
    for name, (field, type_) in RunConfig.settings().items():
        _define(name, type_, field.default, _help(field), flag_values)


def define_options(options, names=None) -> None:
    """Defines a flag for each field of a dataclass of options, or for those named."""
    for name, (field, type_) in settings_of(options).items():
        if names is not None and name not in names:
            continue
        define = {
            str: flags.DEFINE_string,
            int: flags.DEFINE_integer,
            float: flags.DEFINE_float,
            bool: flags.DEFINE_bool,
            tuple: flags.DEFINE_list,
        }
        # The type itself, without None or the type of a list's items.
        of = typing.get_args(type_)[0] if isinstance(type_, types.UnionType) else type_
        kind = typing.get_origin(of) or of
        default = [*map(str, field.default)] if kind is tuple else field.default
        define[kind](_OPTION_FLAGS.get(name, name), default, _help(field))


def _define(name, type_, default, help_text, flag_values):
    if typing.get_origin(type_) is tuple:
        define, default = flags.DEFINE_list, [str(n) for n in default]
    elif isinstance(type_, types.UnionType) or type_ is bool:
        define = flags.DEFINE_bool
    elif type_ is int:
        define = flags.DEFINE_integer
    elif type_ is float:
        define = flags.DEFINE_float
    else:
        define = flags.DEFINE_string
    define(name, default, help_text, flag_values=flag_values)


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
