"""The likelihood of a split under a model, as records."""

import numpy as np

from ade_tf.config import missing
from ade_tf.config.conditions import CONDITIONS
from ade_tf.metrics import mean_and_standard_error

__all__ = ["evaluate_likelihood"]

# Bits of the uniform density over all float32 numbers, twice 2^128 of them wide.
_UNIFORM_BITS = 129.0


def evaluate_likelihood(evaluation, split: str) -> list[dict]:
    """Scores a split in bits per dimension; of a conditional model, given its labels.

    Of a model with a `condition`, bits are those of what is modelled, given the rest,
    by the number of values that are modelled, which the name of the score says.

    Of the images, `first` and `num_images` of the options choose a part.
    Adds the scores of each image to `evaluation.per_image`: index, label, bits_per_dim
    and kl of the bound, importance_weighted_bits_per_dim of F_k; means over the
    repetitions, which draw noise and z with the seeds `seed`, `seed + 1`, ...

    Args:
      evaluation: The `Evaluation`.
      split: `train`, `validation` or `test`.

    Returns:
      The record of the single-sample bound (KL in closed form, where there is one) and,
      where more importance samples are asked for, that of -F_k. The standard error is
      over images; `spread` is the standard deviation of the value over repetitions,
      None for a single one; `kl` is of the bound.

    Raises:
      ValueError: If the preset has no likelihood, more importance samples are asked
        for than one of weights that are estimates, or a score is not finite or, of
        continuous data, worse than the uniform density's.
    """
    options = evaluation.options
    evaluation.scorer.check_samples(options.importance_samples)
    images = evaluation.split_images(split)
    positions = np.arange(len(images))[options.first :][: options.num_images]
    arrays = {"index": positions, "label": np.asarray(images.labels)[positions]}
    records = []
    for count in dict.fromkeys((1, options.importance_samples)):
        draws = _draw(evaluation, split, images, count)
        records.append(_record(evaluation, split, draws, count))
        kind = "bits_per_dim" if count == 1 else "importance_weighted_bits_per_dim"
        arrays[kind] = _mean(draws, "bits_per_dim")
        if "kl" in records[-1]:
            arrays["kl"] = _mean(draws, "kl")
    evaluation.per_image[split] = arrays
    return records


def _draw(evaluation, split, images, count):
    """Returns the scores of each repetition, of `count` importance samples."""
    scorer, options = evaluation.scorer, evaluation.options
    name = f"bits_per_dim of {split}" + (f", k={count}" if count > 1 else "")
    progress, turns = evaluation.progress(name), options.repetitions
    part = {"first": options.first, "limit": options.num_images or 0}
    draws = []
    for turn in range(turns):
        seed = options.seed + turn

        def passed(done, total, turn=turn):
            progress(turn * total + done, turns * total)

        draws.append(
            scorer.bound(images, seed, progress=passed, **part)
            if count == 1
            else scorer.importance_weighted(
                images, count, seed, progress=passed, **part
            )
        )
    return draws


def _mean(draws, name):
    return np.mean([getattr(scores, name) for scores in draws], axis=0)


def _record(evaluation, split, draws, count):
    model, bound = evaluation.model, count == 1
    values = _mean(draws, "bits_per_dim")
    value, error = mean_and_standard_error(values, "bits_per_dim")
    if not model.levels:
        _check_continuous(value)
    spread = None
    if len(draws) > 1:
        spread = float(np.std([s.bits_per_dim.mean() for s in draws], ddof=1))
    given = " given the label" if model.conditional else ""
    if model.image_condition is not None:
        whole = int(np.prod(model.image_shape))
        words = CONDITIONS[model.config.model.condition].summary
        given = f" {words}, {model.dims} values of an image's {whole}"
    word, protocol = f"F_{count}", f"importance-weighted bound, k={count}"
    if bound:
        protocol = _protocol(model)
        word = "exact" if protocol == "exact" else "bound"
    record = evaluation.record(
        "bits_per_dim",
        value,
        split=split,
        num_examples=len(values),
        standard_error=error,
        name=f"bits/dim{given} ({word})",
        spread=spread,
        repetitions=len(draws),
        importance_samples=count,
        protocol=protocol,
    )
    if evaluation.options.is_part:
        record["first"] = evaluation.options.first
    if bound and model.encoder is not None:
        record["kl"] = mean_and_standard_error(_mean(draws, "kl"), "kl")[0]
    return record


def _protocol(model):
    """Says what a single-sample score is."""
    config, words = model.config, []
    if not missing(config, "features"):
        words.append(f"{config.model.dequantizer} dequantisation")
    if model.latent_size:
        at_sample = missing(config, "gaussian", "normal prior")
        words.append("KL at the sample" if at_sample else "closed-form KL")
    if model.feature_map.estimated_log_det:
        words.append("estimated log-det")
    return ", ".join(["single-sample bound", *words]) if words else "exact"


def _check_continuous(value):
    if value > _UNIFORM_BITS:
        raise ValueError(
            f"a density of float32 numbers takes at most {_UNIFORM_BITS:g} bits/dim, "
            "those of one that is uniform over all of them: data with values near each "
            f"other need another scale. Received: bits_per_dim={value:g}"
        )
