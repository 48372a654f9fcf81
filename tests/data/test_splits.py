"""Splits that a source lacks are drawn from its training images."""

import numpy as np
import pytest

from ade_tf.data.splits import Split, complete_splits, partition


def numbered(num_images, first=0):
    images = np.zeros([num_images, 1, 1, 1], np.uint8)
    return Split(images, np.arange(first, first + num_images, dtype=np.int32))


@pytest.mark.parametrize(
    "num_images, sizes",
    [(3, (1, 1, 1)), (100, (81, 9, 10)), (60000, (49000, 5000, 6000))],
)
def test_missing_validation_and_test(num_images, sizes):
    splits, made = complete_splits({"train": numbered(num_images)})
    parts = [splits[name].labels for name in ("train", "validation", "test")]
    assert tuple(map(len, parts)) == sizes
    order = np.random.default_rng(0).permutation(num_images)
    np.testing.assert_array_equal(np.concatenate(parts), order)
    assert made.startswith("Validation and test are held out") and "(0)" in made


def test_missing_validation_leaves_test_alone():
    given = {"train": numbered(50), "test": numbered(20, first=100)}
    splits, made = complete_splits(given)
    assert splits["test"] is given["test"]
    held = np.concatenate([splits["train"].labels, splits["validation"].labels])
    np.testing.assert_array_equal(held, np.random.default_rng(0).permutation(50))
    assert len(splits["validation"]) == 5
    assert made.startswith("Validation is held out of the source's 50")


def test_missing_test_leaves_validation_alone():
    given = {"train": numbered(50), "validation": numbered(7, first=100)}
    splits, _ = complete_splits(given)
    assert splits["validation"] is given["validation"]
    assert len(splits["test"]) == 5 and len(splits["train"]) == 45


def test_complete_source_is_kept_in_order():
    given = {name: numbered(4) for name in ("train", "validation", "test")}
    splits, made = complete_splits(given)
    assert splits == given and "source's own" in made


def test_too_few_images():
    with pytest.raises(ValueError, match="more images than are held out.*: 2 images"):
        complete_splits({"train": numbered(2)})
    with pytest.raises(ValueError, match=r"\(3 for validation, 2 for test\)"):
        partition(numbered(5), 3, 2)
