"""Every flag of the binaries; those of a run are made from its settings.

The options of a binary are imported by the function that defines its flags: `--help`
and a mistyped flag wait for no more than they need.
"""

import os

from absl import flags

from ade_tf.config import RunConfig
from ade_tf.config.run_marks import is_run
from ade_tf.config.training import weights_setting
from experiments.field_flags import define_fields, define_options

__all__ = [
    "define_benchmark_flags",
    "define_compare_flags",
    "define_evaluate_flags",
    "define_export_flags",
    "define_novelty_flags",
    "define_prepare_data_flags",
    "define_report_flags",
    "define_run_dir",
    "define_run_flags",
    "define_sample_flags",
    "define_score_flags",
    "define_translate_flags",
    "loading_run_dir_from_flags",
    "out_dir_from_flags",
    "run_dir_from_flags",
]


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


def out_dir_from_flags() -> str:
    """Returns the directory `out`.

    Raises:
      ValueError: If the flag is empty, or names a file.
    """
    out = flags.FLAGS.out
    if not out or os.path.isfile(out):
        received = f"{out!r}, a file" if out else "none"
        raise ValueError(f"--out must name a directory. Received: {received}")
    return out


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


def define_run_flags() -> None:
    """Defines the flags of `train`: one per setting, `run_dir` and `dry_run`."""
    define_run_dir()
    flags.DEFINE_bool(
        "dry_run",
        False,
        "Print the configuration and the number of parameters, and exit.",
    )
    define_fields(RunConfig.settings())


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
    define_fields({"weights": (weights_setting(), str)})


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

    define_fields(RunConfig.settings())
    define_options(BenchmarkOptions)
    flags.DEFINE_multi_string(
        "set",
        [],
        "Setting, NAME=VALUE, or several together, NAME=VALUE,NAME=VALUE, that the "
        "sweep `settings` changes. Can be repeated.",
    )
