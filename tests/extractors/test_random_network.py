"""Tests of the features of random weights, on digits."""

import dataclasses

import numpy as np
import pytest

from ade_tf.extractors import EXTRACTORS, collect
from ade_tf.metrics.frechet import GaussianStatistics, frechet_distance
from tests.helpers.models import digits

load = EXTRACTORS["random"]


def statistics(extractor, images):
    return GaussianStatistics.of(collect(extractor, images, levels=17).features)


def test_it_tells_damaged_images_from_real_ones():
    extractor = load(data=digits())
    assert extractor.name == "random(8x8x1)" and extractor.num_classes is None
    images = digits().train.images
    real, others = images[::2], images[1::2]
    noise = np.random.default_rng(0).integers(-3, 4, others.shape)
    noisy = np.clip(others.astype(int) + noise, 0, 16).astype(np.uint8)
    reference = statistics(extractor, real)
    same, mirrored, damaged, one_class = (
        frechet_distance(reference, statistics(extractor, found))
        for found in (
            others,
            others[:, :, ::-1],
            noisy,
            images[digits().train.labels == 1],
        )
    )
    assert min(mirrored, damaged, one_class) > 2.5 * same


def test_it_is_the_same_every_time_and_another_for_another_shape():
    first, second = load(data=digits()), load(data=digits())
    assert first.sha256 == second.sha256
    images = digits().test.images[:20]
    one, two = (collect(e, images, levels=17).features for e in (first, second))
    np.testing.assert_array_equal(one, two)
    assert (one.std(0) > 0).sum() > 32
    wide = np.repeat(digits().train.images, 2, axis=2)
    split = dataclasses.replace(digits().train, images=wide)
    other = load(data=dataclasses.replace(digits(), train=split))
    assert (other.name, other.image_size) == ("random(8x16x1)", (8, 16))
    assert other.sha256 != first.sha256


@pytest.mark.parametrize("kind", ["random", "pixels"])
def test_it_takes_images_of_levels_and_no_file(kind):
    for arguments, message in (
        (dict(path="here", data=digits()), "no extractor_path. Received: 'here'"),
        (dict(), "whole levels. Received: none"),
        (dict(data=dataclasses.replace(digits(), levels=0)), "whole levels. Received"),
    ):
        with pytest.raises(ValueError, match=message):
            EXTRACTORS[kind](**arguments)
