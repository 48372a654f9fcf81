"""How a model uses its latent vector, as records."""

import math

import numpy as np
import tensorflow as tf

from ade_tf.config import requires
from ade_tf.data import Split
from ade_tf.metrics.mutual_information import elbo_surgery
from ade_tf.models import encode
from ade_tf.models.scoring import full_batches
from ade_tf.randomness import MeanDraws

__all__ = [
    "ACTIVE_VARIANCE",
    "codes",
    "evaluate_active_units",
    "evaluate_mutual_information",
    "of_split",
    "posterior_moments",
]

ACTIVE_VARIANCE = 0.01
_PAIRS = 10**9
_MOST_DRAWS = 100


def codes(model, images, labels=None, *, batch_size: int = 100) -> np.ndarray:
    """Returns the codes of images by `encode`, float64 `[N, latent_size]`.

    Args:
      model: A model with an encoder.
      images: `[N, H, W, C]` in 0 .. levels-1.
      labels: Of a conditional model, `[N]`.
      batch_size: Images per pass.

    Raises:
      ValueError: If the preset has no encoder.
    """
    return _passes(codes_step(model), images, labels, batch_size)[0]


def codes_step(model):
    """Returns the graph of a batch that `codes` calls."""
    requires(model.config, "a code", "encoder")

    def of_batch(batch, labels):
        return [encode(model, model.batch(batch, labels))]

    return tf.function(of_batch, autograph=False)


def posterior_moments(
    model, images, labels=None, *, batch_size: int = 100
) -> list[np.ndarray]:
    """Returns means and standard deviations of q(z|x), each float64 `[N, d]`.

    Noise of images is replaced by its mean, as `encode` does.
    Arguments as in `codes`.

    Raises:
      ValueError: If the preset has no encoder, or q(z|x) is not one Gaussian.
    """
    return _passes(moments_step(model), images, labels, batch_size)


def moments_step(model):
    """Returns the graph of a batch that `posterior_moments` calls."""
    requires(model.config, "moments of q(z|x)", "encoder", "gaussian", "vector")

    def moments(batch, labels):
        batch = model.batch(batch, labels)
        x = model.dequantize(batch, MeanDraws(batch.count)).value
        posterior = model.posterior_density(x, batch.condition)
        return posterior.mean(), posterior.stddev()

    return tf.function(moments, autograph=False)


def evaluate_active_units(evaluation, split: str) -> list[dict]:
    """Counts the latent units whose code tells images apart.

    A unit u is active if Var_x(E_q(u|x)[u]), the variance of its posterior mean over
    the images, is above 0.01 (arXiv 1509.00519, section 5.2).

    Args:
      evaluation: The `Evaluation`.
      split: `train`, `validation` or `test`.

    Returns:
      One record: the number of active units, with latent_size, threshold and the
      variances of all units, largest first.

    Raises:
      ValueError: If the preset has no encoder, or there are fewer than two images.
    """
    means = of_split(evaluation, split, codes_step)[0]
    if len(means) < 2:
        raise ValueError(
            f"active_units needs at least 2 images. Received: {len(means)}"
        )
    variances = np.sort(means.var(0, ddof=1))[::-1]
    return [
        evaluation.record(
            "active_units",
            int((variances > ACTIVE_VARIANCE).sum()),
            split=split,
            num_examples=len(means),
            name=f"active units of {len(variances)}",
            latent_size=len(variances),
            threshold=ACTIVE_VARIANCE,
            variances=variances.tolist(),
        )
    ]


def evaluate_mutual_information(evaluation, split: str) -> list[dict]:
    """Splits the KL into the information of the code and the cost of its marginal.

    See `elbo_surgery`. I_q(x, z) of N images is at most ln N: a value near that says
    that codes tell all N images apart, and no more. Of a conditional model, x stands
    for an image with its label. Each image has as many draws of z
    as 10^9 pairs of a draw and an image allow, 2 to 100.

    Args:
      evaluation: The `Evaluation`.
      split: `train`, `validation` or `test`.

    Returns:
      Two records, in nats: `mutual_information`, with its limit ln N, and
      `marginal_kl`. Both hold the mean KL in closed form (`kl_nats`) and from the same
      draws (`drawn_kl_nats`, to which the two add up) with its standard error. Standard
      errors are those of the draws.

    Raises:
      ValueError: If the preset has no encoder, or q(z|x) is not one Gaussian.
    """
    means, stddevs = of_split(evaluation, split, moments_step)
    count = len(means)
    draws = min(_MOST_DRAWS, max(2, _PAIRS // count**2))
    found = elbo_surgery(means, stddevs, num_draws=draws, seed=evaluation.options.seed)
    shared = {
        "split": split,
        "num_examples": count,
        "unit": "nats",
        "kl_nats": found.kl,
        "drawn_kl_nats": found.drawn_kl,
        "drawn_kl_standard_error": found.drawn_kl_error,
        "num_draws": draws,
    }
    return [
        evaluation.record(
            "mutual_information",
            found.mutual_information,
            name=f"mutual information, nats, at most ln {count} = "
            f"{math.log(count):.2f}",
            standard_error=found.mutual_information_error,
            limit_nats=math.log(count),
            **shared,
        ),
        evaluation.record(
            "marginal_kl",
            found.marginal_kl,
            standard_error=found.marginal_kl_error,
            **shared,
        ),
    ]


def of_split(evaluation, split, make_step):
    """Returns what a graph, shared by all splits, gives of the images of a split.

    Args:
      evaluation: The `Evaluation`.
      split: `train`, `validation` or `test`.
      make_step: Function of a model that returns the graph: it takes images and their
        labels (None of an unconditional model) and returns a list of Tensors.

    Returns:
      A list of float64 arrays, `[N, ...]`.
    """
    found = evaluation.split_images(split)
    labels = evaluation.model.own_labels(found.labels)
    batch_size = evaluation.options.batch_size
    progress = evaluation.progress(f"codes of {split}")
    step = evaluation.shared(make_step)
    return _passes(step, found.images, labels, batch_size, progress)


def _passes(step, images, labels, batch_size, progress=None):
    """Applies a graph to all images in batches of one size; returns its parts, float64.

    The graph is given no labels where there are none.
    """
    given = np.zeros(len(images), np.int32) if labels is None else labels
    found, done = [], 0
    for batch, real in full_batches(Split(images, given), batch_size):
        parts = step(batch["image"], None if labels is None else batch["label"])
        found.append([part.numpy()[:real] for part in parts])
        done += real
        if progress is not None:
            progress(done, len(images))
    return [
        np.concatenate(part).astype(np.float64) for part in zip(*found, strict=True)
    ]
