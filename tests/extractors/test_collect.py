"""Tests of features of whole sets: order, batches, replicas, memory, failures."""

import weakref

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.extractors import collect
from ade_tf.metrics.frechet import GaussianStatistics, frechet_distance
from ade_tf.strategies import make_strategy
from tests.extractors import cases


def distance(first, second):
    return frechet_distance(
        GaussianStatistics.of(first.features), GaussianStatistics.of(second.features)
    )


def test_rows_are_those_of_single_images():
    extractor, images = cases.small_extractor(), cases.images(11)
    result = collect(extractor, images, levels=256, batch_size=4)
    assert len(result) == 11
    for i in range(11):
        features, probabilities = extractor(images[i : i + 1])
        np.testing.assert_allclose(result.features[i], features[0], rtol=1e-5)
        np.testing.assert_allclose(result.probabilities[i], probabilities[0], rtol=1e-5)


def test_nothing_depends_on_batches_or_replicas():
    first, second = cases.images(60), cases.images(53, levels=200, seed=1)
    extractor = cases.small_extractor()

    def measure(**options):
        return distance(
            collect(extractor, first, levels=256, **options),
            collect(extractor, second, levels=256, **options),
        )

    expected = measure()
    for options in (
        dict(batch_size=7),
        dict(batch_size=16),
        dict(batch_size=16, strategy=make_strategy("mirrored", 16)),
        dict(batch_size=16, strategy=make_strategy("single", 16)),
    ):
        assert measure(**options) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("num_classes", [4, None])
def test_two_replicas_give_the_same_rows_in_order(num_classes):
    extractor, images = cases.small_extractor(num_classes=num_classes), cases.images(13)
    strategy = make_strategy("mirrored", 6)
    assert strategy.num_replicas_in_sync == 2
    one = collect(extractor, images, levels=256)
    two = collect(extractor, images, levels=256, batch_size=6, strategy=strategy)
    np.testing.assert_allclose(two.features, one.features, rtol=1e-5)
    if num_classes is None:
        assert one.probabilities is None and two.probabilities is None
    else:
        np.testing.assert_allclose(two.probabilities, one.probabilities, rtol=1e-5)


def test_batches_of_any_sizes_stream_through():
    extractor, images = cases.small_extractor(), cases.images(700, side=4)
    alive, most, done = weakref.WeakSet(), 0, []

    class Piece(np.ndarray):
        """An array that can be counted while it is in use."""

        __hash__ = object.__hash__

    def pieces():
        nonlocal most
        start = 0
        while start < len(images):
            size = 1 + start % 13
            piece = images[start : start + size].copy().view(Piece)
            alive.add(piece)
            yield piece
            del piece
            most = max(most, len(alive))
            start += size

    result = collect(
        extractor,
        pieces(),
        levels=256,
        batch_size=10,
        total=700,
        progress=lambda *progress: done.append(progress),
    )
    expected = collect(extractor, images, levels=256)
    np.testing.assert_allclose(result.features, expected.features, rtol=1e-5)
    assert done == [(10 * i, 700) for i in range(1, 71)]
    assert most <= 3


def test_traces_once():
    extractor = cases.small_extractor()
    collect(extractor, cases.images(10), levels=256, batch_size=4)
    assert extractor.function.experimental_get_tracing_count() == 1


@pytest.mark.parametrize(
    ("part", "bad"),
    [("features", "nan"), ("features", "inf"), ("probabilities", "nan")],
)
def test_what_is_not_finite_fails_by_name(part, bad):
    def function(images):
        x = tf.cast(images[:, 0, 0, :1], tf.float32)
        x = tf.where(x == 99.0, float(bad), x)
        good = tf.zeros_like(x)
        return (x, good) if part == "features" else (good, x)

    images = np.zeros((9, 2, 2, 3), np.uint8)
    images[7, 0, 0, 0] = 99
    extractor = cases.small_extractor(function=function)
    message = rf"All {part} must be finite.*{part} of image 7 from the extractor small"
    with pytest.raises(ValueError, match=message):
        collect(extractor, images, levels=256, batch_size=4)


@pytest.mark.parametrize(
    ("images", "options", "message"),
    [
        (cases.images(0), {}, "at least one image"),
        (iter([]), {}, "at least one image"),
        ([cases.images(3)], {"total": 4}, "need 4 images. Received: 3"),
        (cases.images(3), {"batch_size": 0}, "at least 1. Received: 0"),
        (
            cases.images(3),
            {"batch_size": 3, "strategy": "mirrored"},
            "multiple of the number of replicas.*batch_size=3, replicas=2",
        ),
    ],
)
def test_refuses(images, options, message):
    if "strategy" in options:
        options["strategy"] = make_strategy("mirrored", 2)
    with pytest.raises(ValueError, match=message):
        collect(cases.small_extractor(), images, levels=256, **options)
