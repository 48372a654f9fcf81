"""Tests of the cache of features: what answers, what does not, and damage."""

import numpy as np
import pytest
from absl import logging

from ade_tf.extractors import cached_features, default_cache_dir
from tests.extractors import cases


class Counting:
    """An extractor's function that counts the images it sees."""

    def __init__(self, factor=1.0):
        self.count = 0
        self._factor = factor

    def __call__(self, images):
        self.count += len(images)
        features, probabilities = cases.network(images, *cases.kernels())
        return features * self._factor, probabilities


@pytest.fixture
def warnings(caplog):
    logging.get_absl_logger().addHandler(caplog.handler)
    yield caplog
    logging.get_absl_logger().removeHandler(caplog.handler)


def ask(function, directory, images=None, levels=256, sha256="0" * 64, **options):
    extractor = cases.small_extractor(sha256, function)
    images = cases.images(6) if images is None else images
    return cached_features(extractor, images, levels, str(directory), **options)


def test_the_second_answer_comes_from_the_file(tmp_path):
    function = Counting()
    first = ask(function, tmp_path / "made" / "here", batch_size=6)
    second = ask(function, tmp_path / "made" / "here", batch_size=3)
    assert function.count == 6
    np.testing.assert_array_equal(first.features, second.features)
    np.testing.assert_array_equal(first.probabilities, second.probabilities)


def test_no_directory_no_cache():
    function = Counting()
    ask(function, "", batch_size=6)
    ask(function, "", batch_size=6)
    assert function.count == 12


@pytest.mark.parametrize(
    "other",
    [
        {"images": cases.images(6, seed=1)},
        {"images": cases.images(6)[::-1]},
        {"images": cases.images(5)},
        {"images": cases.images(6).reshape(6, 4, 16, 3)},
        {"images": cases.images(6, levels=20), "levels": 20},
        {"sha256": "1" * 64},
    ],
    ids=["other", "reversed", "fewer", "reshaped", "levels", "extractor"],
)
def test_anything_else_is_computed_anew(tmp_path, other):
    first = dict(images=cases.images(6, levels=20)) if "levels" in other else {}
    ask(Counting(), tmp_path, **first)
    function = Counting(2.0)
    found = ask(function, tmp_path, **other)
    assert function.count
    np.testing.assert_array_equal(
        found.features, ask(Counting(2.0), "", **other).features
    )


@pytest.mark.parametrize("damage", ["empty", "torn", "flipped", "text", "swapped"])
def test_a_damaged_file_is_computed_anew_with_a_warning(tmp_path, damage, warnings):
    expected = ask(Counting(), tmp_path)
    (path,) = tmp_path.iterdir()
    content = bytearray(path.read_bytes())
    if damage == "empty":
        content = b""
    elif damage == "torn":
        content = content[: len(content) // 2]
    elif damage == "flipped":
        position = content.find(expected.features.tobytes())
        content[position] ^= 1
    elif damage == "text":
        content = b"not an archive"
    else:
        ask(Counting(), tmp_path, sha256="1" * 64)
        (other,) = set(tmp_path.iterdir()) - {path}
        content = other.read_bytes()
    path.write_bytes(content)
    function = Counting()
    found = ask(function, tmp_path)
    assert function.count
    assert f"{path} " in warnings.text and "computed again" in warnings.text
    np.testing.assert_array_equal(found.features, expected.features)
    again = Counting()
    ask(again, tmp_path)
    assert not again.count


def test_a_cache_that_cannot_be_written_loses_nothing(tmp_path, warnings):
    (tmp_path / "file").write_text("in the way")
    function = Counting()
    assert len(ask(function, tmp_path / "file")) == 6
    assert "could not be saved" in warnings.text


def test_default_directory(monkeypatch, tmp_path):
    monkeypatch.setenv("ADE_TF_CACHE", str(tmp_path))
    assert default_cache_dir() == str(tmp_path)
    monkeypatch.delenv("ADE_TF_CACHE")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_cache_dir() == str(tmp_path / ".cache" / "ade_tf")
