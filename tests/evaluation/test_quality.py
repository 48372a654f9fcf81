import dataclasses

import numpy as np
import pytest

from ade_tf.evaluation.options import QUALITY_METRICS
from ade_tf.evaluation.protocols import PROTOCOLS
from ade_tf.evaluation.quality import score_samples
from ade_tf.extractors import FeatureSet
from ade_tf.metrics.frechet import GaussianStatistics, frechet_distance

DESK = PROTOCOLS["desk"]


def features(count, seed, shift=0.0, scale=1.0):
    """Returns Gaussian features and probabilities that follow from them."""
    x = np.random.default_rng(seed).normal(shift, scale, (count, 6)).astype(np.float32)
    weights = np.exp(2.0 * (x - x.max(1, keepdims=True)))
    return FeatureSet(x, weights / weights.sum(1, keepdims=True))


def scores(metric, real, generated, protocol=DESK, seed=0):
    found = score_samples(metric, real, generated, protocol, seed)
    return {score.metric: score for score in found}


def all_scores(real, generated, seed=0):
    found = {}
    for metric in QUALITY_METRICS:
        found.update(scores(metric, real, generated, seed=seed))
    return found


def test_one_pass_of_features_gives_all_scores():
    found = all_scores(features(400, 0), features(300, 1))
    assert set(found) == {
        *("frechet_distance", "kernel_distance", "inception_score"),
        "class_weighted_frechet",
        *("precision", "recall", "density", "coverage"),
        *("classifier_test_accuracy", "classifier_test_p"),
        *("kernel_test_mmd", "kernel_test_p"),
    }
    for score in found.values():
        floor = score.more["floor"]
        assert np.isfinite([score.value, floor["value"]]).all()
        assert (floor["num_examples"], floor["num_reference"]) == (200, 200)


def test_samples_like_the_reference_are_near_the_floor_and_others_are_not():
    good = all_scores(features(150, 0), features(150, 1))
    shifted = all_scores(features(150, 0), features(150, 1, shift=1.0))
    narrow = all_scores(features(150, 0), features(150, 1, scale=0.2))

    def value(found, name):
        return found[name].value

    floor = good["frechet_distance"].more["floor"]["value"]
    assert value(good, "frechet_distance") < 2 * floor < 1.0
    for name in ("frechet_distance", "kernel_distance"):
        assert value(shifted, name) > 5 * abs(value(good, name))
        assert value(narrow, name) > 3 * abs(value(good, name))
    # Narrow samples are all likely, and leave most of the reference out.
    assert value(narrow, "precision") > 0.95 > 0.2 > value(narrow, "recall")
    assert value(narrow, "density") > 1 > 0.5 > value(narrow, "coverage")
    assert value(good, "recall") > 0.7 and value(good, "coverage") > 0.8


def test_the_floor_is_one_half_against_the_other():
    real = features(401, 0)
    order = np.random.default_rng(3).permutation(401)
    halves = [
        GaussianStatistics.of(real.features[half])
        for half in (order[:200], order[200:400])
    ]
    (score,) = scores("frechet_distance", real, features(99, 1), seed=3).values()
    assert score.more["floor"]["value"] == pytest.approx(frechet_distance(*halves))
    again = scores("frechet_distance", real, features(99, 1), seed=4)
    assert again["frechet_distance"].value == score.value
    assert again["frechet_distance"].more["floor"] != score.more["floor"]


def test_splits_of_a_protocol_are_scored_one_by_one():
    protocol = dataclasses.replace(DESK, frechet_splits=10)
    real, generated = features(300, 0), features(500, 1)
    (score,) = scores("frechet_distance", real, generated, protocol).values()
    reference = GaussianStatistics.of(real.features)
    parts = [
        frechet_distance(reference, GaussianStatistics.of(part))
        for part in generated.features.reshape(10, 50, 6)
    ]
    assert score.value == pytest.approx(np.mean(parts))
    assert score.more["standard_deviation"] == pytest.approx(np.std(parts))
    (whole,) = scores("frechet_distance", real, generated).values()
    # Fewer samples, larger distance.
    assert score.value > 2 * whole.value


def test_kernel_subsets_fit_the_smaller_set():
    (score,) = scores("kernel_distance", features(90, 0), features(40, 1)).values()
    assert score.more["subset_size"] == 40
    assert score.more["standard_deviation"] > 0


@pytest.mark.parametrize("metric", ["inception_score", "class_weighted_frechet"])
def test_a_score_of_probabilities_needs_them(metric):
    bare = FeatureSet(features(50, 0).features, None)
    with pytest.raises(ValueError, match=f"{metric} needs an extractor with"):
        scores(metric, bare, bare)


@pytest.mark.parametrize("metric", QUALITY_METRICS)
def test_a_feature_that_is_no_number_is_refused(metric):
    broken = features(60, 1)
    broken.features[7, 0] = broken.probabilities[7, 0] = np.nan
    with pytest.raises(ValueError, match="finite"):
        scores(metric, features(60, 0), broken)


def test_at_the_real_shares_of_classes_only_the_look_of_a_class_counts():
    real = features(6000, 0)
    classes = real.probabilities.argmax(1)
    # Other shares of the same classes, and one class that no sample has.
    rng = np.random.default_rng(1)
    kept = rng.uniform(size=6000) < np.array([1, 0.2, 0.5, 1, 0.1, 0])[classes]
    others = FeatureSet(real.features[kept], real.probabilities[kept])
    plain = scores("frechet_distance", real, others)["frechet_distance"].value
    found = scores("class_weighted_frechet", real, others)["class_weighted_frechet"]
    share = float(np.mean(classes != 5))
    assert found.more["share_sampled"] == pytest.approx(share)
    # What is left is the class without a sample: that of the others at real shares.
    rest = classes != 5
    least = frechet_distance(
        GaussianStatistics.of(real.features), GaussianStatistics.of(real.features[rest])
    )
    assert found.value == pytest.approx(least, rel=0.15)
    assert plain > 2 * found.value


def test_without_a_class_in_common_there_is_no_distance_by_class():
    real, others = features(60, 0), features(60, 1)
    real.probabilities[:] = np.eye(6)[[0, 1] * 30]
    others.probabilities[:] = np.eye(6)[[3, 5] * 30]
    with pytest.raises(ValueError, match=r"needs samples of a .*: samples .* \[3, 5\]"):
        scores("class_weighted_frechet", real, others)
