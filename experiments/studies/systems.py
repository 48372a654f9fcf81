"""The page of systems: every model of the family with its numbers and its samples."""

import dataclasses
import json
import pathlib
import shutil

from ade_tf.drawing.tables import markdown_table
from ade_tf.evaluation import EvaluationOptions, evaluate_run
from ade_tf.files import replace_file
from ade_tf.models import count_parameters
from ade_tf.runs import RunDirectory, load_run
from ade_tf.runs.records import read_records
from ade_tf.training.stopping import StopSignals
from experiments.studies.rows import (
    check_one_process,
    mean_and_range,
    train_row,
    training_times,
)

__all__ = ["System", "systems_study"]

_HEAD = (
    "system",
    "what it is",
    "bits/dim",
    "of it KL",
    "FD to test",
    "parameters",
    "CPU minutes",
)


@dataclasses.dataclass(frozen=True)
class System:
    """A row of the table.

    Attributes:
      name: Its name.
      file: Its flagfile.
      summary: What it is, with its paper.
    """

    name: str
    file: str
    summary: str


def systems_study(systems, configs: dict, out, command: str) -> list[dict] | None:
    """Trains what is not trained yet, measures it, and writes the page.

    Stopped at any time, the same call goes on from there. In `out` are then
    `systems.md`, `systems.json`, a picture of samples for each system, and the runs.

    Args:
      systems: The `System`s, in the order of the table.
      configs: `(name, seed) -> RunConfig`.
      out: Directory.
      command: The command, as the page quotes it.

    Returns:
      The results, one dictionary for each configuration; None if stopped by a signal.

    Raises:
      ValueError: If a run was started with another configuration.
    """
    out = pathlib.Path(out)
    for (name, _), config in configs.items():
        check_one_process(config, name)
    results = []
    for (name, seed), config in configs.items():
        directory = out / "runs" / f"{name}_{seed}"
        print(f"\n{name}, seed {seed}", flush=True)
        if not train_row(config, directory):
            return None
        with StopSignals() as signals:
            results.append(_result(name, seed, directory))
        if signals.requested:
            return None
    replace_file(out / "systems.json", json.dumps(results, indent=1).encode())
    for system in systems:
        found = [r for r in results if r["system"] == system.name]
        picture = out / "runs" / found[0]["run_dir"] / "samples" / "final.png"
        shutil.copyfile(picture, out / f"{system.name}.png")
    replace_file(out / "systems.md", _page(systems, results, command).encode())
    print(f"page      {out / 'systems.md'}")
    return results


def _result(name, seed, directory):
    run, loaded = RunDirectory(directory), load_run(directory)
    metric = distance = "frechet_distance"
    if loaded.config.preset.second_domain:
        metric, distance = "translation_distance", "frechet_b_to_a"
    records = _latest(run)
    if distance not in records:
        evaluate_run(directory, EvaluationOptions(metrics=(metric,)))
        records = _latest(run)
    bits = records.get("bits_per_dim", {})
    return {
        "system": name,
        "seed": seed,
        "run_dir": directory.name,
        "bits_per_dim": bits.get("value"),
        "kl": bits.get("kl"),
        "protocol": bits.get("protocol"),
        "frechet_distance": records[distance]["value"],
        "parameters": sum(count_parameters(loaded.model.parts).values()),
        "steps": loaded.config.training.num_steps,
        **training_times(directory),
    }


def _latest(run):
    """Returns `metric -> record` of the test images."""
    records = read_records(run.metrics) if run.metrics.exists() else []
    return {r["metric"]: r for r in records if r.get("split") == "test"}


def _page(systems, results, command):
    rows = []
    for system in systems:
        found = [r for r in results if r["system"] == system.name]
        cells = {
            key: [r[key] for r in found if r.get(key) is not None]
            for key in ("bits_per_dim", "kl", "frechet_distance", "cpu_seconds")
        }
        rows.append(
            [
                f"[`{system.name}`]({system.name}.png)",
                system.summary,
                mean_and_range(cells["bits_per_dim"], "{:.3f}".format),
                mean_and_range(cells["kl"], "{:.3f}".format),
                mean_and_range(cells["frechet_distance"], "{:.1f}".format),
                f"{found[0]['parameters']:,}",
                mean_and_range(cells["cpu_seconds"], lambda s: f"{s / 60:.1f}"),
            ]
        )
    seeds = sorted({r["seed"] for r in results})
    listed = f"Seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}"
    means = ": means, and their range" * (len(seeds) > 1)
    lines = [
        "# Systems",
        "",
        "Every system is a flagfile over the same model. Its name links to samples of "
        "its first seed.",
        "",
        markdown_table(_HEAD, rows),
        "",
        f"* {listed}{means}. A system's command is `python3 -m experiments.train "
        "--flagfile=flags/digits_NAME.flags --run_dir=DIR`.",
        "* bits/dim: of the test images, the single-sample bound; `pixel_cnn`'s is "
        "exact. A dash: the system has no likelihood, or is not scored by it.",
        "* FD: Frechet distance between samples and test images, in the features of "
        "the data's own classifier (protocol `desk`); of two domains, between images "
        "translated from the second to the first and those of the first.",
        "* CPU minutes: of training with validation, all threads.",
        f"* Made by `{command}`.",
    ]
    return "\n".join(lines) + "\n"
