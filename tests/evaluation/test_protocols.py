import types

import pytest

from ade_tf.evaluation.protocols import PROTOCOLS, score_name

INCEPTION = types.SimpleNamespace(kind="inception", name="inception")
OTHER = types.SimpleNamespace(kind="savedmodel", name="net")

NAMES = [
    ("frechet_distance", INCEPTION, "modern_50k", 50_000, "FID-50k"),
    ("frechet_distance", INCEPTION, "desk", 50_000, "FID (50,000 samples)"),
    ("frechet_distance", INCEPTION, "desk", 2_000, "FID (2,000 samples)"),
    (
        *("frechet_distance", INCEPTION, "ade_paper", 50_000),
        "FID (mean over 10 splits of 5,000)",
    ),
    ("frechet_distance", OTHER, "desk", 50_000, "Frechet distance (net)"),
    ("kernel_distance", INCEPTION, "desk", 2_000, "KID"),
    ("kernel_distance", OTHER, "desk", 2_000, "Kernel distance (net)"),
    ("inception_score", INCEPTION, "ade_paper", 50_000, "IS"),
    ("inception_score", OTHER, "desk", 2_000, "Inception score (net)"),
    ("precision", INCEPTION, "modern_50k", 50_000, "Precision (inception)"),
    ("coverage", OTHER, "desk", 2_000, "Coverage (net)"),
]


@pytest.mark.parametrize(("metric", "extractor", "protocol", "count", "name"), NAMES)
def test_the_name_says_what_a_score_compares_with(
    metric, extractor, protocol, count, name
):
    assert score_name(metric, extractor, PROTOCOLS[protocol], count) == name


COUNTS = [
    ("ade_paper", 49_999, 10_000, "at least 50000 samples. Received: 49999"),
    ("ade_paper", 50_000, 4_999, "at least 5000 reference images. Received: 4999"),
    ("modern_50k", 50_000, 9_999, "at least 10000 reference images"),
    ("desk", 19, 100, "at least 20 samples"),
    ("desk", 100, 19, "at least 20 reference images"),
]


@pytest.mark.parametrize(("protocol", "samples", "reference", "message"), COUNTS)
def test_too_few_images_are_refused(protocol, samples, reference, message):
    with pytest.raises(ValueError, match=f"protocol `{protocol}` needs {message}"):
        PROTOCOLS[protocol].check_counts(samples, reference)


def test_enough_images_are_enough():
    PROTOCOLS["ade_paper"].check_counts(50_000, 10_000)
    PROTOCOLS["modern_50k"].check_counts(50_000, 50_000)
    PROTOCOLS["desk"].check_counts(20, 20)


def test_references():
    assert PROTOCOLS["ade_paper"].reference_of("validation") == "test"
    assert PROTOCOLS["modern_50k"].reference_of("test") == "train+validation"
    assert PROTOCOLS["desk"].reference_of("validation") == "validation"
