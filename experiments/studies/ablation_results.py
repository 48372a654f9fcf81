"""Numbers of an ablation's runs, by run and by row."""

import numpy as np

from ade_tf.runs import RunDirectory
from experiments.studies.rows import training_times

__all__ = ["results_by_row", "run_result", "scores_of"]


def run_result(run, likelihood, quality) -> dict:
    """Returns the numbers of a run under the names of the table, and its records.

    Args:
      run: The `PlannedRun`.
      likelihood: Records of its bits per dimension, or of those of its fitted run.
      quality: Records of its samples.

    Returns:
      row, seed, run_dir (a name), preset, summary, approximate (whether the bits per
      dimension are those of a fit), parameters (of each part), steps, scores (`name ->
      number`), records, config, packages and machine; fit (its run_dir, steps, times
      and configuration) where there is one.
    """
    scores = scores_of(likelihood) | scores_of(quality)
    times = training_times(run.directory)
    scores |= {f"training_{name}": value for name, value in times.items()}
    result = {
        "row": run.row,
        "seed": run.seed,
        "run_dir": run.directory.name,
        "preset": run.config.model.preset,
        "approximate": run.fit is not None,
        "parameters": run.parameters,
        "decoder_and_feature_map_parameters": sum(
            run.parameters.get(part, 0) for part in ("decoder", "feature_map")
        ),
        "steps": run.config.training.num_steps,
        "scores": scores,
        "records": [*likelihood, *quality],
        "config": run.config.to_flat(),
    }
    record = RunDirectory(run.directory).read()
    result |= {name: record[name] for name in ("packages", "machine")}
    if run.fit is not None:
        result["fit"] = {
            "run_dir": run.fit.directory.name,
            "steps": run.fit.config.training.num_steps,
            "config": run.fit.config.to_flat(),
            **training_times(run.fit.directory),
        }
    return result


def scores_of(records) -> dict:
    """Returns `name -> number` of records.

    Bits per dimension are of the test split: `bits_per_dim`, `kl_bits_per_dim` and
    `importance_weighted_bits_per_dim`; scores of samples are `METRIC_to_SPLIT`.
    """
    scores = {}
    for record in records:
        name = record["metric"]
        if name != "bits_per_dim":
            scores[f"{name}_to_{record['split']}"] = record["value"]
        elif record["importance_samples"] > 1:
            scores[f"importance_weighted_{name}"] = record["value"]
        else:
            scores[name] = record["value"]
            if "kl" in record:
                scores[f"kl_{name}"] = record["kl"]
    return scores


def results_by_row(results: list[dict]) -> dict:
    """Returns `row -> score -> mean, min, max and values`, the values by seed."""
    rows = {}
    for result in results:
        found = rows.setdefault(result["row"], {})
        for name, value in result["scores"].items():
            found.setdefault(name, []).append(value)
    return {
        row: {
            name: {
                "mean": float(np.mean(values)),
                "min": min(values),
                "max": max(values),
                "values": values,
            }
            for name, values in found.items()
        }
        for row, found in rows.items()
    }
