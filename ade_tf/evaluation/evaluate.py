"""One command scores a run: every metric asked for, as records and as a table."""

import pathlib

import numpy as np
from absl import logging

from ade_tf.config import missing
from ade_tf.drawing.tables import describe_record, records_table
from ade_tf.evaluation.context import Evaluation
from ade_tf.evaluation.metric import METRICS, Metric
from ade_tf.evaluation.options import EvaluationOptions
from ade_tf.evaluation.quality import evaluate_quality
from ade_tf.extractors import extractor_input
from ade_tf.files import check_writable, replacement
from ade_tf.runs import RunDirectory, load_images_of_run, load_run
from ade_tf.runs.records import append_record

__all__ = [
    "choose_metrics",
    "describe_extractor",
    "evaluate_run",
    "open_evaluation",
    "records_file",
    "score",
    "score_all",
    "warn_of_few",
]

_FEW = 2048


def evaluate_run(run_dir, options: EvaluationOptions | None = None) -> list[dict]:
    """Scores a run by the metrics asked for; prints them and adds them to its records.

    Of `all` metrics, those that cannot be computed are left out; the reasons are
    printed and make a record of their own, under `left_out`.

    Args:
      run_dir: Directory of the run.
      options: The choices; None: the defaults.

    Returns:
      The records, as appended to `options.out` or the run's `metrics.jsonl`, one
      metric after the other: those that are finished stay if a later one fails.

    Raises:
      ValueError: If the run cannot be loaded, if its preset, its images or its protocol
        do not allow a metric asked for by name (before anything is computed), if such
        a score is not finite, or if none can be computed.
      OSError: If the records cannot be written, before anything is loaded.
    """
    options = options or EvaluationOptions()
    out = records_file(run_dir, options)
    evaluation, names, left_out = open_evaluation(run_dir, options)
    reasons = left_out if options.everything else None
    records = score_all(evaluation, names, reasons, out)
    if len(records) > 1:
        print(f"\n{records_table(records)}", flush=True)
    if left_out:
        append_record(out, {"left_out": left_out, **evaluation.origin})
    if not records:
        raise ValueError(
            f"at least one metric must be computed. Received: {'; '.join(left_out)}"
        )
    return records


def records_file(run_dir, options: EvaluationOptions) -> pathlib.Path:
    """Returns the file that records are added to.

    Raises:
      OSError: If it cannot be written.
    """
    out = pathlib.Path(options.out or RunDirectory(run_dir).metrics)
    check_writable(out, added=True)
    return out


def open_evaluation(
    run_dir, options: EvaluationOptions
) -> tuple[Evaluation, list[str], dict[str, str]]:
    """Loads a run and its images, chooses the metrics and says what they are.

    Returns:
      The evaluation, and the metrics to compute and to leave out as `choose_metrics`
      gives them.

    Raises:
      ValueError, OSError: As `evaluate_run` does before anything is computed.
    """
    if options.per_image:
        check_writable(options.per_image)
    run = load_run(run_dir, options.weights)
    data = load_images_of_run(run.directory, run.config.data, options)
    evaluation = Evaluation(run, data, options)
    names, left_out = choose_metrics(evaluation)
    if any(METRICS[name].extractor for name in names):
        _announce(evaluation)
    for name, reason in left_out.items():
        _say_left_out(name, reason)
    for path in filter(None, (options.out, options.per_image)):
        pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
    return evaluation, names, left_out


def score_all(
    evaluation: Evaluation, names, left_out: dict | None, out, **more
) -> list[dict]:
    """Computes metrics, one after the other; prints their records and adds them.

    Args:
      evaluation: The evaluation.
      names: The metrics.
      left_out: Gets the reasons for which metrics cannot be computed; None: the first
        such reason is raised.
      out: File of records.
      **more: What else each record says.

    Raises:
      ValueError: If a metric cannot be computed.
    """
    options, records = evaluation.options, []
    for name in names:
        for split in options.splits_of(METRICS[name]):
            try:
                found = score(evaluation, name, split)
            except ValueError as error:
                if left_out is None:
                    raise
                left_out[f"{name} of {split}"] = str(error)
                _say_left_out(name, error)
                continue
            for record in found:
                print(describe_record(record), flush=True)
                append_record(out, record | more)
            records += found
        if name == "bits_per_dim" and options.per_image:
            _write_per_image(evaluation)
    return records


def _say_left_out(name, reason):
    print(f"left out  {name}: {reason}", flush=True)


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
      ValueError: If a metric asked for by name cannot be computed, or there are too
        few images for a protocol with rules of its own.
    """
    options = evaluation.options
    chosen, left_out = [], {}
    for name in METRICS if options.everything else options.metrics:
        try:
            reason = _obstacle(evaluation, METRICS[name])
        except ValueError as error:
            if not options.everything or options.rules.binding:
                raise
            reason = str(error)
        if reason and not options.everything:
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
    if metric.source and data.name.partition(":")[0] != metric.source:
        return f"needs data of the source `{metric.source}`. Received: {data.name!r}"
    if metric.labels and not data.num_classes:
        return f"needs labels. Received: {data.name!r} without labels"
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
            "With fewer than %d images a score depends strongly on their number: "
            "compare it only with scores of %d samples against %d real images.",
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
