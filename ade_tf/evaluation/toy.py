"""Models of points against the true density, as records."""

import dataclasses

import numpy as np

from ade_tf.data import ToyDensity, toy_density
from ade_tf.evaluation.metric import OUTPUTS
from ade_tf.evaluation.point_density import log_prob_of_points
from ade_tf.metrics import share_standard_error
from ade_tf.metrics.kernel_density import fit_kernel_density
from ade_tf.models import Sampler

__all__ = [
    "Placement",
    "density_of",
    "draw_points",
    "evaluate_toy_divergences",
    "kernel_samples",
    "on_data",
    "placement",
]

_KERNELS = 10_000
_HELD_OUT = 1_000
_LIMIT_DRAWS = 200_000
_OFF = 0.001
_BATCH = 1_000


@dataclasses.dataclass(frozen=True)
class Placement:
    """Where samples lie.

    Attributes:
      modes_covered: Share of the modes that have at least a tenth of their fair share
        of the samples, those on the data alone.
      off_data: Share of the samples where the data's density is lower than it is at
        99.9 % of the data.
    """

    modes_covered: float
    off_data: float


def evaluate_toy_divergences(evaluation, split: str) -> list[dict]:
    """Measures a model of `toy:NAME` against the density its data are drawn from.

    As many samples are drawn as the split has points. Where there is a z, p_model is an
    integral over it, see `log_prob_of_points`; a model without a likelihood has no
    density, and kernels stand in for it: for KL(data || model) its samples with the
    normal noise that explains validation points best (as the paper's bracketed
    likelihoods of GANs), for KL(model || data) the kernel estimate of its samples' own
    law.

    Args:
      evaluation: The `Evaluation`.
      split: `train`, `validation` or `test`.

    Returns:
      `forward_kl` and `reverse_kl`, KL(data || model) and KL(model || data), in nats,
      with the standard error over points and `estimate_bias`, the error of the integral
      over z; then `modes_covered` and `off_data` (`Placement`) of samples from p_model
      and, where they differ, of samples f^-1(mu(z)) without noise.

    Raises:
      ValueError: If the data are not of `toy:NAME`, or a score is not finite.
    """
    density = density_of(evaluation.data)
    model, seed = evaluation.model, evaluation.options.seed
    real = evaluation.split_images(split).images.astype(np.float32)
    laws = {"mean": draw_points(model, len(real), seed)}
    if model.decoder is not None and evaluation.run.config.preset.likelihood:
        laws = {"noisy": draw_points(model, len(real), seed, noise=True), **laws}
    drawn = next(iter(laws.values()))
    return [
        *_divergences(evaluation, split, density, real, drawn),
        *_placements(evaluation, split, density, laws),
    ]


def _divergences(evaluation, split, density, real, drawn):
    """Returns the records of both divergences, of real points and of samples."""
    forward, reverse, how = _log_probs(evaluation, real, drawn)
    records = []
    for metric, points, (log_prob, bias), sign in (
        ("forward_kl", real, forward, 1.0),
        ("reverse_kl", drawn, reverse, -1.0),
    ):
        gaps = sign * (density.log_prob(points.reshape(-1, 2)) - log_prob)
        records.append(
            evaluation.record(
                metric,
                gaps.mean(),
                split=split,
                num_examples=len(gaps),
                standard_error=gaps.std(ddof=1) / len(gaps) ** 0.5,
                unit="nats",
                estimate_bias=bias,
                estimate=how[metric],
            )
        )
    return records


def _placements(evaluation, split, density, laws):
    """Returns the records of where samples lie, `law -> points`."""
    records = []
    for law, points in laws.items():
        found = placement(density, points.reshape(-1, 2))
        of = "" if len(laws) == 1 else f", {law} samples"
        off = found.off_data
        for metric, value, error in (
            ("modes_covered", found.modes_covered, None),
            ("off_data", off, share_standard_error(off, len(points))),
        ):
            records.append(
                evaluation.record(
                    metric,
                    value,
                    split=split,
                    num_examples=len(points),
                    standard_error=error,
                    name=OUTPUTS[metric][1].label + of,
                    law=law,
                )
            )
    return records


def density_of(data) -> ToyDensity:
    """Returns the density of a data set `toy:NAME`.

    Raises:
      ValueError: If it is another data set.
    """
    source, _, name = data.name.partition(":")
    if source != "toy":
        raise ValueError(
            f"a true density is known of `toy:NAME` only. Received: {data.name!r}"
        )
    return toy_density(name)


def draw_points(
    model, count: int, seed: int, temperature: float = 1.0, *, noise: bool = False
) -> np.ndarray:
    """Draws samples of a model of points, `[count, 1, 1, 2]`."""
    sampler = Sampler(model, min(count, _BATCH), seed, noise)
    return sampler.samples(count, temperature)


def kernel_samples(model, seed: int) -> list[np.ndarray]:
    """Draws samples for a kernel density, and others to fit its bandwidth by."""
    points = draw_points(model, _KERNELS + _HELD_OUT, seed + 1).reshape(-1, 2)
    return np.split(points, [_KERNELS])


def on_data(density: ToyDensity, points) -> np.ndarray:
    """Returns whether points `[N, 2]` lie where 99.9 % of the data do, bool `[N]`."""
    own = density.log_prob(density.sample(_LIMIT_DRAWS, seed=3))
    return density.log_prob(points) >= np.quantile(own, _OFF)


def placement(density: ToyDensity, points) -> Placement:
    """Returns where points `[N, 2]` lie."""
    on = on_data(density, points)
    counts = np.bincount(density.mode_of(points)[on], minlength=density.num_modes)
    covered = counts >= 0.1 * len(points) / density.num_modes
    return Placement(float(covered.mean()), float(1.0 - on.mean()))


def _log_probs(evaluation, real, drawn):
    """Returns ln p_model and its bias at real points and at samples, and how."""
    model, seed = evaluation.model, evaluation.options.seed
    if evaluation.run.config.preset.likelihood:
        found = []
        for name, points in (("data", real), ("samples", drawn)):
            progress = evaluation.progress(f"density at {name}")
            scores = log_prob_of_points(model, points, seed=seed, progress=progress)
            found.append((scores.log_prob, float(scores.bias.mean())))
        way = "exact" if model.decoder is None else "importance sampling"
        return *found, {"forward_kl": way, "reverse_kl": way}
    kernels, own = kernel_samples(model, seed)
    others = evaluation.data.validation.images[:_HELD_OUT].reshape(-1, 2)
    found, how = [], {}
    for metric, points, held_out, noise in (
        ("forward_kl", real, others, "noise fitted to validation points"),
        ("reverse_kl", drawn, own, "bandwidth fitted to its own samples"),
    ):
        fit = fit_kernel_density(kernels, held_out)
        found.append((fit.log_prob(points.reshape(-1, 2)), None))
        how[metric] = f"kernels, {noise}: {fit.bandwidth:.3g}"
    return *found, how
