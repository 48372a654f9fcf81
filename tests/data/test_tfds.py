"""Prepared TFDS data sets: where they are found, and never a download."""

import shutil
import socket

import numpy as np
import pytest
import tensorflow_datasets as tfds
from sklearn import datasets

from ade_tf.data import load_dataset

DIGITS = datasets.load_digits()
IMAGES = (DIGITS.images * 15).astype(np.uint8)[..., None]


def write(directory, name, version, features, splits, config=None):
    identity = tfds.core.DatasetIdentity(
        name=name,
        version=tfds.core.Version(version),
        data_dir=str(directory),
        module_name=__name__,
        config_name=config,
    )
    directory.mkdir(parents=True)
    info = tfds.core.DatasetInfo(
        builder=identity, features=tfds.features.FeaturesDict(features)
    )
    writer = tfds.core.SequentialWriter(info, max_examples_per_shard=5)
    writer.initialize_splits(list(splits))
    writer.add_examples(splits)
    writer.close_all()


def write_digits(data_dir, version="1.0.0", num_train=12, config=""):
    features = {
        "image": tfds.features.Image(shape=(8, 8, 1)),
        "label": tfds.features.ClassLabel(num_classes=10),
        "strokes": tfds.features.Sequence(tfds.features.Scalar(np.int64)),
    }
    examples = [
        {"image": IMAGES[i], "label": int(DIGITS.target[i]), "strokes": list(range(i))}
        for i in range(num_train + 5)
    ]
    splits = {"train": examples[:num_train], "test": examples[num_train:]}
    directory = data_dir / "small_digits" / config / version
    write(directory, "small_digits", version, features, splits, config or None)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    data_dir = tmp_path_factory.mktemp("tfds")
    write_digits(data_dir)
    write_digits(data_dir, version="0.9.0", num_train=10)
    return data_dir


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Makes any attempt at the network an error of its own."""

    def refuse(*args, **kwargs):
        raise RuntimeError(f"the network was touched: {args}")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.parametrize("place", [".", "small_digits", "small_digits/1.0.0"])
def test_prepared_set(prepared, place):
    data = load_dataset("tfds:small_digits", data_dir=str(prepared / place))
    assert data.levels == 256 and data.num_classes == 10
    np.testing.assert_array_equal(data.test.images, IMAGES[12:17])
    np.testing.assert_array_equal(data.test.labels, DIGITS.target[12:17])
    order = np.random.default_rng(0).permutation(12)
    np.testing.assert_array_equal(data.train.images, IMAGES[order[:-1]])
    np.testing.assert_array_equal(data.validation.labels, DIGITS.target[order[-1:]])


def test_version_can_be_asked_for(prepared):
    data = load_dataset("tfds:small_digits:0.9.0", data_dir=str(prepared))
    assert len(data.train) + len(data.validation) == 10


def test_present_set_is_not_downloaded(prepared):
    data = load_dataset("tfds:small_digits", data_dir=str(prepared), download=True)
    assert len(data.test) == 5


def test_size_and_channels(prepared):
    data = load_dataset(
        "tfds:small_digits", data_dir=str(prepared), image_size=4, channels=3
    )
    assert data.image_shape == (4, 4, 3)


def test_configuration_must_be_clear(tmp_path):
    for config in ("plain", "other"):
        write_digits(tmp_path, config=config)
    data = load_dataset("tfds:small_digits/plain", data_dir=str(tmp_path))
    assert len(data.test) == 5
    with pytest.raises(ValueError, match=r"one of \['other', 'plain'\]. Received"):
        load_dataset("tfds:small_digits", data_dir=str(tmp_path))


def test_images_of_several_sizes(tmp_path):
    features = {"image": tfds.features.Image(shape=(None, None, 1))}
    examples = [{"image": IMAGES[0]}, {"image": IMAGES[1, :, :6]}] * 3
    write(tmp_path / "sizes" / "1.0.0", "sizes", "1.0.0", features, {"train": examples})
    with pytest.raises(
        ValueError,
        match=r"train\[0\] of shape \(8, 8, 1\), train\[1\] of shape \(8, 6, 1\)",
    ):
        load_dataset("tfds:sizes", data_dir=str(tmp_path))
    data = load_dataset("tfds:sizes", data_dir=str(tmp_path), image_size=4)
    assert data.image_shape == (4, 4, 1) and data.num_classes == 0


@pytest.mark.parametrize("name", ["small_digits:3.0.0", "mnist", "not_a_data_set"])
def test_missing_set(prepared, name):
    with pytest.raises(
        ValueError,
        match=f"nothing is downloaded unless.*'{name}', sought in '{prepared}",
    ):
        load_dataset(f"tfds:{name}", data_dir=str(prepared))


def test_missing_directory(tmp_path):
    with pytest.raises(ValueError, match="nothing is downloaded unless.*none/mnist"):
        load_dataset("tfds:mnist", data_dir=str(tmp_path / "none"))


def test_unknown_set_cannot_be_downloaded(tmp_path):
    with pytest.raises(ValueError, match="known to TFDS.*Received: 'not_a_data_set'"):
        load_dataset("tfds:not_a_data_set", data_dir=str(tmp_path), download=True)


@pytest.mark.parametrize("name", ["", "/etc", "a:b", "hub:user/set", "a*"])
def test_malformed_name(name):
    with pytest.raises(ValueError, match="must be named NAME, .*Received: "):
        load_dataset(f"tfds:{name}")


@pytest.mark.parametrize(
    "split, feature, message",
    [("test", "image", "a split `train`"), ("train", "picture", "a feature `image`")],
)
def test_set_without_images_or_training_split(tmp_path, split, feature, message):
    features = {feature: tfds.features.Image(shape=(8, 8, 1))}
    splits = {split: [{feature: IMAGES[0]}]}
    write(tmp_path / "odd" / "1.0.0", "odd", "1.0.0", features, splits)
    with pytest.raises(ValueError, match=f"must have {message}. Received: 'odd' with"):
        load_dataset("tfds:odd", data_dir=str(tmp_path))


def test_directory_of_another_set(prepared, tmp_path):
    shutil.copytree(prepared / "small_digits", tmp_path / "renamed")
    with pytest.raises(ValueError, match="nothing is downloaded unless"):
        load_dataset("tfds:renamed", data_dir=str(tmp_path))
