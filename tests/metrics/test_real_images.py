"""The metrics on real CIFAR-10 images, in the spaces of real extractors."""

import math

import numpy as np
import pytest
import scipy.linalg
import tensorflow as tf
import tensorflow_datasets as tfds

from ade_tf.metrics import (
    GaussianStatistics,
    density_coverage,
    frechet_distance,
    inception_score,
    kernel_distance,
    nearest_neighbours,
    precision_recall,
    squared_mmd,
)
from tests.helpers.real_files import real_data, real_extractor

pytestmark = pytest.mark.long

HALF = 2000
NOISES = 4, 8, 16  # Standard deviations in levels of 256.


@pytest.fixture(scope="module")
def cifar10():
    """Returns two halves of exact images, each `[2000, 32, 32, 3]`, and labels."""
    with np.load(real_data("cifar10_exact_subset.npz")) as file:
        images, labels = file["x_train"], file["y_train"]
    halves = slice(0, HALF), slice(HALF, 2 * HALF)
    return [images[half] for half in halves], [labels[half] for half in halves]


def extract(extractor, images):
    """Returns the features and class probabilities of uint8 images."""
    model = tf.saved_model.load(str(real_extractor(extractor)))
    function = model.signatures["serving_default"]
    outputs = [
        function(images=tf.constant(images[start : start + 100]))
        for start in range(0, len(images), 100)
    ]
    return [
        np.concatenate([output[name].numpy() for output in outputs])
        for name in ("features", "probabilities")
    ]


def noisy(images, deviation):
    noise = np.random.default_rng(0).normal(0, deviation, images.shape)
    return np.clip(np.rint(images + noise), 0, 255).astype(np.uint8)


def jpeg_copies(images):
    """Returns the JPEG copy of each image: the nearest, in means of 4 x 4 pixels."""

    def small(x):
        return x.reshape(-1, 8, 4, 8, 4, 3).mean((2, 4)).reshape(len(x), -1)

    builder = tfds.builder_from_directory(
        str(real_data("tfds") / "cifar10_jpegq75" / "1.0.0")
    )
    batches = tfds.as_numpy(builder.as_dataset(split="train", batch_size=5000))
    copies = np.concatenate([batch["image"] for batch in batches])
    distances, rows = nearest_neighbours(small(images), small(copies), 1)
    assert np.median(distances) < 60  # The second nearest are at 400.
    return copies[rows[:, 0]]


def scores(reference, features, probabilities):
    """Returns every metric of images whose features these are."""
    gaussians = [GaussianStatistics.of(x) for x in (reference, features)]
    precision, recall = precision_recall(reference, features)
    density, coverage = density_coverage(reference, features)
    return {
        "frechet_distance": frechet_distance(*gaussians),
        "kernel_distance": kernel_distance(reference, features, subsets=20)[0],
        "inception_score": inception_score(probabilities)[0],
        "precision": precision,
        "recall": recall,
        "density": density,
        "coverage": coverage,
    }


@pytest.fixture(scope="module")
def extracted(cifar10):
    """Returns features and probabilities of each half by the CIFAR-10 classifier."""
    return [extract("cifar_resnet56", half) for half in cifar10[0]]


@pytest.fixture(scope="module")
def table(cifar10, extracted):
    """Returns the scores of real, noisy and JPEG images against other real ones."""
    (reference, _), real = extracted
    images = cifar10[0][1]
    sets = {f"noise {deviation}": noisy(images, deviation) for deviation in NOISES}
    sets["jpeg"] = jpeg_copies(images)
    rows = {"real": scores(reference, *real)} | {
        name: scores(reference, *extract("cifar_resnet56", images))
        for name, images in sets.items()
    }
    for name, row in rows.items():
        print(f"{name:9}", *(f"{key} {value:.4f}" for key, value in row.items()))
    return rows


