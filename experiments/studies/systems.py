"""The page of systems: every model of the family with its numbers and its samples."""

import dataclasses
import pathlib
import shutil

from ade_tf.drawing.tables import markdown_table
from experiments.studies.measured import checked_rows, measured_rows
from experiments.studies.pages import cell, minutes, values_of, write_page

__all__ = ["System", "systems_study"]

_HEAD = (
    "system",
    "what it is",
    "seeds",
    "bits/dim",
    "of it KL",
    "FD to test",
    "parameters",
    "CPU minutes",
)
# The metric of a system, of one domain of images or two, and the score of the table.
_DISTANCES = {
    "frechet_distance": "frechet_distance",
    "translation_distance": "frechet_b_to_a",
}


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


def systems_study(
    systems, configs: dict, out, command: str, train: bool = True
) -> list[dict] | None:
    """Trains what is not trained yet, measures it, and writes the page.

    Stopped at any time, the same call goes on from there. In `out` are then
    `systems.md`, `systems.json`, a picture of samples for each system, and the runs.

    Args:
      systems: The `System`s, in the order of the table.
      configs: `(name, seed) -> RunConfig`.
      out: Directory.
      command: The command, as the page quotes it.
      train: Whether to train; otherwise the page is of the runs that are finished.

    Returns:
      The results of `measured_rows`, or None if stopped by a signal.

    Raises:
      ValueError: As `checked_rows` says, before anything is trained.
    """
    out = pathlib.Path(out)
    configs = checked_rows(configs, out, train)
    results = list(measured_rows(configs, out, _metrics))
    if len(results) < len(configs):
        return None
    known = {result["row"] for result in results}
    systems = [system for system in systems if system.name in known]
    for system in systems:
        found = [r for r in results if r["row"] == system.name]
        picture = out / "runs" / found[0]["run_dir"] / "samples" / "final.png"
        shutil.copyfile(picture, out / f"{system.name}.png")
    write_page(out, "systems", results, _page(systems, results, configs, command))
    print(f"page      {out / 'systems.md'}")
    return results


def _given(config):
    """Returns what the likelihood of a system is given, in words."""
    if config.model.conditional:
        return " given the label"
    return f" given `{config.model.condition}`" if config.model.condition else ""


def _metrics(config):
    one, two = _DISTANCES
    return (two if config.preset.second_domain else one,)


def _page(systems, results, configs, command):
    rows = []
    for system in systems:
        found = [r for r in results if r["row"] == system.name]
        distance = next(key for key in _DISTANCES.values() if key in found[0])
        given = ""
        if values_of(found, "bits_per_dim"):
            given = _given(configs[system.name, found[0]["seed"]])
        rows.append(
            [
                f"[`{system.name}`]({system.name}.png)",
                system.summary,
                ", ".join(str(r["seed"]) for r in found),
                cell(found, "bits_per_dim", "{:.3f}".format) + given,
                cell(found, "kl", "{:.3f}".format),
                cell(found, distance, "{:.1f}".format),
                f"{found[0]['parameters']:,}",
                cell(found, "cpu_seconds", minutes),
            ]
        )
    lines = [
        "# Systems",
        "",
        "Every system is a flagfile over the same model. Its name links to samples of "
        "its first seed.",
        "",
        markdown_table(_HEAD, rows),
        "",
        "* Means over the seeds, and their range. A system's command is `python3 -m "
        "experiments.train --flagfile=flags/digits_NAME.flags --run_dir=DIR`.",
        "* bits/dim: of the test images, the single-sample bound; `pixel_cnn`'s is "
        "exact. A dash: the system has no likelihood, or is not scored by it.",
        "* FD: Frechet distance between samples and test images, in the features of "
        "the data's own classifier (protocol `desk`); of two domains, between images "
        "translated from the second to the first and those of the first.",
        "* CPU minutes: of training with validation, all threads; a dash: not "
        "recorded.",
        f"* Made by `{command}`.",
    ]
    return "\n".join(lines) + "\n"
