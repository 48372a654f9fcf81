"""One command scores a run: every metric asked for, as records and as a table."""

import pathlib

import numpy as np
from absl import logging

from ade_tf.config import missing
from ade_tf.data import load_data
from ade_tf.drawing.tables import describe_record, records_table
from ade_tf.evaluation.context import Evaluation
from ade_tf.evaluation.metric import METRICS, Metric
from ade_tf.evaluation.options import EvaluationOptions
from ade_tf.evaluation.quality import evaluate_quality
from ade_tf.extractors import extractor_input
from ade_tf.files import replacement
from ade_tf.runs import load_run
from ade_tf.runs.records import append_record

__all__ = [
    "choose_metrics",
    "describe_extractor",
    "evaluate_run",
    "score",
    "warn_of_few",
]

_FEW = 2048


def evaluate_run(run_dir, options: EvaluationOptions | None = None) -> list[dict]:
    """Scores a run by the metrics asked for; prints them and adds them to its records.

    Args:
      run_dir: Directory of the run.
      options: The choices; None: the defaults.

    Returns:
      The records, as appended to `metrics.jsonl` one metric after the other: those that
      are finished stay if a later one fails.

    Raises:
      ValueError: If the run cannot be loaded, if its preset, its images or its protocol
        do not allow a metric asked for (before anything is computed), or if a score is
        not finite.
    """
    options = options or EvaluationOptions()
    run = load_run(run_dir)
    data = load_data(run.config.data, options.data_dir)
    evaluation = Evaluation(run, data, options)
    names, left_out = choose_metrics(evaluation)
    if any(METRICS[name].extractor for name in names):
        _announce(evaluation)
    for name, reason in left_out.items():
        print(f"left out  {name}: {reason}", flush=True)
    if options.per_image:
        pathlib.Path(options.per_image).parent.mkdir(parents=True, exist_ok=True)
    records = []
    for name in names:
        for split in options.splits_of(METRICS[name]):
            for record in score(evaluation, name, split):
                append_record(run.directory.metrics, record)
                print(describe_record(record), flush=True)
                records.append(record)
        if name == "bits_per_dim" and options.per_image:
            _write_per_image(evaluation)
    if len(records) > 1:
        print(f"\n{records_table(records)}", flush=True)
    return records


def score(evaluation: Evaluation, name: str, split: str) -> list[dict]:
    """Returns the records of a metric on a split.

    Raises:
      ValueError: If it cannot be computed; the metric's name stands before the reason.
    """
    metric = METRICS[name]
    try:
        if metric.compares:
            return evaluate_quality(name, evaluation, split)
        return metric.load()(evaluation, split)
    except ValueError as error:
        raise ValueError(f"{name} of {split}: {error}") from error


def choose_metrics(evaluation: Evaluation) -> tuple[list[str], dict[str, str]]:
    """Returns the metrics to compute and, of `all`, the reasons against the others.

    Raises:
      ValueError: If a metric asked for by name cannot be computed, there are too few
        images for the protocol, or the extractor does not fit the images.
    """
    options = evaluation.options
    everything = options.metrics == ("all",)
    chosen, left_out = [], {}
    for name in METRICS if everything else options.metrics:
        reason = _obstacle(evaluation, METRICS[name])
        if reason and not everything:
            raise ValueError(f"{name} {reason}")
        if reason:
            left_out[name] = reason
        else:
            chosen.append(name)
    return chosen, left_out


def _obstacle(evaluation, metric: Metric):
    """Returns why a metric cannot be computed, or None.

    Raises:
      ValueError: If it cannot be computed in the way that was asked for.
    """
    data, options = evaluation.data, evaluation.options
    if reason := missing(evaluation.run.config, *metric.needs):
        return reason
    if metric.source and not data.name.startswith(f"{metric.source}:"):
        return f"needs a data set `{metric.source}:NAME`. Received: {data.name!r}"
    if not options.splits_of(metric):
        return (
            f"needs the split {' or '.join(metric.splits)}. "
            f"Received: split={','.join(options.splits)}"
        )
    return _obstacle_of_features(evaluation, metric) if metric.extractor else None


def _obstacle_of_features(evaluation, metric):
    data, options = evaluation.data, evaluation.options
    if not data.levels:
        return f"needs images with grey levels. Received: {data.name!r}, continuous"
    if options.extractor == "classifier" and not data.num_classes:
        return (
            "needs labels for the classifier extractor; extractor `random` takes any "
            "images, and others extractor_path. "
            f"Received: {data.name!r} without labels"
        )
    if metric.extractor == "labels" and options.extractor != "classifier":
        return (
            "needs the classifier of the data's own labels. "
            f"Received: extractor={options.extractor!r}"
        )
    for split in options.splits_of(metric):
        count = len(evaluation.split_images(options.rules.reference_of(split)))
        options.rules.check_counts(options.num_samples, count)
    # Loaded now: a file of another kind is found before anything is computed.
    extractor = evaluation.extractor
    first = data.train.images[:1]
    extractor.check_images(extractor_input(first, data.levels, extractor.channels))
    if metric.extractor == "probabilities" and extractor.num_classes is None:
        return f"needs class probabilities. Received: {extractor.name} without them"
    return evaluation.weakness_of_extractor()


def _announce(evaluation):
    """Prints the protocol and warns where it allows little."""
    options, extractor = evaluation.options, evaluation.extractor
    protocol = options.rules
    y = "y ~ N(mu(z), sigma)" if options.noise else "y = mu(z)"
    print(f"protocol  {protocol.name}: {protocol.summary}")
    print(describe_extractor(extractor))
    print(
        f"samples   {options.num_samples}, temperature {options.temperature:g}, {y}, "
        f"seed {options.seed}",
        flush=True,
    )
    references = {protocol.reference_of(split) for split in options.splits}
    least = min(len(evaluation.split_images(name)) for name in references)
    warn_of_few(options.num_samples, least)


def describe_extractor(extractor) -> str:
    """Returns a line: name, hash, and accuracy where it is known."""
    known = "" if extractor.accuracy is None else f", {extractor.accuracy.words()}"
    return f"extractor {extractor.name} (sha256 {extractor.sha256[:16]}){known}"


def warn_of_few(num_samples: int, num_reference: int) -> None:
    """Warns where scores only compare with others of the very same counts."""
    if min(num_samples, num_reference) < _FEW:
        logging.warning(
            "Below %d images a score depends strongly on their number: compare it only "
            "with scores of %d samples against %d real images.",
            _FEW,
            num_samples,
            num_reference,
        )


def _write_per_image(evaluation):
    """Writes the likelihood of every image, `SPLIT_NAME` -> array."""
    arrays = {
        f"{split}_{name}": values
        for split, found in evaluation.per_image.items()
        for name, values in found.items()
    }
    with replacement(evaluation.options.per_image) as file:
        np.savez_compressed(file, **arrays)
    print(f"per image {evaluation.options.per_image}", flush=True)
