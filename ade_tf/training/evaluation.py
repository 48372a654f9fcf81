"""Scores of a trained model as records that say how they were made."""

from ade_tf.metrics import append_record, mean_and_standard_error
from ade_tf.models import LikelihoodScorer
from ade_tf.training.images import load_data
from ade_tf.training.progress import Passes
from ade_tf.training.restoring import load_run

__all__ = [
    "METRICS",
    "SPLITS",
    "describe_record",
    "evaluate_bits_per_dim",
    "evaluate_run",
]

SPLITS = ("train", "validation", "test")


def evaluate_run(
    run_dir,
    *,
    metrics=("bits_per_dim",),
    split="test",
    importance_samples=1,
    seed=0,
    data_dir="",
) -> list[dict]:
    """Scores a run by the metrics asked for; prints them and adds them to its records.

    Args:
      run_dir: Directory of the run.
      metrics: Names of metrics.
      split: `train`, `validation` or `test`.
      importance_samples: As in `evaluate_bits_per_dim`.
      seed: Seed of all draws.
      data_dir: Directory of TFDS data sets, in place of the run's own.

    Returns:
      The records, as appended to `metrics.jsonl`.

    Raises:
      ValueError: If an argument is not known or out of range, if the run cannot be
        loaded or its preset lacks what a metric needs, or if a score is not finite.
    """
    for name in metrics:
        if name not in METRICS:
            raise ValueError(
                f"metrics must be among {', '.join(METRICS)}. Received: {name!r}"
            )
    if split not in SPLITS:
        raise ValueError(
            f"split must be one of {', '.join(SPLITS)}. Received: {split!r}"
        )
    if importance_samples < 1:
        raise ValueError(
            f"importance_samples must be at least 1. Received: {importance_samples}"
        )
    run = load_run(run_dir)
    data = load_data(run.config.data, data_dir)
    records = []
    for name in metrics:
        record = METRICS[name](
            run.model,
            data,
            split,
            step=run.step,
            importance_samples=importance_samples,
            seed=seed,
            progress=Passes(name),
        )
        append_record(run.directory.metrics, record)
        print(describe_record(record), flush=True)
        records.append(record)
    return records


def evaluate_bits_per_dim(
    model, data, split: str, *, step, importance_samples=1, seed=0, progress=None
) -> dict:
    """Scores a split in bits per dimension.

    Args:
      model: A trained model whose preset has a likelihood.
      data: The `ImageData`.
      split: `train`, `validation` or `test`.
      step: The training step of the weights, for the record.
      importance_samples: 1 for the single-sample bound (KL in closed form); more for
        the importance-weighted estimate -F_k.
      seed: Seed of dequantisation noise and z.
      progress: Called with `(done, total)` passes after each.

    Returns:
      A record: metric, value and standard error over images (bits per dimension),
      kl (bits per dimension, of the bound), step, split, num_examples, seed, protocol.

    Raises:
      ValueError: If the preset has no likelihood, or a score is not finite.
    """
    scorer = LikelihoodScorer(model, progress=progress)
    images = getattr(data, split)
    if importance_samples == 1:
        scores = scorer.bound(images, seed)
        protocol = "single-sample bound, uniform dequantisation, closed-form KL"
    else:
        scores = scorer.importance_weighted(images, importance_samples, seed)
        protocol = f"importance-weighted bound, k={importance_samples}"
    value, error = mean_and_standard_error(scores.bits_per_dim, "bits_per_dim")
    record = {
        "metric": "bits_per_dim",
        "value": value,
        "standard_error": error,
        "step": step,
        "split": split,
        "num_examples": len(scores.bits_per_dim),
        "seed": seed,
        "importance_samples": importance_samples,
        "protocol": protocol,
        "dataset": data.name,
    }
    if model.encoder is not None and scores.kl is not None:
        record["kl"] = mean_and_standard_error(scores.kl, "kl")[0]
    return record


METRICS = {"bits_per_dim": evaluate_bits_per_dim}


def describe_record(record: dict) -> str:
    """Returns a record as a line of text."""
    line = f"{record['split']:<10}{record['metric']} {record['value']:.4f}"
    if record["standard_error"] is not None:
        line += f" +- {record['standard_error']:.4f}"
    if "kl" in record:
        line += f", of it KL {record['kl']:.4f}"
    return (
        f"{line}  ({record['num_examples']} images, step {record['step']}, "
        f"{record['protocol']})"
    )
