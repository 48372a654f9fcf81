"""The scores of an ablation's runs, each measured once."""

import dataclasses

import numpy as np

from ade_tf.evaluation import METRICS, Evaluation, EvaluationOptions, evaluate_run
from ade_tf.evaluation.quality import rows, score_records
from ade_tf.runs import RunDirectory
from ade_tf.runs.records import append_record, read_records

__all__ = ["measure_likelihood", "measure_quality", "measure_real_images"]

# As few images as any protocol takes.
_LEAST = 20


def measure_likelihood(run, options: EvaluationOptions) -> list[dict]:
    """Returns the records of a run's bits per dimension on the test split.

    Args:
      run: The `PlannedRun`, trained, with a likelihood.
      options: The choices; metrics and splits are of no account.
    """
    wanted = {
        ("bits_per_dim", "test", count): {
            "metric": "bits_per_dim",
            "split": "test",
            "importance_samples": count,
            "repetitions": options.repetitions,
            "seed": options.seed,
        }
        for count in dict.fromkeys((1, options.importance_samples))
    }
    return _measured(run, options, wanted)


def measure_quality(run, options: EvaluationOptions, extractor) -> list[dict]:
    """Returns the records of a run's samples by all metrics and splits of the options.

    Args:
      run: The `PlannedRun`, trained.
      options: The choices.
      extractor: The `Extractor` they mean.
    """
    wanted = {}
    for metric in options.metrics:
        for split in options.splits_of(METRICS[metric]):
            for output in METRICS[metric].outputs:
                wanted[metric, split, output.key] = {
                    **_choices(options, extractor),
                    "metric": output.key,
                    "split": options.rules.reference_of(split),
                    "num_examples": options.num_samples,
                    "temperature": options.temperature,
                    "noise": options.noise,
                }
    return _measured(run, options, wanted)


def measure_real_images(evaluation: Evaluation, options, path) -> list[dict]:
    """Returns what real images get in the place of samples, kept in a file.

    The training images take the place, or the test images where the reference holds
    the training images: as many as there are, up to the number of samples.

    Args:
      evaluation: Of any run, for the features of the images.
      options: The choices.
      path: File of the records, JSON lines; made if missing.
    """
    known = read_records(path, missing_ok=True)
    records = []
    for metric in options.metrics:
        for split in options.splits_of(METRICS[metric]):
            reference = options.rules.reference_of(split)
            source = "test" if "train" in reference.split("+") else "train"
            count = min(
                options.num_samples, len(evaluation.split_images(source).images)
            )
            if count < _LEAST:
                continue
            choices = {
                **_choices(options, evaluation.extractor),
                "split": reference,
                "images": source,
                "num_examples": count,
            }
            found = [
                _last(known, {**choices, "metric": output.key})
                for output in METRICS[metric].outputs
            ]
            if None in found:
                found = _real_scores(evaluation, metric, reference, source, count)
                for record in found:
                    append_record(path, record)
            records += found
    return records


def _real_scores(evaluation, metric, reference, source, count):
    others = evaluation.reference_features(source)
    order = np.random.default_rng(evaluation.options.seed).permutation(len(others))
    taken = rows(others, order[:count])
    return score_records(metric, evaluation, taken, reference, images=source)


def _choices(options, extractor):
    return {
        "protocol": options.protocol,
        "seed": options.seed,
        "extractor": {"name": extractor.name, "sha256": extractor.sha256},
    }


def _measured(run, options, wanted):
    """Returns the records wanted; those missing are computed.

    Args:
      run: The `PlannedRun`.
      options: The choices.
      wanted: `(metric asked for, split, name) -> what the record must hold`.
    """
    directory = RunDirectory(run.directory)
    found = _find(directory, run.config, wanted)
    missing = [key for key, record in found.items() if record is None]
    if missing:
        metrics, splits, _ = (
            tuple(dict.fromkeys(part)) for part in zip(*missing, strict=True)
        )
        if options.rules.reference and "bits_per_dim" not in metrics:
            splits = ()
        evaluate_run(
            run.directory, dataclasses.replace(options, metrics=metrics, splits=splits)
        )
        found = _find(directory, run.config, wanted)
    return list(found.values())


def _find(directory, config, wanted):
    records = [
        record
        for record in read_records(directory.metrics, missing_ok=True)
        if "weights" not in record
    ]
    step = _evaluated_step(records, config)
    return {
        key: _last(records, {**choices, "step": step})
        for key, choices in wanted.items()
    }


def _evaluated_step(records, config):
    """Returns the step of the weights that evaluation uses of a finished run."""
    ends = [record["step"] for record in records if record.get("origin") == "train"]
    return ends[-1] if ends else config.training.num_steps


def _last(records, choices):
    """Returns the newest record that holds the choices, or None."""
    return next(
        (
            record
            for record in reversed(records)
            if all(record.get(name) == value for name, value in choices.items())
        ),
        None,
    )
