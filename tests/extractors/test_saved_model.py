"""Tests of SavedModels as extractors."""

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.extractors import EXTRACTORS, collect
from ade_tf.extractors.saved_model import hash_directory
from ade_tf.strategies import make_strategy
from tests.extractors import cases

load = EXTRACTORS["savedmodel"]


@pytest.fixture(scope="module")
def model_path(tmp_path_factory):
    return cases.save_model(tmp_path_factory.mktemp("models") / "tiny")


def test_says_what_it_is_and_gives_what_the_model_gives(model_path):
    extractor = load(path=model_path)
    assert (extractor.name, extractor.kind) == ("tiny", "savedmodel")
    assert (extractor.channels, extractor.image_size) == (3, (None, None))
    assert (extractor.feature_size, extractor.num_classes) == (6, 4)
    images = cases.images(5)
    assert extractor.sha256 == hash_directory(model_path)
    features, probabilities = extractor(images)
    expected = cases.network(images, *cases.kernels())
    np.testing.assert_allclose(features, expected[0], rtol=1e-5)
    np.testing.assert_allclose(probabilities, expected[1], rtol=1e-5)


def test_runs_on_two_replicas(model_path):
    extractor, images = load(path=model_path), cases.images(9)
    strategy = make_strategy("mirrored", 4)
    two = collect(extractor, images, levels=256, batch_size=4, strategy=strategy)
    expected, _ = cases.network(images, *cases.kernels())
    np.testing.assert_allclose(two.features, expected, rtol=1e-5)


def test_hash_is_of_relative_names_and_contents(tmp_path):
    hashes = []
    for place, name, text in (
        ("first", "variables/a", "1"),
        ("second", "variables/a", "1"),
        ("first", "variables/b", "1"),
        ("first", "variables/a", "2"),
    ):
        file = tmp_path / place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place / "saved_model.pb").write_text("model")
        file.write_text(text)
        hashes.append(hash_directory(tmp_path / place))
        file.unlink()
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 3


def test_grey_images_become_colour(model_path):
    grey = cases.images(4, channels=1, levels=17)
    result = collect(load(path=model_path), grey, levels=17)
    colour = np.repeat(np.rint(grey * (255 / 16)).astype(np.uint8), 3, axis=3)
    expected, _ = cases.network(colour, *cases.kernels())
    np.testing.assert_allclose(result.features, expected, rtol=1e-5)


def test_fixed_size_refuses_others(tmp_path):
    extractor = load(path=cases.save_model(tmp_path / "m", shape=(None, 8, 8, 3)))
    assert extractor.image_size == (8, 8)
    message = r"height 8, width 8 and 3 channels.*Received: uint8, shape=\(\d, 16, 16"
    with pytest.raises(ValueError, match=message):
        collect(extractor, cases.images(3, side=16), levels=256)
    with pytest.raises(ValueError, match=message):
        extractor(cases.images(3, side=16))
    with pytest.raises(ValueError, match=r"takes uint8 images.*Received: float32"):
        extractor(cases.images(3).astype(np.float32))


def test_probabilities_may_be_missing(tmp_path):
    path = cases.save_model(tmp_path / "m", outputs=("features",))
    extractor = load(path=path)
    assert extractor.num_classes is None
    assert collect(extractor, cases.images(3), levels=256).probabilities is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"signature": "other"}, "without serving_default"),
        ({"outputs": ("codes", "probabilities")}, r"Received: .*codes: float32"),
        ({"argument": "inputs"}, r"Received: .*inputs: uint8"),
        ({"dtype": tf.float32}, r"Received: .*images: float32"),
        ({"shape": (1, 8, 8, 3)}, r"images: uint8 \(1, 8, 8, 3\)"),
        ({"shape": (None, 8, 8, 2)}, r"images: uint8 \(None, 8, 8, 2\)"),
    ],
)
def test_refuses_other_signatures(tmp_path, options, message):
    path = cases.save_model(tmp_path / "m", **options)
    with pytest.raises(ValueError, match=r"must have the signature(.|\n)*" + message):
        load(path=path)


@pytest.mark.parametrize("kind", ["none", "missing", "empty", "damaged"])
def test_refuses_what_is_no_saved_model(tmp_path, kind):
    path = {"none": "", "missing": str(tmp_path / "gone")}.get(kind, str(tmp_path))
    if kind == "damaged":
        (tmp_path / "saved_model.pb").write_bytes(b"damaged")
    with pytest.raises(ValueError, match=r"SavedModel.*Received: '"):
        load(path=path)
