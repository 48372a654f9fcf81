"""Tests of trained extractors on real images, where a machine holds them."""

import resource
import time

import numpy as np
import pytest

from ade_tf.extractors import EXTRACTORS, collect
from ade_tf.progress import Passes
from tests.helpers.real_files import real_data, real_extractor

pytestmark = pytest.mark.long


def load(name):
    return EXTRACTORS["savedmodel"](path=str(real_extractor(name)))


def peak_megabytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def test_a_cifar_classifier_knows_the_classes():
    with np.load(real_data("cifar10_exact_subset.npz")) as file:
        images, labels = file["x_test"], file["y_test"]
    extractor = load("cifar_resnet56")
    assert extractor.image_size == (32, 32)
    found = collect(extractor, images, levels=256)
    right = np.mean(found.probabilities.argmax(axis=1) == labels.ravel())
    print(f"cifar_resnet56: {right:.1%} of {len(images)} right")
    assert right > 0.91
    with pytest.raises(ValueError, match=r"height 32, width 32.*28, 28"):
        collect(extractor, images[:5, 2:-2, 2:-2], levels=256)


def test_ten_thousand_images_stream_in_bounded_memory():
    # Not through a larger data set, whose loading would hide the peak of the pass.
    with np.load(real_data("cifar10_exact_subset.npz")) as file:
        images = np.concatenate([file["x_train"], file["x_test"]])
    images = images[np.arange(10_000) % len(images)]
    extractor = load("mobilenet_v2_224")
    collect(extractor, images[:300], levels=256)
    before, start = peak_megabytes(), time.monotonic()
    found = collect(
        extractor, images, levels=256, progress=Passes(f"features ({extractor.name})")
    )
    elapsed = time.monotonic() - start
    result = (found.features.nbytes + found.probabilities.nbytes) / 2**20
    print(
        f"{len(images)} images, {len(images) / elapsed:.1f} images/s; "
        f"peak {peak_megabytes():.0f} MiB, of it {before:.0f} before the pass; "
        f"the result takes {result:.0f} MiB"
    )
    assert found.features.shape == (10_000, 1280)
    assert found.probabilities.shape == (10_000, 1001)
    # The result, once more while it grows, and what the allocator keeps.
    assert peak_megabytes() - before < 2 * result + 100
