"""Rows of a study, trained and measured one after the other."""

import pathlib

from ade_tf.evaluation import EvaluationOptions, evaluate_run
from ade_tf.evaluation.metric import METRICS
from ade_tf.models import count_parameters
from ade_tf.runs import RunDirectory, load_run
from ade_tf.runs.records import read_records
from ade_tf.training.stopping import StopSignals
from experiments.studies.rows import (
    check_row,
    is_finished,
    train_row,
    training_times,
)

__all__ = ["checked_rows", "measured_rows"]


def checked_rows(configs: dict, out, train: bool) -> dict:
    """Returns the configurations to measure, once all of them are known to be possible.

    Args:
      configs: `(row, seed) -> RunConfig`.
      out: Directory, as that of `measured_rows`.
      train: Whether to train; otherwise only those whose runs are finished.

    Raises:
      ValueError: As `check_row` says; or if no run is finished and none is trained.
    """
    for key, config in configs.items():
        check_row(config, _directory(out, *key))
    if train:
        return configs
    found = {
        key: config
        for key, config in configs.items()
        if is_finished(config, _directory(out, *key))
    }
    if not found:
        raise ValueError(
            "--notrain needs a run that is finished. "
            f"Received: none of the {len(configs)} in {str(out)!r}"
        )
    return found


def measured_rows(configs: dict, out, metrics, splits=("test",)):
    """Trains and measures what is not trained or measured yet.

    Stopped at any time, the same call goes on from there. The runs are in `runs` of the
    directory.

    Args:
      configs: `(row, seed) -> RunConfig`, of `checked_rows`.
      out: Directory.
      metrics: `config -> names` of `METRICS`, beside the bits per dimension that
        training ends with.
      splits: The real images that samples are compared with.

    Yields:
      For each configuration its numbers: `row`, `seed`, `run_dir`, `bits_per_dim`, `kl`
      and `protocol` (None without a likelihood), the metrics' outputs (of splits other
      than the test images with the split behind the name, `precision_train`),
      `parameters`, `steps`, and `seconds` and `cpu_seconds` where they are known. A
      signal ends it early.
    """
    for (row, seed), config in configs.items():
        directory = _directory(out, row, seed)
        print(f"\n{row}, seed {seed}", flush=True)
        if not train_row(config, directory):
            return
        with StopSignals() as signals:
            found = _numbers(directory, metrics(config), splits)
        yield {"row": row, "seed": seed, "run_dir": directory.name, **found}
        if signals.requested:
            return


def _directory(out, row, seed):
    return pathlib.Path(out) / "runs" / f"{row}_{seed}"


def _numbers(directory, metrics, splits):
    outputs = [o.key for name in metrics for o in METRICS[name].outputs]
    wanted = {(key, split) for key in outputs for split in splits}
    records = _latest(directory)
    if not records.keys() >= wanted:
        options = EvaluationOptions(metrics=tuple(metrics), splits=tuple(splits))
        evaluate_run(directory, options)
        records = _latest(directory)
    bits = records.get(("bits_per_dim", "test"), {})
    loaded = load_run(directory)
    return {
        "bits_per_dim": bits.get("value"),
        "kl": bits.get("kl"),
        "protocol": bits.get("protocol"),
        **{
            key if split == "test" else f"{key}_{split}": records[key, split]["value"]
            for key, split in sorted(wanted)
        },
        "parameters": sum(count_parameters(loaded.model.parts).values()),
        "steps": loaded.config.training.num_steps,
        **training_times(directory),
    }


def _latest(directory):
    """Returns `(metric, split) -> record`, of bounds the single-sample one."""
    return {
        (r["metric"], r.get("split")): r
        for r in read_records(RunDirectory(directory).metrics, missing_ok=True)
        if "metric" in r and r.get("importance_samples", 1) == 1
    }
