"""Flags of the studies, which train many runs."""

from absl import flags

from ade_tf.config.data import TOYS
from experiments.common_flags import define_run_dir
from experiments.field_flags import define_options

__all__ = [
    "ABLATION_OPTIONS",
    "define_ablation_flags",
    "define_adversaries_flags",
    "define_frontier_flags",
    "define_log_dets_flags",
    "define_systems_flags",
    "define_toy_flags",
    "define_two_examples_flags",
]

_SYSTEMS = (
    *("vae", "v_ade", "flow", "gan", "av_gde", "av_ade"),
    *("pixel_cnn", "pixel_vae", "pixel_vae_grid", "vrnn", "maf", "maf_spline", "naf"),
    *("residual_flow", "i_resnet"),
    *("planar", "radial", "prior_maf", "v_ade_prior", "iwae", "flow_variational"),
    *("bigan", "bigan_reconstruction", "infogan", "aae", "infovae", "beta_vae"),
    *("improved_gan", "progressive", "hybrid", "semi_supervised", "supervised"),
    *("mvae", "complete_lower", "cyclegan", "alignflow"),
)
_FRONTIER_CURVES = ("av_ade_variational",)
_FRONTIER_ROWS = ("av_ade_lazy", "gan_long", "v_ade_variational", "flow_variational")
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


def define_ablation_flags() -> None:
    """Defines the flags of `ablation`: its own, and the options of its evaluation."""
    from ade_tf.evaluation.options import EvaluationOptions

    _define_rows(
        *("digits", _ABLATION_ROWS),
        "Flagfiles of the rows, comma-separated. A row has its file's name, without "
        "the first word where that is the data's.",
    )
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
    define_options(EvaluationOptions, ABLATION_OPTIONS)


def define_adversaries_flags() -> None:
    """Defines the flags of `adversaries`."""
    flags.DEFINE_string("out", "", "Directory of numbers, tables and picture.")
    flags.DEFINE_integer("seed", 0, "Seed of networks, samples and noise.")


def define_frontier_flags() -> None:
    """Defines the flags of `frontier`."""
    flags.DEFINE_list(
        "curves",
        [f"flags/digits_{name}.flags" for name in _FRONTIER_CURVES],
        "Flagfiles of the models that are trained with every one of the weights, "
        "comma-separated.",
    )
    flags.DEFINE_list(
        "weights", ["0.5", "2", "5"], "Weights of L_Q of a curve, comma-separated."
    )
    _define_rows(
        *("digits", _FRONTIER_ROWS),
        "Flagfiles of further models, as they are, comma-separated.",
    )
    flags.DEFINE_string(
        "out", "runs/frontier", "Directory of the runs, the page and its picture."
    )
    _define_train()


def define_log_dets_flags() -> None:
    """Defines the flags of `log_dets`."""
    define_run_dir()
    flags.DEFINE_integer("images", 20, "Number of test images.", lower_bound=1)
    flags.DEFINE_integer(
        "draws", 500, "Draws of an estimate, each image.", lower_bound=2
    )
    flags.DEFINE_integer("seed", 0, "Seed of the draws.")
    flags.DEFINE_string("out", "", "Directory of numbers, page and picture.")


def define_systems_flags() -> None:
    """Defines the flags of `systems`."""
    _define_rows("digits", _SYSTEMS, "Flagfiles of the systems, comma-separated.")
    flags.DEFINE_string(
        "out", "runs/systems", "Directory of the runs, the page and its pictures."
    )
    _define_train()


def define_toy_flags() -> None:
    """Defines the flags of `toy`."""
    flags.DEFINE_list("data", list(TOYS), "Data sets of points, comma-separated.")
    _define_rows(
        *("toy", _TOY_PRESETS),
        "Flagfiles of the models, comma-separated. Of each the first seed is drawn.",
    )
    flags.DEFINE_string(
        "out", "runs/toy", "Directory of the runs, the picture and the table."
    )


def define_two_examples_flags() -> None:
    """Defines the flags of `two_examples`."""
    define_run_dir()
    flags.DEFINE_string("out", "", "Directory of the page and its picture.")


def _define_train():
    flags.DEFINE_bool(
        "train",
        True,
        "Whether to train the runs that are not finished; with --notrain the page is "
        "of those that are.",
    )


def _define_rows(data, names, help):
    """Defines the flags of a study's rows, flagfiles of some data, and their seeds."""
    files = [f"flags/{data}_{name}.flags" for name in names]
    flags.DEFINE_list("rows", files, help)
    flags.DEFINE_list("seeds", ["0"], "Seeds of every row, comma-separated.")
