"""Metrics: numbers from arrays."""

from ade_tf.lazy import lazy

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "balls": ("density_coverage", "precision_recall"),
        "bits": ("bits_per_dim", "mean_and_standard_error", "share_standard_error"),
        "calibration": ("expected_calibration_error",),
        "disentanglement": ("MutualInformationGap", "mutual_information_gap"),
        "features": ("check_features",),
        "frechet": ("GaussianStatistics", "frechet_distance"),
        "inception": ("inception_score",),
        "kernel": ("kernel_distance", "squared_mmd"),
        "kernel_density": ("fit_kernel_density",),
        "mutual_information": ("elbo_surgery",),
        "neighbours": (
            "count_balls",
            "kth_radii",
            "nearest_distances",
            "nearest_images",
            "nearest_neighbours",
        ),
        "roc": ("roc_area",),
        "two_sample": ("classifier_test", "kernel_test"),
    },
)
