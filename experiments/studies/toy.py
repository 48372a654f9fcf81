"""The picture of why: models of points beside the density the points are drawn from."""

import dataclasses
import pathlib

import numpy as np

from ade_tf.config import PRESETS
from ade_tf.data import toy_density
from ade_tf.drawing.densities import density_table
from ade_tf.drawing.tables import markdown_table
from ade_tf.evaluation import EvaluationOptions, evaluate_run
from ade_tf.evaluation.density_map import DensityPanel, data_panel, model_panel
from ade_tf.files import replacement
from ade_tf.progress import Passes
from ade_tf.runs import RunDirectory, load_run
from ade_tf.runs.records import read_records
from ade_tf.training.stopping import StopSignals
from experiments.studies.pages import cell, write_page
from experiments.studies.rows import check_row, train_row, training_times

__all__ = ["toy_study", "toy_table"]

_METRIC = "toy_divergences"
_PARTS = {"forward_kl", "reverse_kl", "modes_covered", "off_data"}
_COLUMNS = (
    "data",
    "model",
    "KL(data, model)",
    "KL(model, data)",
    "modes covered",
    "off the data",
    "off the data, without noise",
    "CPU seconds",
)
_HEADINGS = {
    "vae": "likelihood only,\nwithout f (VAE)",
    "v_ade": "likelihood only,\nwith f (V-ADE)",
    "flow": "likelihood only,\nf alone (flow)",
    "gan": "adversary only\n(GAN)",
    "av_gde": "both,\nwithout f (AV-GDE)",
    "av_ade": "both,\nwith f (AV-ADE)",
    "flow_gan": "both,\nf alone (Flow-GAN)",
}


def toy_study(configs: dict, out) -> list[dict] | None:
    """Trains what is not trained yet, measures it, and writes picture and table.

    Stopped at any time, the same call goes on from there. In `out` are then `toy.png`,
    `toy.md`, `toy.json`, and the runs.

    Args:
      configs: `(data set, row, seed) -> RunConfig` on `toy:DATA SET`, in the order of
        the picture, which shows the first seed of each.
      out: Directory.

    Returns:
      The results, one dictionary per configuration; None if stopped by a signal.

    Raises:
      ValueError: If a configuration has other data, or its run was started with
        another one.
    """
    out = pathlib.Path(out)
    for key, config in configs.items():
        toy_density(key[0])
        if config.data.dataset != f"toy:{key[0]}":
            raise ValueError(
                "a configuration must be of its data set. "
                f"Received: {key[0]!r} with dataset={config.data.dataset!r}"
            )
        if config.training.seed != key[2]:
            raise ValueError(
                "a configuration must have its seed. "
                f"Received: {key[2]} with seed={config.training.seed}"
            )
        if config.model.conditional:
            raise ValueError(
                "the picture is of p(x), which a conditional model does not give. "
                f"Received: {key[1]!r} with conditional=True"
            )
        check_row(config, out / _name(key))
    results, panels = [], {}
    with StopSignals():
        for place, (key, config) in enumerate(configs.items(), 1):
            run_dir = out / _name(key)
            print(f"== {_name(key)} ({place} of {len(configs)})", flush=True)
            if not train_row(config, run_dir):
                return None
            results.append(_measured(key, config, run_dir))
            panels[key] = _panel(key, run_dir)
        _draw(configs, results, panels, out / "toy.png")
    table = toy_table(results)
    write_page(out, "toy", results, table)
    print(f"\n{table}\n{out / 'toy.png'}\n{out / 'toy.md'}\n{out / 'toy.json'}")
    return results


def toy_table(results: list[dict]) -> str:
    """Returns results as a Markdown table: means over seeds, and their range."""
    rows, groups = [], {}
    for result in results:
        groups.setdefault((result["data"], result["row"]), []).append(result)
    for (data, row), found in groups.items():
        mark = "" if PRESETS[found[0]["preset"]].likelihood else "*"
        cells = [
            data,
            f"`{row}`",
            cell(found, "forward_kl", "{:.3f}".format) + mark,
            cell(found, "reverse_kl", "{:.3f}".format) + mark,
            cell(found, "modes_covered", "{:.0%}".format),
            cell(found, "off_data", "{:.1%}".format),
            cell(found, "off_data_mean", "{:.1%}".format),
            cell(found, "cpu_seconds", "{:.0f}".format),
        ]
        rows.append(cells)
    return markdown_table(_COLUMNS, rows) + "\n"


def _name(key):
    data, row, seed = key
    return f"{data}_{row}_{seed}"


def _measured(key, config, run_dir):
    """Returns the result of a run, measured once."""
    run = RunDirectory(run_dir)
    found = [
        record
        for record in read_records(run.metrics, missing_ok=True)
        if ("law" in record or "estimate" in record) and "weights" not in record
    ]
    if not _PARTS <= {record["metric"] for record in found}:
        options = EvaluationOptions(metrics=(_METRIC,))
        found = evaluate_run(run_dir, options)
    data, row, seed = key
    result = {"data": data, "row": row, "seed": seed, "preset": config.model.preset}
    result |= training_times(run_dir)
    several = len({record.get("law") for record in found} - {None}) > 1
    for record in found:
        name = record["metric"]
        if several and record.get("law") == "mean":
            name += "_mean"
        result[name] = record["value"]
        if record.get("standard_error") is not None:
            result[f"{name}_standard_error"] = record["standard_error"]
        if "estimate" in record:
            result[f"{name}_estimate"] = record["estimate"]
            result[f"{name}_bias"] = record["estimate_bias"]
    return result


def _panel(key, run_dir):
    """Returns the panel of a run, computed once."""
    path = pathlib.Path(run_dir) / "density.npz"
    if not path.exists():
        model = load_run(run_dir).model
        # With an adversary, samples are drawn as it sees them.
        noise = not model.config.preset.adversary
        progress = Passes("density map")
        density = toy_density(key[0])
        panel = model_panel(model, density, noise=noise, progress=progress)
        with replacement(path) as file:
            np.savez_compressed(file, **vars(panel))
    with np.load(path) as arrays:
        return DensityPanel(**{name: arrays[name][()] for name in arrays})


def _draw(configs, results, panels, path):
    """Draws the first seed of every row."""
    headings, rows = {}, {}
    for (key, config), result in zip(configs.items(), results, strict=True):
        data, row, _ = key
        headings.setdefault(row, _HEADINGS[config.model.preset])
        noted = dataclasses.replace(panels[key], **_notes(result))
        rows.setdefault(data, {}).setdefault(row, noted)
    table = {
        data: [data_panel(toy_density(data)), *(found[row] for row in headings)]
        for data, found in rows.items()
    }
    density_table(table, ["data", *headings.values()], path)


def _notes(result):
    """Returns the words below a panel, of the samples that it shows."""
    preset = PRESETS[result["preset"]]
    mark = "" if preset.likelihood else "*"
    law = "_mean" if preset.adversary and "off_data_mean" in result else ""
    count = toy_density(result["data"]).num_modes
    covered = round(result[f"modes_covered{law}"] * count)
    return {
        "map_note": f"KL {result['forward_kl']:.2f}{mark}, "
        f"reverse {result['reverse_kl']:.2f}{mark}",
        "points_note": f"{covered} of {count} modes, "
        f"{result[f'off_data{law}']:.1%} off",
    }
