"""Tests of pixels as features, on digits."""

import dataclasses

import numpy as np

from ade_tf.extractors import EXTRACTORS, collect
from tests.helpers.models import digits

load = EXTRACTORS["pixels"]


def test_features_are_the_values_of_the_image():
    extractor, images = load(data=digits()), digits().test.images[:7]
    assert (extractor.name, extractor.feature_size) == ("pixels(8x8x1)", 64)
    found = collect(extractor, images, levels=17, batch_size=3)
    expected = np.rint(images.reshape(7, 64) * (255 / 16))
    np.testing.assert_array_equal(found.features, expected)
    assert found.probabilities is None
    wide = np.repeat(digits().train.images, 2, axis=2)
    split = dataclasses.replace(digits().train, images=wide)
    other = load(data=dataclasses.replace(digits(), train=split))
    assert other.sha256 != extractor.sha256
