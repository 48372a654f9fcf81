"""Every flag of the binaries; those of a run are made from its settings."""

import types
import typing

from absl import flags

from ade_tf.config import RunConfig

__all__ = [
    "config_from_flags",
    "define_benchmark_flags",
    "define_evaluate_flags",
    "define_export_flags",
    "define_run_dir",
    "define_run_flags",
    "define_sample_flags",
    "integers",
]


def define_run_dir() -> None:
    """Defines where a run is kept."""
    flags.DEFINE_string("run_dir", "", "Directory of the run.")


def define_run_flags() -> None:
    """Defines the flags of `train`: one per setting, `run_dir` and `dry_run`."""
    define_run_dir()
    flags.DEFINE_bool(
        "dry_run", False, "Print the resolved configuration and the parameters; stop."
    )
    _define_settings()


def define_evaluate_flags() -> None:
    """Defines the flags of `evaluate`."""
    define_run_dir()
    _define_data_dir()
    flags.DEFINE_list("metrics", ["bits_per_dim"], "Metrics, comma-separated.")
    flags.DEFINE_string("split", "test", "Images: train, validation or test.")
    flags.DEFINE_integer(
        "importance_samples",
        1,
        "Importance samples per image: 1 for the bound, more for the tighter F_k.",
    )
    flags.DEFINE_integer("seed", 0, "Seed of noise and z.")


def define_sample_flags() -> None:
    """Defines the flags of `sample`."""
    define_run_dir()
    _define_data_dir()
    flags.DEFINE_string(
        "mode",
        "sample",
        "Picture: sample, reconstruct (test images beside their reconstructions), "
        "interpolate (between codes of test images) or neighbours (samples beside "
        "their nearest training images).",
    )
    flags.DEFINE_integer("num_samples", 100, "Images to draw (rows, for a comparison).")
    flags.DEFINE_float("temperature", 1.0, "Factor on the standard deviations.")
    flags.DEFINE_bool("noise", False, "Draw y ~ N(mu(z), sigma), not y = mu(z).")
    flags.DEFINE_integer("seed", 0, "Seed of the samples.")
    flags.DEFINE_string(
        "out", "", "File: .png for a grid (default: in the run), .npz for the arrays."
    )


def define_export_flags() -> None:
    """Defines the flags of `export`."""
    define_run_dir()
    flags.DEFINE_string("out", "", "Directory of the SavedModel.")


def define_benchmark_flags() -> None:
    """Defines the flags of `benchmark`: one per setting of a run, and its own."""
    _define_settings()
    flags.DEFINE_string("out", "", "File of the report, JSON.")
    flags.DEFINE_list(
        "image_shape",
        ["32", "32", "3"],
        "Height, width and channels of the synthetic images, comma-separated.",
    )
    flags.DEFINE_string(
        "against",
        "",
        "Reference that is timed by turns with the model: `direct`, the same Glow "
        "written directly in TensorFlow's ops; empty: none.",
    )
    flags.DEFINE_integer("rounds", 30, "Timed steps of each mode.")
    flags.DEFINE_integer("threads", 0, "Threads; 0: TensorFlow's own choice.")


def config_from_flags() -> RunConfig:
    """Returns the resolved configuration of the flags of `define_run_flags`.

    Raises:
      TypeError: If a setting has the wrong type.
      ValueError: If a setting is out of range or contradicts another.
    """
    values = flags.FLAGS.flag_values_dict()
    settings = RunConfig.settings()
    found = {name: values[name] for name in settings}
    for name, (_, type_) in settings.items():
        if typing.get_origin(type_) is tuple:
            found[name] = integers(name, found[name])
    return RunConfig.from_flat(found)


def integers(name, items) -> tuple[int, ...]:
    """Returns the integers of a comma-separated flag.

    Raises:
      ValueError: If one is none.
    """
    try:
        return tuple(int(item) for item in items)
    except ValueError:
        raise ValueError(
            f"`{name}` must be integers, comma-separated. Received: {','.join(items)}"
        ) from None


def _define_settings():
    for name, (field, type_) in RunConfig.settings().items():
        _define(name, type_, field.default, _help(field))


def _define_data_dir():
    flags.DEFINE_string(
        "data_dir", "", "Directory of prepared TFDS data sets; empty: the run's."
    )


def _define(name, type_, default, help_text):
    if typing.get_origin(type_) is tuple:
        flags.DEFINE_list(name, [str(n) for n in default], help_text)
    elif isinstance(type_, types.UnionType) or type_ is bool:
        flags.DEFINE_bool(name, default, help_text)
    elif type_ is int:
        flags.DEFINE_integer(name, default, help_text)
    elif type_ is float:
        flags.DEFINE_float(name, default, help_text)
    else:
        flags.DEFINE_string(name, default, help_text)


def _help(field):
    text = field.metadata["help"]
    choices = field.metadata["choices"]
    if choices:
        text += f" One of: {', '.join(choice or repr('') for choice in choices)}."
    low, high = field.metadata["minimum"], field.metadata["maximum"]
    if low is not None or high is not None:
        text += (
            f" Range: {'' if low is None else low} .. {'' if high is None else high}."
        )
    return text
