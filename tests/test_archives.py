"""Tests of archives that are written part by part."""

import numpy as np
import pytest

from ade_tf.archives import ArrayParts, write_npz

IMAGES = np.random.default_rng(0).integers(0, 256, (7, 4, 4, 3)).astype(np.uint8)


@pytest.mark.parametrize("cuts", [[], [3], [1, 2, 2, 6]])
def test_parts_are_read_back_as_one_array(tmp_path, cuts):
    path = tmp_path / "a.npz"
    parts = iter(np.split(IMAGES.astype(np.float32), cuts))
    more = {"labels": ArrayParts((0,), np.int32, [])}
    write_npz(path, {"images": ArrayParts(IMAGES.shape, np.uint8, parts), **more})
    with np.load(path) as found:
        assert found.files == ["images", "labels"]
        assert found["images"].dtype == np.uint8
        np.testing.assert_array_equal(found["images"], IMAGES)
        assert (found["labels"].dtype, found["labels"].shape) == (np.int32, (0,))


def test_a_scalar_is_read_back_as_one(tmp_path):
    path = tmp_path / "a.npz"
    write_npz(path, {"levels": ArrayParts((), np.int64, [np.array([17])])})
    with np.load(path) as found:
        assert found["levels"].shape == () and int(found["levels"]) == 17
    for parts in ([], [np.array([17])] * 2):
        with pytest.raises(ValueError, match=r"must make up its shape, \(\)"):
            write_npz(path, {"levels": ArrayParts((), np.int64, parts)})


def test_zeros_are_compressed(tmp_path):
    path = tmp_path / "a.npz"
    zeros = np.zeros([1000, 100], np.float32)
    write_npz(path, {"zeros": ArrayParts((10_000, 100), np.float32, [zeros] * 10)})
    assert path.stat().st_size < 20_000


@pytest.mark.parametrize(
    ("parts", "received"),
    [
        ([IMAGES[:3]], "parts that end at 3"),
        ([IMAGES, IMAGES[:1]], r"a part \(1, 4, 4, 3\) that ends at 8"),
        ([IMAGES[:, :2]], r"a part \(7, 2, 4, 3\) that ends at 7"),
    ],
)
def test_parts_of_another_shape_leave_the_old_file(tmp_path, parts, received):
    path = tmp_path / "a.npz"
    path.write_bytes(b"old")
    with pytest.raises(ValueError, match=f"of `images` must make up.*{received}"):
        write_npz(path, {"images": ArrayParts(IMAGES.shape, np.uint8, parts)})
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