@pytest.mark.parametrize(
    ("metric", "better"),
    [
        # Distances: the noise moves the features, in mean and in spread.
        ("frechet_distance", -1),
        ("kernel_distance", -1),
        # Classes are harder to tell, and the guesses drift to a few of them.
        ("inception_score", 1),
        # Fewer images stay among the real ones, in balls of real ones or near them,
        ("precision", 1),
        ("density", 1),
        # and fewer of the real ones have an image near, or are within their balls.
        # (Recall need not fall with any damage: wide outliers have wide balls.)
        ("recall", 1),
        ("coverage", 1),
    ],
)
def test_real_is_better_than_noisy_or_compressed(table, metric, better):
    """Noise of the same seed, ever stronger, and JPEG copies of the same images."""
    levels = ["real", *(f"noise {deviation}" for deviation in NOISES)]
    for order in (levels, ["real", "jpeg"]):
        values = np.array([better * table[name][metric] for name in order])
        assert (np.diff(values) < 0).all(), dict(zip(order, values, strict=True))


def test_real_against_real_is_the_floor(table):
    floor = table["real"]
    assert floor["frechet_distance"] < 0.1 * table["jpeg"]["frechet_distance"]
    assert abs(floor["kernel_distance"]) < 0.1 * table["jpeg"]["kernel_distance"]
    assert min(floor["precision"], floor["recall"]) > 0.8
    assert floor["density"] == pytest.approx(1, abs=0.1)
    assert floor["coverage"] == pytest.approx(1 - 2**-5, abs=0.02)


def test_one_image_per_class_is_precise_and_recalls_nothing(cifar10, extracted):
    """Ten real images, typical of their classes: only the Inception score is glad."""
    (reference, _), (features, probabilities) = extracted
    labels = cifar10[1][1]
    typical = []
    for label in range(10):
        members = np.flatnonzero(labels == label)
        shifts = features[members] - features[members].mean(0)
        typical.append(members[np.square(shifts).sum(1).argmin()])
    rows = np.tile(typical, HALF // 10)
    collapsed = scores(reference, features[rows], probabilities[rows])
    fair = scores(reference, features, probabilities)
    print("collapsed", collapsed, "fair", fair)
    assert collapsed["precision"] >= fair["precision"] > 0.8
    assert collapsed["recall"] < 0.01 < 0.8 < fair["recall"]
    assert collapsed["coverage"] < 0.2 < 0.9 < fair["coverage"]
    assert collapsed["density"] >= fair["density"]
    assert collapsed["frechet_distance"] > 10 * fair["frechet_distance"]
    assert collapsed["inception_score"] > fair["inception_score"]


def test_distances_agree_with_independent_computations(cifar10):
    """2,000 against 2,000 images in 1,280 dimensions: by sqrtm, and by every pair."""
    halves, _ = cifar10
    both, _ = extract("mobilenet_v2_224", np.concatenate(halves))
    first, second = both[:HALF].astype(np.float64), both[HALF:].astype(np.float64)

    one, two = np.cov(first.T), np.cov(second.T)
    root = scipy.linalg.sqrtm(one @ two).real
    shift = np.square(first.mean(0) - second.mean(0)).sum()
    expected = shift + np.trace(one) + np.trace(two) - 2 * np.trace(root)
    statistics = GaussianStatistics.of(both[:HALF]), GaussianStatistics.of(both[HALF:])
    frechet = frechet_distance(*statistics)
    print(f"frechet {frechet!r}, by sqrtm {expected!r}: {frechet / expected - 1:.1e}")
    assert frechet == pytest.approx(expected, rel=1e-6)

    def mean_kernel(x, y, skip_same):
        rows = (np.delete(y, i, 0) if skip_same else y for i in range(len(x)))
        sums = (
            math.fsum((row @ a / len(a) + 1) ** 3)
            for row, a in zip(rows, x, strict=True)
        )
        return math.fsum(sums) / (len(x) * (len(y) - skip_same))

    expected = mean_kernel(first, first, True) + mean_kernel(second, second, True)
    expected -= 2 * mean_kernel(first, second, False)
    kernel = squared_mmd(both[:HALF], both[HALF:])
    print(f"kernel {kernel!r}, by pairs {expected!r}: {kernel / expected - 1:.1e}")
    assert kernel == pytest.approx(expected, rel=1e-6)
