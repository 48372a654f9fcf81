"""Every flag of the binaries; those of a run are made from its settings.

The options of a binary are imported by the function that defines its flags: `--help`
and a mistyped flag wait for no more than they need.
"""

import sys
import types
import typing

from absl import flags

from ade_tf.config import RunConfig
from ade_tf.config.data import TOYS
from ade_tf.config.settings import settings_of

__all__ = [
    "ABLATION_OPTIONS",
    "config_from_flagfile",
    "config_from_flags",
    "define_ablation_flags",
    "define_adversaries_flags",
    "define_benchmark_flags",
    "define_compare_flags",
    "define_evaluate_flags",
    "define_export_flags",
    "define_novelty_flags",
    "define_report_flags",
    "define_run_dir",
    "define_run_flags",
    "define_sample_flags",
    "define_score_flags",
    "define_toy_flags",
    "integers",
    "loading_run_dir_from_flags",
    "options_from_flags",
    "run_dir_from_flags",
    "values_of_flagfile",
    "values_of_settings",
]

# Options whose flag has another name.
_OPTION_FLAGS = {"splits": "split"}
_TOY_PRESETS = ("vae", "v_ade", "flow", "gan", "av_gde", "av_ade")
_ABLATION_ROWS = ("vae", "v_ade", "av_gde", "av_ade", "gan")
# Options of an evaluation that hold for all rows of a table.
ABLATION_OPTIONS = (
    "protocol",
    "num_samples",
    "extractor",
    "extractor_path",
    "temperature",
    "noise",
    "importance_samples",
    "repetitions",
    "seed",
    "cache_dir",
    "strategy",
    "batch_size",
)


def define_run_dir() -> None:
    """Defines where a run is kept."""
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
    """Returns the directory of the run, and says that it is loaded.

    Raises:
      ValueError: If the flag is not given.
    """
    run_dir = run_dir_from_flags()
    print(f"Loading {run_dir} ...", flush=True)
    return run_dir


def define_run_flags() -> None:
    """Defines the flags of `train`: one per setting, `run_dir` and `dry_run`."""
    define_run_dir()
    flags.DEFINE_bool(
        "dry_run", False, "Print the resolved configuration and the parameters; stop."
    )
    _define_settings()


def define_ablation_flags() -> None:
    """Defines the flags of `ablation`: its own, and the options of its evaluation."""
    from ade_tf.evaluation.options import EvaluationOptions

    flags.DEFINE_list(
        "rows",
        [f"flags/digits_{preset}.flags" for preset in _ABLATION_ROWS],
        "Flagfiles of the rows, comma-separated. A row has its file's name, without "
        "the first word where that is the data's.",
    )
    flags.DEFINE_list("seeds", ["0"], "Seeds of every row, comma-separated.")
    flags.DEFINE_multi_string(
        "set",
        [],
        "Setting, over the flagfiles', of every row in which it can act: NAME=VALUE; "
        "repeatable.",
    )
    flags.DEFINE_multi_string(
        "fit_settings",
        [],
        "Setting, NAME=VALUE, of the run that fits an encoder to a generator without "
        "likelihood, over the row's own; repeatable.",
    )
    flags.DEFINE_float(
        "parameter_share",
        0.015,
        "Share by which the parameters of decoder and feature map may differ between "
        "rows; 0: any.",
    )
    flags.DEFINE_string("out", "", "Directory of the runs, the tables and figures.")
    _define_options(EvaluationOptions, ABLATION_OPTIONS)


def define_adversaries_flags() -> None:
    """Defines the flags of `adversaries`."""
    flags.DEFINE_string("out", "", "Directory of numbers, tables and picture.")
    flags.DEFINE_integer("seed", 0, "Seed of networks, samples and noise.")


def define_evaluate_flags() -> None:
    """Defines the flags of `evaluate`: one per option, and `run_dir`."""
    from ade_tf.evaluation.options import EvaluationOptions

    define_run_dir()
    _define_options(EvaluationOptions)


def define_compare_flags() -> None:
    """Defines the flags of `compare`: one per option."""
    from ade_tf.evaluation.options import ComparisonOptions

    _define_options(ComparisonOptions)


