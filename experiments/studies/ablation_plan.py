"""What an ablation is going to do, checked before any of it starts."""

import dataclasses
import pathlib

from ade_tf.config import DataConfig, RunConfig
from ade_tf.config.settings import settings_of
from ade_tf.data import ImageData, load_data
from ade_tf.evaluation import Evaluation, EvaluationOptions
from ade_tf.evaluation.evaluate import choose_metrics
from ade_tf.evaluation.options import QUALITY_METRICS
from ade_tf.models import build_model, count_parameters
from ade_tf.runs import LoadedRun, RunDirectory, checkpoint_steps
from experiments.studies.fitted import fitted_config, needs_fit
from experiments.studies.rows import check_row

__all__ = ["AblationPlan", "PlannedRun", "plan_ablation"]

_CLASSES = "inception_score"
# How far sets are apart, which tests of whether they differ do not say.
_DISTANCES = tuple(name for name in QUALITY_METRICS if not name.endswith("_test"))
_REMEDY = "a table of other images needs another directory"


@dataclasses.dataclass(frozen=True)
class PlannedRun:
    """A run of the table.

    Attributes:
      row: Name of its row.
      seed: Its seed.
      config: Its configuration.
      directory: Where it is kept.
      parameters: Part -> number of trainable parameters.
      fit: The run of an encoder for its generator; None where it has a likelihood.
    """

    row: str
    seed: int
    config: RunConfig
    directory: pathlib.Path
    parameters: dict
    fit: "PlannedRun | None" = None


@dataclasses.dataclass(frozen=True, eq=False)
class AblationPlan:
    """All of an ablation's runs and how they are measured.

    Attributes:
      runs: The `PlannedRun`s, in the order of the table.
      data: The images of all of them.
      options: The `EvaluationOptions` of all, for the metrics of samples.
      evaluation: An `Evaluation` for the extractor and the features of real images.
    """

    runs: list[PlannedRun]
    data: ImageData
    options: EvaluationOptions
    evaluation: Evaluation


def plan_ablation(
    configs: dict,
    out,
    options: EvaluationOptions,
    *,
    parameter_share: float,
    fit_settings: dict,
) -> AblationPlan:
    """Checks all that can be checked before anything is trained.

    Args:
      configs: `(row, seed) -> RunConfig`.
      out: Directory of the runs.
      options: How the rows are measured; its metrics, splits, per_image and where
        images are, are of no account.
      parameter_share: Share by which the parameters of decoder and feature map may
        differ between rows that have a decoder; 0: any.
      fit_settings: As `fitted_config` takes them.

    Raises:
      ValueError: If there are no rows, rows differ in their data or, too much, in
        their parameters, a directory holds another run or one of other images, or
        the data do not allow the protocol.
    """
    if not configs:
        raise ValueError("a table must have rows and seeds. Received: none")
    _check_share(parameter_share)
    config = _check_data(configs)
    data = load_data(config.data)
    out = pathlib.Path(out)
    parameters, first, runs = {}, None, []
    for (row, seed), config in configs.items():
        if row not in parameters:
            model = build_model(config, data.image_shape, data.levels, data.num_classes)
            parameters[row] = count_parameters(model.parts)
            first = first or model
        _check_run(row, seed, config, configs)
        directory = out / f"{row}_{seed}"
        check_row(config, directory)
        RunDirectory(directory).check_images(data, _REMEDY)
        fit = None
        if needs_fit(config):
            fit = _fit(row, seed, config, directory, fit_settings)
            RunDirectory(fit.directory).check_images(data, _REMEDY)
        runs.append(PlannedRun(row, seed, config, directory, parameters[row], fit))
    if parameter_share:
        _check_parameters(runs, parameter_share)
    options, evaluation = _evaluation(first, data, options)
    return AblationPlan(runs, data, options, evaluation)


def _fit(row, seed, config, directory, settings):
    run = RunDirectory(directory.with_name(f"{directory.name}_fitted"))
    record, path = run.read(), directory
    if record is not None and checkpoint_steps(run.checkpoints):
        # Whoever moves the directory of a table moves both runs.
        path = record["config"].objective.generator_from or directory
        if not checkpoint_steps(RunDirectory(directory).checkpoints):
            raise ValueError(
                "a fitted encoder belongs to the generator it was fitted to; remove "
                f"it with the generator. Received: {str(run.path)!r}, a run, without "
                f"one in {str(directory)!r}"
            )
    fitted = fitted_config(config, path, settings)
    run.check(fitted)
    return PlannedRun(f"{row}_fitted", seed, fitted, run.path, {})


def _check_run(row, seed, config, configs):
    """Checks that a run has its seed, and else the settings of its row."""
    first = next(other for (name, _), other in configs.items() if name == row)
    different = set(first.differences(config)) - {"seed"}
    if config.training.seed != seed or different:
        raise ValueError(
            "the runs of a row must differ only in their seeds. Received: "
            f"{row!r} with seed={config.training.seed} for the seed {seed}, different "
            f"in {', '.join(sorted(different)) or 'nothing else'}"
        )
    if config.model.conditional != next(iter(configs.values())).model.conditional:
        raise ValueError(
            "bits per dimension given the label cannot be compared with others: all "
            "rows must be conditional, or none. "
            f"Received: {row!r}, unlike the first row"
        )


def _check_share(share):
    if not 0 <= share < 1:
        raise ValueError(
            f"parameter_share must be at least 0 and below 1. Received: {share}"
        )


def _check_data(configs):
    """Returns the first configuration; the others must have its data."""
    decisive = [
        name
        for name, (field, _) in settings_of(DataConfig).items()
        if name != "random_flip" and not field.metadata["operational"]
    ]
    (first, _), config = next(iter(configs.items()))
    for (row, _), other in configs.items():
        for name in decisive:
            here, there = getattr(config.data, name), getattr(other.data, name)
            if here != there:
                raise ValueError(
                    "the rows of a table must have the same data. Received: "
                    f"{name}={here!r} in {first}, {name}={there!r} in {row}"
                )
    return config


def _check_parameters(runs, share):
    counts = {
        run.row: run.parameters["decoder"] + run.parameters.get("feature_map", 0)
        for run in runs
        if run.config.preset.latent
    }
    if counts and max(counts.values()) > (1 + share) * min(counts.values()):
        listed = ", ".join(f"{row} {count:,}" for row, count in counts.items())
        raise ValueError(
            "decoder and feature map must have the same number of parameters in every "
            f"row, to {share:.1%} (parameter_share=0 allows any). Received: {listed}"
        )


def _evaluation(model, data, options):
    """Returns the options with the metrics of samples, and what they are met with."""
    if options.extractor == "classifier" and not options.resolved_cache_dir:
        raise ValueError(
            "the classifier that judges all rows must be kept: extractor=classifier "
            "needs cache_dir. Received: none"
        )
    metrics = [name for name in _DISTANCES if name != _CLASSES]
    splits = () if options.rules.reference else ("test", "train")
    options = dataclasses.replace(
        options,
        metrics=tuple(metrics),
        splits=splits,
        dataset=model.config.data.dataset,
        data_dir=model.config.data.data_dir,
        per_image="",
    )
    run = LoadedRun(model, model.config, None, None)
    evaluation = Evaluation(run, data, options)
    choose_metrics(evaluation)
    if evaluation.extractor.num_classes is not None:
        options = dataclasses.replace(options, metrics=_DISTANCES, splits=splits)
    return options, evaluation
