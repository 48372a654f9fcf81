"""Every metric: what it needs, what it writes into records, and what computes it.

This is the only list of metrics. Reading it imports none of them, and no TensorFlow.
"""

import dataclasses

from ade_tf.config.choices import Choice
from ade_tf.data.split_names import SPLITS

__all__ = ["METRICS", "OUTPUTS", "SPLITS", "Metric", "Output", "renamed"]


@dataclasses.dataclass(frozen=True)
class Output:
    """A number that a metric writes into records.

    Attributes:
      key: Its name in records.
      label: Its name for people.
      better: `lower`, `higher`, or empty where neither is better as such.
      published: Its name where it is one of the Inception network's features; empty:
        as everywhere.
    """

    key: str
    label: str
    better: str = ""
    published: str = ""


@dataclasses.dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes:
      name: What it is asked for by.
      compute: What computes it, `module:function` of this package: a function
        `(evaluation, split) -> records`; of a metric that compares, a function of
        features, see `ade_tf.evaluation.quality`.
      outputs: What it writes.
      needs: What it needs of the model, keys of `ade_tf.config.missing`.
      source: Source of the data that it needs; empty: any.
      extractor: What it needs of an extractor: `features`, `probabilities`, or
        `labels`, the probabilities of the data's own classes; empty: nothing.
      labels: Whether it needs labels of the images.
      compares: Whether it compares two sets of images by their features alone, so that
        it takes any images in the place of samples.
      splits: The splits of real images that it takes.
      formerly: Its name in records of earlier versions.
    """

    name: str
    compute: str
    outputs: tuple[Output, ...]
    needs: tuple[str, ...] = ()
    source: str = ""
    extractor: str = ""
    labels: bool = False
    compares: bool = False
    splits: tuple[str, ...] = SPLITS
    formerly: str = ""

    def load(self):
        """Returns the function that computes it, imported."""
        return Choice(f"ade_tf.evaluation.{self.compute}").load()


_OF_SAMPLES = dict(needs=("samples",), compares=True)
_FEATURES = dict(extractor="features", **_OF_SAMPLES)
METRICS = {
    metric.name: metric
    for metric in (
        Metric(
            "bits_per_dim",
            "likelihood:evaluate_likelihood",
            (Output("bits_per_dim", "bits/dim", "lower"),),
            needs=("likelihood",),
        ),
        Metric(
            "inversion_error",
            "round_trip:evaluate_inversion_error",
            (Output("inversion_error", "max |f^-1(f(x)) - x|", "lower"),),
            needs=("features", "samples"),
            formerly="reconstruction_error",
        ),
        Metric(
            "frechet_distance",
            "quality:frechet",
            (Output("frechet_distance", "Frechet distance", "lower", "FID"),),
            **_FEATURES,
        ),
        Metric(
            "class_weighted_frechet",
            "quality:frechet_of_classes",
            (
                Output(
                    "class_weighted_frechet",
                    "Frechet distance at the real shares of classes",
                    "lower",
                ),
            ),
            extractor="probabilities",
            **_OF_SAMPLES,
        ),
        Metric(
            "kernel_distance",
            "quality:kernel",
            (Output("kernel_distance", "Kernel distance", "lower", "KID"),),
            **_FEATURES,
        ),
        Metric(
            "inception_score",
            "quality:inception",
            (Output("inception_score", "Inception score", "higher", "IS"),),
            extractor="probabilities",
            **_OF_SAMPLES,
        ),
        Metric(
            "precision_recall",
            "quality:precision",
            (
                Output("precision", "Precision", "higher"),
                Output("recall", "Recall", "higher"),
            ),
            **_FEATURES,
        ),
        Metric(
            "density_coverage",
            "quality:density",
            (
                Output("density", "Density", "higher"),
                Output("coverage", "Coverage", "higher"),
            ),
            **_FEATURES,
        ),
        Metric(
            "classifier_test",
            "two_sample:classifier",
            (
                Output(
                    "classifier_test_accuracy", "Classifier test, accuracy", "lower"
                ),
                Output("classifier_test_p", "Classifier test, p-value"),
            ),
            **_FEATURES,
        ),
        Metric(
            "kernel_test",
            "two_sample:kernel",
            (
                Output("kernel_test_mmd", "Kernel test, MMD^2", "lower"),
                Output("kernel_test_p", "Kernel test, p-value"),
            ),
            **_FEATURES,
        ),
        Metric(
            "label_accuracy",
            "label_accuracy:evaluate_label_accuracy",
            (Output("label_accuracy", "samples classified as their label", "higher"),),
            needs=("samples of classes",),
            extractor="labels",
        ),
        Metric(
            "reconstructions",
            "reconstructions:evaluate_reconstructions",
            (
                Output("class_kept", "reconstructions of their class", "higher"),
                Output("reconstruction_rmse", "RMSE of reconstructions", "lower"),
            ),
            needs=("encoder",),
            extractor="labels",
        ),
        Metric(
            "aggregate_posterior",
            "aggregate_posterior:evaluate_aggregate_posterior",
            (
                Output("code_mmd", "MMD^2 of codes and prior", "lower"),
                Output("code_stddev", "standard deviation of codes"),
            ),
            needs=("encoder", "gaussian", "vector"),
        ),
        Metric(
            "classification",
            "classification:evaluate_classification",
            (
                Output("accuracy", "accuracy of p(c | x)", "higher"),
                Output("calibration_error", "expected calibration error", "lower"),
            ),
            needs=("classifier",),
        ),
        Metric(
            "clustering_accuracy",
            "clusters:evaluate_clustering_accuracy",
            (
                Output(
                    "clustering_accuracy", "images in their class's cluster", "higher"
                ),
            ),
            needs=("codes",),
            labels=True,
        ),
        Metric(
            "active_units",
            "latent:evaluate_active_units",
            (Output("active_units", "active units"),),
            needs=("encoder",),
        ),
        Metric(
            "mutual_information",
            "latent:evaluate_mutual_information",
            (
                Output("mutual_information", "mutual information, nats"),
                Output("marginal_kl", "KL(q(z) || p(z)), nats"),
            ),
            needs=("encoder", "gaussian", "vector", "normal prior"),
        ),
        Metric(
            "mutual_information_gap",
            "disentanglement:evaluate_mutual_information_gap",
            (Output("mutual_information_gap", "mutual information gap", "higher"),),
            needs=("encoder",),
            source="shapes",
        ),
        Metric(
            "memorisation",
            "memorisation:evaluate_memorisation",
            (
                Output(
                    "memorisation_ratio",
                    "distance to training images, by that of real ones",
                ),
                Output("memorisation_share", "share nearer than 5 % of real ones"),
            ),
            needs=("samples",),
            extractor="features",
            splits=("validation", "test"),
        ),
        Metric(
            "toy_divergences",
            "toy:evaluate_toy_divergences",
            (
                Output("forward_kl", "KL(data || model), nats", "lower"),
                Output("reverse_kl", "KL(model || data), nats", "lower"),
                Output("modes_covered", "modes covered", "higher"),
                Output("off_data", "off the data", "lower"),
            ),
            needs=("unconditional", "samples"),
            source="toy",
        ),
        Metric(
            "b_bits_per_dim",
            "translation:evaluate_likelihood_b",
            (Output("b_bits_per_dim", "bits/dim of B", "lower"),),
            needs=("likelihood", "two domains"),
        ),
        Metric(
            "translation_distance",
            "translation:evaluate_translation_distance",
            (
                Output("frechet_a_to_b", "Frechet distance, A to B", "lower"),
                Output("frechet_b_to_a", "Frechet distance, B to A", "lower"),
            ),
            needs=("two domains",),
            extractor="features",
        ),
        Metric(
            "translation_class_kept",
            "translation:evaluate_class_kept",
            (
                Output("class_kept_a_to_b", "class kept from A to B", "higher"),
                Output("class_kept_b_to_a", "class kept from B to A", "higher"),
            ),
            needs=("two domains",),
            extractor="labels",
            labels=True,
        ),
        Metric(
            "cycle_error",
            "translation:evaluate_cycle_error",
            (
                Output("cycle_error_a", "RMSE of A to B and back", "lower"),
                Output("cycle_error_b", "RMSE of B to A and back", "lower"),
            ),
            needs=("two domains",),
        ),
    )
}

# Name in records -> the metric that writes it, and the output.
OUTPUTS = {o.key: (metric, o) for metric in METRICS.values() for o in metric.outputs}

_FORMER = {m.formerly: m.name for m in METRICS.values() if m.formerly}


def renamed(record: dict) -> dict:
    """Returns a record under today's name of its metric.

    Records on disk stay as they are: what an earlier version called otherwise is given
    its new name where it is read to be shown.
    """
    name = _FORMER.get(record.get("metric"))
    return {**record, "metric": name} if name else record
