"""The built-in digits: their split, values and description."""

import numpy as np
import pytest
from sklearn import datasets

from ade_tf.data import load_dataset


def test_split_is_the_documented_permutation():
    data = load_dataset("digits")
    bunch = datasets.load_digits()
    order = np.random.default_rng(0).permutation(1797)
    parts = {
        "train": order[:1297],
        "validation": order[1297:1497],
        "test": order[1497:],
    }
    for name, part in parts.items():
        split = getattr(data, name)
        np.testing.assert_array_equal(split.images[..., 0], bunch.images[part])
        np.testing.assert_array_equal(split.labels, bunch.target[part])
        assert split.images.dtype == np.uint8 and split.labels.dtype == np.int32
    assert [len(data.train), len(data.validation), len(data.test)] == [1297, 200, 300]


def test_facts():
    data = load_dataset("digits")
    assert data.levels == 17 and data.train.images.max() == 16
    assert data.num_classes == 10 and data.image_shape == (8, 8, 1)
    assert "1297 train, 200 validation, 300 test" in data.description
    assert "default_rng(0).permutation(1797)" in data.description


def test_second_domains_are_made_of_the_first():
    plain, negative, bold = (
        load_dataset(f"digits{more}").test for more in ("", ":negative", ":bold")
    )
    np.testing.assert_array_equal(negative.images, 16 - plain.images)
    np.testing.assert_array_equal(negative.labels, plain.labels)
    images = np.pad(plain.images, ((0, 0), (0, 1), (0, 1), (0, 0)))
    pairs = [images[:, i : i + 8, j : j + 8] for i in (0, 1) for j in (0, 1)]
    np.testing.assert_array_equal(bold.images, np.max(pairs, axis=0))


def test_another_argument_is_refused():
    with pytest.raises(ValueError, match="but `negative` or `bold`. Received: 'small'"):
        load_dataset("digits:small")
