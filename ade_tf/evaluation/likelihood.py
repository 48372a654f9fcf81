"""The likelihood of a split under a model, as records."""

import numpy as np

from ade_tf.metrics import mean_and_standard_error
from ade_tf.models import LikelihoodScorer

__all__ = ["evaluate_bits_per_dim", "evaluate_likelihood"]


def evaluate_bits_per_dim(
    model,
    data,
    split: str,
    *,
    step,
    importance_samples=1,
    repetitions=1,
    seed=0,
    progress=None,
    scorer=None,
) -> dict:
    """Scores a split in bits per dimension; of a conditional model, given its labels.

    Args:
      model: A trained model whose preset has a likelihood.
      data: The `ImageData`.
      split: `train`, `validation` or `test`.
      step: The training step of the weights, for the record.
      importance_samples: 1 for the single-sample bound (KL in closed form, where there
        is one); more for the importance-weighted estimate -F_k.
      repetitions: Draws of dequantisation noise and z, with seeds `seed`, `seed + 1`,
        ..., that are averaged.
      seed: Seed of the first draw.
      progress: Called with `(done, total)` passes after each.
      scorer: A `LikelihoodScorer` of the model, whose traces serve; None makes one.

    Returns:
      A record: metric, name, value and standard error over images (bits per
      dimension), spread (standard deviation of the value over repetitions, None for a
      single one), kl (bits per dimension, of the bound), step, split, num_examples,
      seed, repetitions, importance_samples, protocol, dataset.

    Raises:
      ValueError: If the preset has no likelihood, or a score is not finite.
    """
    scorer = scorer or LikelihoodScorer(model)
    draws = _draw(
        scorer, getattr(data, split), importance_samples, repetitions, seed, progress
    )
    return _record(model, draws, data, split, step, importance_samples, seed)


def evaluate_likelihood(evaluation, split: str) -> list[dict]:
    """Returns the records of the bound and, where asked for, of -F_k.

    Adds the scores of each image to `evaluation.per_image`: index, label, bits_per_dim
    and kl of the bound, importance_weighted_bits_per_dim of F_k; means over the
    repetitions.

    Args:
      evaluation: The `Evaluation`.
      split: `train`, `validation` or `test`.
    """
    options, data = evaluation.options, evaluation.data
    images = evaluation.split_images(split)
    arrays = {"index": np.arange(len(images)), "label": np.asarray(images.labels)}
    records = []
    for count in dict.fromkeys((1, options.importance_samples)):
        name = f"bits_per_dim of {split}" + (f", k={count}" if count > 1 else "")
        draws = _draw(
            evaluation.scorer,
            images,
            count,
            options.repetitions,
            options.seed,
            evaluation.progress(name),
        )
        records.append(
            _record(
                evaluation.model,
                draws,
                data,
                split,
                evaluation.step,
                count,
                options.seed,
            )
        )
        kind = "bits_per_dim" if count == 1 else "importance_weighted_bits_per_dim"
        arrays[kind] = _mean(draws, "bits_per_dim")
        if "kl" in records[-1]:
            arrays["kl"] = _mean(draws, "kl")
    evaluation.per_image[split] = arrays
    return records


def _draw(scorer, images, importance_samples, repetitions, seed, progress):
    """Returns the scores of each repetition."""

    def passed(turn):
        if progress is None:
            return None
        return lambda done, total: progress(turn * total + done, repetitions * total)

    if importance_samples == 1:
        return [
            scorer.bound(images, seed + turn, progress=passed(turn))
            for turn in range(repetitions)
        ]
    return [
        scorer.importance_weighted(
            images, importance_samples, seed + turn, progress=passed(turn)
        )
        for turn in range(repetitions)
    ]


def _mean(draws, name):
    return np.mean([getattr(scores, name) for scores in draws], axis=0)


def _record(model, draws, data, split, step, importance_samples, seed):
    bound = importance_samples == 1
    values = _mean(draws, "bits_per_dim")
    value, error = mean_and_standard_error(values, "bits_per_dim")
    closed = model.config.model.posterior == "gaussian"
    kl = "closed-form KL" if closed else "KL at the sample"
    spread = None
    if len(draws) > 1:
        spread = float(np.std([s.bits_per_dim.mean() for s in draws], ddof=1))
    given = " given the label" if model.conditional else ""
    record = {
        "metric": "bits_per_dim",
        "name": f"bits/dim{given} ({'bound' if bound else f'F_{importance_samples}'})",
        "value": value,
        "standard_error": error,
        "spread": spread,
        "step": step,
        "split": split,
        "num_examples": len(values),
        "seed": seed,
        "repetitions": len(draws),
        "importance_samples": importance_samples,
        "protocol": "single-sample bound, "
        f"{model.config.model.dequantizer} dequantisation, {kl}"
        if bound
        else f"importance-weighted bound, k={importance_samples}",
        "dataset": data.name,
    }
    if bound and model.encoder is not None:
        record["kl"] = mean_and_standard_error(_mean(draws, "kl"), "kl")[0]
    return record
