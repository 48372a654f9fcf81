"""Densities in the plane as arrays: values on a lattice, and samples."""

import dataclasses

import numpy as np

from ade_tf.data import ToyDensity
from ade_tf.evaluation.point_density import log_prob_of_points
from ade_tf.evaluation.toy import draw_points, kernel_samples, on_data
from ade_tf.metrics.kernel_density import fit_kernel_density

__all__ = ["CELLS", "POINTS", "DensityPanel", "data_panel", "lattice", "model_panel"]

CELLS = 150
POINTS = 4_000


@dataclasses.dataclass(frozen=True, eq=False)
class DensityPanel:
    """One density: its map and samples of it.

    Attributes:
      half_width: The square [-half_width, half_width]^2 is shown.
      log_density: ln p on `lattice(half_width, n)`, `[n, n]`.
      points: Samples, `[N, 2]`.
      on_data: Bool `[N]`: whether a sample lies on the data; the others stand out.
      map_note: Words below the map.
      points_note: Words below the samples.
    """

    half_width: float
    log_density: np.ndarray
    points: np.ndarray
    on_data: np.ndarray
    map_note: str = ""
    points_note: str = ""


def lattice(half_width: float, count: int) -> np.ndarray:
    """Returns the centres of `count` x `count` cells of a square, `[count**2, 2]`.

    The square is [-half_width, half_width]^2; the first coordinate runs fastest.
    """
    ticks = ((np.arange(count) + 0.5) / count * 2.0 - 1.0) * half_width
    return np.stack(np.meshgrid(ticks, ticks), -1).reshape(-1, 2)


def data_panel(density: ToyDensity, count: int = POINTS) -> DensityPanel:
    """Returns the true density beside `count` points of it."""
    points = density.sample(count, seed=4)
    grid = lattice(density.half_width, CELLS)
    return DensityPanel(
        half_width=density.half_width,
        log_density=density.log_prob(grid).reshape(CELLS, CELLS),
        points=points,
        on_data=on_data(density, points),
    )


def model_panel(
    model,
    density: ToyDensity,
    *,
    noise: bool,
    count: int = POINTS,
    temperature: float = 1.0,
    seed: int = 0,
    progress=None,
) -> DensityPanel:
    """Returns a model's density beside samples of it.

    Args:
      model: A model of points. Without a likelihood its density is a kernel estimate
        of 10,000 samples.
      density: The true density, which says what lies on the data.
      noise: Whether samples are y ~ N(mu(z), sigma), not y = mu(z).
      count: Number of samples.
      temperature: Of the samples; the density is that of temperature 1.
      seed: Seed of the samples and of z.
      progress: Called with `(done, total)` points of the lattice.
    """
    grid = lattice(density.half_width, CELLS)
    if model.config.preset.likelihood:
        images = grid.reshape(-1, 1, 1, 2)
        found = log_prob_of_points(
            model, images, num_samples=256, seed=seed, progress=progress
        ).log_prob
    else:
        found = fit_kernel_density(*kernel_samples(model, seed)).log_prob(grid)
    points = draw_points(model, count, seed, temperature, noise=noise).reshape(-1, 2)
    return dataclasses.replace(
        data_panel(density),
        log_density=found.reshape(CELLS, CELLS),
        points=points,
        on_data=on_data(density, points),
    )