def define_novelty_flags() -> None:
    """Defines the flags of `novelty`: one per option, and `run_dir`."""
    from ade_tf.evaluation.options import NoveltyOptions

    define_run_dir()
    _define_options(NoveltyOptions)


def define_score_flags() -> None:
    """Defines the flags of `score`: one per option, and `run_dir`."""
    from ade_tf.evaluation.options import ScoreOptions

    define_run_dir()
    _define_options(ScoreOptions)


def define_sample_flags() -> None:
    """Defines the flags of `sample`: one per option, and `run_dir`."""
    from ade_tf.samples import PictureOptions

    define_run_dir()
    _define_options(PictureOptions)


def define_export_flags() -> None:
    """Defines the flags of `export`."""
    define_run_dir()
    flags.DEFINE_string("out", "", "Directory of the SavedModel.")


def define_report_flags() -> None:
    """Defines the flags of `report`: its own, and those of its pictures."""
    from ade_tf.report import PICTURE_SETTINGS
    from ade_tf.samples import MODES, PictureOptions

    flags.DEFINE_list("run_dirs", [], "Directories of the runs, comma-separated.")
    flags.DEFINE_string("out", "", "File of the page, .html.")
    flags.DEFINE_list(
        "pictures",
        list(MODES),
        "Pictures to draw, modes of `sample`, comma-separated; empty: none.",
    )
    _define_options(PictureOptions, PICTURE_SETTINGS)


def define_benchmark_flags() -> None:
    """Defines the flags of `benchmark`: one per setting of a run, and its own."""
    from experiments.bench.options import BenchmarkOptions

    _define_settings()
    _define_options(BenchmarkOptions)
    flags.DEFINE_multi_string(
        "set",
        [],
        "Setting, NAME=VALUE, that the sweep `settings` changes alone; repeatable.",
    )


def define_toy_flags() -> None:
    """Defines the flags of `toy`."""
    flags.DEFINE_list("data", list(TOYS), "Data sets of points, comma-separated.")
    flags.DEFINE_list(
        "rows",
        [f"flags/toy_{preset}.flags" for preset in _TOY_PRESETS],
        "Flagfiles of the models, comma-separated.",
    )
    flags.DEFINE_list(
        "seeds", ["0"], "Seeds of every model, comma-separated; the first is drawn."
    )
    flags.DEFINE_string(
        "out", "runs/toy", "Directory of the runs, the picture and the table."
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
    return _config(values, given, notice=True)


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
    """Makes a configuration, without what flagfiles set and cannot act.

    A flagfile may be shared by models of which only some have what it sets; what is
    `given` by name, and cannot act, is refused.
    """
    for name, reason in RunConfig.idle(values).items():
        if name not in given:
            if notice:
                print(f"without effect: {name} {reason}", file=sys.stderr, flush=True)
            del values[name]
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
            "a flagfile must hold known flags with values of their type. "
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
    values(["", *arguments])
    return _typed({name: values[name].value for name in RunConfig.settings()})


def _typed(values):
    """Turns lists of words into tuples of integers where settings are such."""
    found = dict(values)
    for name, (_, type_) in RunConfig.settings().items():
        if typing.get_origin(type_) is tuple:
            found[name] = integers(name, found[name])
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
            value = _parsed(name, value, typing.get_args(type_)[0])
        found[name] = value
    return options(**found)


def integers(name, items) -> tuple[int, ...]:
    """Returns the integers of a comma-separated flag.

    Raises:
      ValueError: If one is none.
    """
    return _parsed(name, items, int)


def _parsed(name, items, kind):
    try:
        return tuple(kind(item) for item in items)
    except ValueError:
        words = {float: "numbers", int: "integers"}[kind]
        raise ValueError(
            f"`{name}` must be {words}, comma-separated. Received: {','.join(items)}"
        ) from None


def _define_settings(flag_values=flags.FLAGS):
    for name, (field, type_) in RunConfig.settings().items():
        _define(name, type_, field.default, _help(field), flag_values)


def _define_options(options, names=None):
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
