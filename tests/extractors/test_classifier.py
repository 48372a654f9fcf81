"""Tests of the classifier that is trained on the data's own labels."""

import dataclasses
import re

import numpy as np
import pytest
from absl import logging

from ade_tf.data import Split, load_dataset
from ade_tf.extractors import EXTRACTORS, collect
from ade_tf.extractors.extractor import HeldOutAccuracy
from tests.helpers.models import digits
from tests.helpers.real_files import real_data

load = EXTRACTORS["classifier"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    directory = tmp_path_factory.mktemp("cache")
    progress = []
    extractor = load(
        data=digits(),
        cache_dir=str(directory),
        progress=lambda *done: progress.append(done),
    )
    return extractor, directory, progress


@pytest.fixture(scope="module")
def few():
    """Two classes of a few digits, learnt in a moment."""
    train = digits().train
    chosen = np.flatnonzero(train.labels < 2)[:32]
    split = Split(train.images[chosen], train.labels[chosen])
    return dataclasses.replace(digits(), name="few", train=split)


def accuracy(extractor, data):
    found = collect(extractor, data.test.images, levels=data.levels)
    return np.mean(found.probabilities.argmax(axis=1) == data.test.labels)


def test_learns_the_digits(trained):
    extractor, _, progress = trained
    assert (extractor.name, extractor.kind) == ("classifier(digits)", "classifier")
    assert (extractor.feature_size, extractor.num_classes) == (64, 10)
    assert accuracy(extractor, digits()) >= 0.97
    assert extractor.accuracy.value >= 0.95
    assert extractor.accuracy.num_examples == len(digits().validation)
    assert 0.1 <= extractor.accuracy.chance < 0.2 and not extractor.accuracy.poor
    assert progress == [(i, 1200) for i in range(1, 1201)]


def test_features_are_informative_and_fixed(trained):
    extractor, _, _ = trained
    images = digits().test.images
    first = collect(extractor, images, levels=17)
    second = collect(extractor, images, levels=17)
    np.testing.assert_array_equal(first.features, second.features)
    assert first.features.min() == 0.0
    assert (first.features.std(axis=0) > 0).sum() > 32
    np.testing.assert_allclose(first.probabilities.sum(axis=1), 1.0, rtol=1e-5)


def test_the_second_time_it_comes_from_the_cache(trained, capsys):
    extractor, directory, _ = trained
    progress = []
    again = load(
        data=digits(),
        cache_dir=str(directory),
        progress=lambda *done: progress.append(done),
    )
    assert not progress
    assert not capsys.readouterr().out
    assert again.sha256 == extractor.sha256
    assert again.accuracy == extractor.accuracy


def test_training_is_by_seed_and_content(few, tmp_path, capsys, caplog):
    first = load(data=few, cache_dir=str(tmp_path))
    steps = (
        r"to be trained first, on 32 images, 60 steps of 64; kept in .*\nabout \d+ s"
    )
    assert re.search(rf"^classifier\(few\): {steps}", capsys.readouterr().out)
    flipped = Split(few.train.images, 1 - few.train.labels)
    other = load(data=dataclasses.replace(few, train=flipped))
    assert other.sha256 != first.sha256
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:1000])
    logging.get_absl_logger().addHandler(caplog.handler)
    again = load(data=few, cache_dir=str(tmp_path))
    logging.get_absl_logger().removeHandler(caplog.handler)
    assert f"{path} is damaged and will be computed again" in caplog.text
    assert again.sha256 == first.sha256


@pytest.mark.parametrize(
    ("value", "chance", "count", "poor"),
    [
        (0.09, 0.12, 200, True),
        (0.18, 0.12, 200, True),
        (0.20, 0.12, 200, False),
        (0.02, 0.01, 10_000, False),
        (0.6, 0.5, 4, True),
        (1.0, 0.5, 4, False),
        (1.0, 1.0, 5, False),
    ],
)
def test_an_accuracy_is_poor_unless_clearly_above_chance(value, chance, count, poor):
    assert HeldOutAccuracy(value, chance, count).poor == poor


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"class_names": ()}, "at least two classes.*Received: "),
        ({"class_names": ("0",)}, "at least two classes.*Received: "),
        ({"levels": 0}, "whole levels.*Received: "),
    ],
)
def test_refuses_data_without_classes(few, changes, message):
    with pytest.raises(ValueError, match=message):
        load(data=dataclasses.replace(few, **changes))


def test_refuses_one_class_in_training_a_path_and_nothing(few):
    alone = Split(few.train.images, np.zeros_like(few.train.labels))
    with pytest.raises(ValueError, match="Received: few with class 0 only"):
        load(data=dataclasses.replace(few, train=alone))
    with pytest.raises(ValueError, match="no extractor_path. Received: 'here'"):
        load(path="here", data=few)
    with pytest.raises(ValueError, match="Received: none"):
        load()


@pytest.mark.long
def test_learns_mnist_in_as_many_steps():
    data = load_dataset(f"npz:{real_data('mnist.npz')}")
    progress = []
    extractor = load(data=data, progress=lambda *done: progress.append(done))
    assert progress[-1] == (1200, 1200)
    assert accuracy(extractor, data) >= 0.97
