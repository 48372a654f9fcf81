"""The table of a paper: rows trained and measured alike, from one call."""

import dataclasses
import json
import pathlib
import time

from tqdm import tqdm

from ade_tf.config.data import RunDataSettings
from ade_tf.config.settings import settings_of
from ade_tf.evaluation import SPLITS, EvaluationOptions
from ade_tf.files import replace_file
from ade_tf.training.stopping import StopSignals
from experiments.studies.ablation_page import ablation_page
from experiments.studies.ablation_pictures import draw_ablation
from experiments.studies.ablation_plan import AblationPlan, plan_ablation
from experiments.studies.ablation_results import results_by_row, run_result, scores_of
from experiments.studies.ablation_scores import (
    measure_likelihood,
    measure_quality,
    measure_real_images,
)
from experiments.studies.rows import train_row

__all__ = ["ablation_study"]


def ablation_study(
    configs: dict,
    out,
    options: EvaluationOptions | None = None,
    *,
    parameter_share: float = 0.015,
    fit_settings: dict | None = None,
    command: str = "",
) -> dict | None:
    """Trains what is not trained yet, measures it, and writes a table and figures.

    Stopped at any time, the same call goes on from there; runs that `train` made in
    `OUT/ROW_SEED` are taken. A row with a decoder and no likelihood (`gan`) gets
    approximate bits per dimension: an encoder and one sigma are fitted to its
    generator in `OUT/ROW_SEED_fitted`. In `out` are then `ablation.md`,
    `ablation.json`, `ablation.png` (bits per dimension against Frechet distance),
    `ablation_samples.png`, `ablation_curves.png`, and the runs.

    Args:
      configs: `(row, seed) -> RunConfig`, in the order of the table; figures show the
        first seed of each row.
      out: Directory.
      options: How all rows are measured (its metrics and splits are of no account:
        bits per dimension are of the test split, samples are compared with test and
        training images, or with the protocol's own reference); None: the defaults.
      parameter_share: Share by which the parameters of decoder and feature map may
        differ between rows that have a decoder; 0: any.
      fit_settings: Settings, `name -> value`, of the fitted runs over the row's own.
      command: The command line, for the page.

    Returns:
      What is in the JSON; None if stopped by a signal.

    Raises:
      TypeError: If a setting of a fitted run has the wrong type.
      ValueError: As `plan_ablation` says, before anything is trained, or if a score is
        not finite.
    """
    out, began = pathlib.Path(out), time.monotonic()
    with StopSignals():
        plan = plan_ablation(
            configs,
            out,
            options or EvaluationOptions(),
            parameter_share=parameter_share,
            fit_settings=fit_settings or {},
        )
        results = []
        for place, run in enumerate(plan.runs, 1):
            for part in filter(None, (run, run.fit)):
                print(f"== {part.directory.name} ({place} of {len(plan.runs)})")
                if not train_row(part.config, part.directory):
                    return None
            results.append(_result(run, plan))
            passed = tqdm.format_interval(time.monotonic() - began)
            print(f"-- {passed} so far", flush=True)
        found = _found(plan, results, out, command)
        pictures = draw_ablation(plan, found, out)
    found["pictures"] = {path.name: words for path, words in pictures.items()}
    page = ablation_page(found)
    content = json.dumps(found, indent=1, allow_nan=False) + "\n"
    replace_file(out / "ablation.json", content.encode())
    replace_file(out / "ablation.md", page.encode())
    written = [out / "ablation.md", out / "ablation.json", *pictures]
    print("\n".join(["", page, *map(str, written)]))
    return found


def _result(run, plan):
    likelihood = []
    if run.fit is not None or run.config.preset.likelihood:
        likelihood = measure_likelihood(run.fit or run, plan.options)
    quality = measure_quality(run, plan.options, plan.evaluation.extractor)
    return run_result(run, likelihood, quality)


def _found(plan: AblationPlan, results, out, command):
    options, data = plan.options, plan.data
    real = measure_real_images(plan.evaluation, options, out / "real.jsonl")
    references = {options.rules.reference_of(split): None for split in options.splits}
    chosen = dataclasses.asdict(options)
    for name in (
        *("cache_dir", "per_image", "strategy", "batch_size", "first", "num_images"),
        *settings_of(RunDataSettings),
    ):
        del chosen[name]
    extractor = plan.evaluation.extractor
    return {
        "rows": results_by_row(results),
        "runs": results,
        "real": {"scores": scores_of(real), "records": real},
        "references": {
            name: len(plan.evaluation.split_images(name).images) for name in references
        },
        "images": {
            "dataset": data.name,
            "shape": list(data.image_shape),
            "levels": data.levels,
            **{name: len(plan.evaluation.split_images(name).images) for name in SPLITS},
        },
        "seeds": list(dict.fromkeys(result["seed"] for result in results)),
        "options": chosen,
        "protocol_summary": options.rules.summary,
        "extractor": {"name": extractor.name, "sha256": extractor.sha256},
        "command": command,
    }
