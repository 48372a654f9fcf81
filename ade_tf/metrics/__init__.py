"""Metrics: numbers from arrays."""

from ade_tf.metrics.bits_per_dim import (
    bits_per_dim,
    mean_and_standard_error,
    uniform_bits_per_dim,
)
from ade_tf.metrics.density_coverage import density_coverage
from ade_tf.metrics.features import check_features
from ade_tf.metrics.frechet import GaussianStatistics, frechet_distance
from ade_tf.metrics.inception_score import inception_score
from ade_tf.metrics.kernel import kernel_distance, squared_mmd
from ade_tf.metrics.neighbours import (
    count_balls,
    kth_radii,
    nearest_distances,
    nearest_neighbours,
)
from ade_tf.metrics.precision_recall import precision_recall

__all__ = [
    "GaussianStatistics",
    "bits_per_dim",
    "check_features",
    "count_balls",
    "density_coverage",
    "frechet_distance",
    "inception_score",
    "kernel_distance",
    "kth_radii",
    "mean_and_standard_error",
    "nearest_distances",
    "nearest_neighbours",
    "precision_recall",
    "squared_mmd",
    "uniform_bits_per_dim",
]
