"""Batches as functions of (seed, step): order, flips, resuming and replicas."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.data import (
    Split,
    evaluation_batches,
    stream_of_domains,
    training_stream,
)


def numbered(num_images, shape=(2, 3, 1)):
    """Images whose pixels increase from left to right; labels are positions."""
    rng = np.random.default_rng(0)
    images = np.sort(rng.integers(0, 256, [num_images, *shape], np.uint8), axis=2)
    return Split(images, np.arange(num_images, dtype=np.int32))


def take(dataset, count):
    return list(itertools.islice(dataset.as_numpy_iterator(), count))


def labels_of(split, num_batches, **options):
    batches = take(training_stream(split, **options), num_batches)
    return np.concatenate([batch["label"] for batch in batches])


@pytest.mark.parametrize("batch_size", [4, 5, 23])
def test_element_does_not_depend_on_the_start(batch_size):
    split, options = numbered(10), {"batch_size": batch_size, "seed": 3}
    whole = take(training_stream(split, random_flip=True, **options), 9)
    for start in (1, 4, 8):
        late = training_stream(split, random_flip=True, start_step=start, **options)
        for expected, batch in zip(whole[start:], take(late, 9 - start), strict=True):
            np.testing.assert_array_equal(batch["image"], expected["image"])
            np.testing.assert_array_equal(batch["label"], expected["label"])


@pytest.mark.parametrize("num_parts", [1, 2, 3])
def test_parts_make_up_the_batch(num_parts):
    settings = dict(batch_size=6, seed=3, random_flip=True, start_step=2)
    splits = numbered(10), numbered(7)
    whole = take(stream_of_domains(splits, **settings), 4)
    parts = [
        take(stream_of_domains(splits, part=part, num_parts=num_parts, **settings), 4)
        for part in range(num_parts)
    ]
    for expected, *rows in zip(whole, *parts, strict=True):
        for name, value in expected.items():
            found = [row[name] for row in rows]
            assert {len(each) for each in found} == {6 // num_parts}
            np.testing.assert_array_equal(np.concatenate(found), value, err_msg=name)


@pytest.mark.parametrize("part, num_parts", [(0, 4), (2, 2), (-1, 2)])
def test_parts_that_there_are_not(part, num_parts):
    with pytest.raises(ValueError, match=rf"equal parts.*part={part}, num_parts="):
        training_stream(
            numbered(9), batch_size=6, seed=0, part=part, num_parts=num_parts
        )


@pytest.mark.parametrize("num_images, batch_size", [(30, 4), (30, 7), (5, 12), (1, 3)])
def test_every_epoch_is_a_permutation(num_images, batch_size):
    labels = labels_of(
        numbered(num_images), num_images * 4, batch_size=batch_size, seed=0
    )
    epochs = labels[: len(labels) // num_images * num_images].reshape(-1, num_images)
    expected = np.tile(np.arange(num_images), (len(epochs), 1))
    np.testing.assert_array_equal(np.sort(epochs, axis=1), expected)


def test_epochs_and_seeds_differ():
    epochs = labels_of(numbered(40), 5, batch_size=40, seed=0).reshape(5, 40)
    other = labels_of(numbered(40), 5, batch_size=40, seed=1).reshape(5, 40)
    orders = np.concatenate([epochs, other, np.arange(40)[None]])
    for first, second in itertools.combinations(orders, 2):
        assert np.sum(first == second) < 10


def test_first_place_is_uniform_over_images():
    first = labels_of(numbered(4), 2000, batch_size=4, seed=5).reshape(-1, 4)[:, 0]
    # Standard deviation of each count is below 20.
    np.testing.assert_allclose(np.bincount(first, minlength=4), 500, atol=100)


def test_images_and_structure():
    split = numbered(10)
    dataset = training_stream(split, batch_size=4, seed=0)
    assert dataset.element_spec == {
        "image": tf.TensorSpec([4, 2, 3, 1], tf.float32),
        "label": tf.TensorSpec([4], tf.int32),
    }
    assert dataset.cardinality() == tf.data.INFINITE_CARDINALITY
    for batch in take(dataset, 3):
        np.testing.assert_array_equal(batch["image"], split.images[batch["label"]])


def test_flips_are_about_half_and_left_to_right():
    split = numbered(64, shape=(2, 5, 3))
    batches = take(training_stream(split, batch_size=50, seed=0, random_flip=True), 20)
    flipped = 0
    for batch in batches:
        for image, label in zip(batch["image"], batch["label"], strict=True):
            same = np.array_equal(image, split.images[label])
            assert same or np.array_equal(image, split.images[label][:, ::-1])
            flipped += not same
    # 1000 fair draws: four standard deviations are 63.
    assert abs(flipped - 500) < 65


def test_continuous_images_keep_their_values():
    points = np.random.default_rng(0).normal(size=[9, 1, 1, 2]).astype(np.float32)
    split = Split(points, np.arange(9, dtype=np.int32))
    (batch,) = take(training_stream(split, batch_size=9, seed=0), 1)
    np.testing.assert_array_equal(batch["image"], points[batch["label"]])


@pytest.mark.parametrize("limit, sizes", [(0, [4, 4, 2]), (6, [4, 2]), (99, [4, 4, 2])])
def test_evaluation_is_in_order(limit, sizes):
    split = numbered(10)
    batches = take(evaluation_batches(split, batch_size=4, limit=limit), 99)
    assert [len(batch["index"]) for batch in batches] == sizes
    index = np.concatenate([batch["index"] for batch in batches])
    np.testing.assert_array_equal(index, np.arange(sum(sizes)))
    assert index.dtype == np.int64 and batches[0]["image"].dtype == np.float32
    for batch in batches:
        np.testing.assert_array_equal(batch["label"], split.labels[batch["index"]])
        np.testing.assert_array_equal(batch["image"], split.images[batch["index"]])


def test_no_thread_tunes_the_pipeline_that_an_end_would_wait_for():
    split = numbered(5)
    for stream in (
        training_stream(split, batch_size=2, seed=0),
        stream_of_domains([split, split], batch_size=2, seed=0),
        evaluation_batches(split, batch_size=2),
    ):
        assert not stream.options().autotune.enabled


def test_replicas_hold_the_halves_of_the_global_batch():
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    options = {"batch_size": 6, "seed": 2, "start_step": 3, "random_flip": True}
    expected = take(training_stream(numbered(10), **options), 5)
    distributed = iter(
        strategy.experimental_distribute_dataset(
            training_stream(numbered(10), **options)
        )
    )
    for whole in expected:
        batch = next(distributed)
        for key in ("image", "label"):
            first, second = strategy.experimental_local_results(batch[key])
            np.testing.assert_array_equal(first, whole[key][:3])
            np.testing.assert_array_equal(second, whole[key][3:])


@pytest.mark.parametrize("name, value", [("batch_size", 0), ("seed", -1)])
def test_refused_numbers(name, value):
    options = {"batch_size": 2, "seed": 0} | {name: value}
    with pytest.raises(ValueError, match=f"`{name}` must be at .*Received: {value}"):
        training_stream(numbered(4), **options)
    with pytest.raises(ValueError, match="`start_step` must be at least 0.*: -1"):
        training_stream(numbered(4), batch_size=2, seed=0, start_step=-1)
    with pytest.raises(ValueError, match="`limit` must be at least 0. Received: -1"):
        evaluation_batches(numbered(4), batch_size=2, limit=-1)


def test_no_images():
    empty = Split(np.zeros([0, 2, 2, 1], np.uint8), np.zeros([0], np.int32))
    with pytest.raises(ValueError, match=r"`len\(split\)` must be at least 1"):
        training_stream(empty, batch_size=2, seed=0)
