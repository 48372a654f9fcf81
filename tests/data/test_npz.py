"""NumPy archives: what is read, and what is refused and how."""

import zipfile

import numpy as np
import pytest

from ade_tf.data import load_dataset
from ade_tf.data.npz import load_npz
from ade_tf.data.source import LoadOptions
from ade_tf.data.stored import in_memory
from tests.helpers.logged import logged

GREY = np.arange(20 * 4 * 5).reshape(20, 4, 5) % 256
LABELS = np.arange(20) % 3


@pytest.fixture
def save(tmp_path):
    def save(**arrays):
        path = tmp_path / "images.npz"
        np.savez(path, **arrays)
        return f"npz:{path}"

    return save


def test_all_splits(save):
    data = load_dataset(
        save(
            x_train=GREY.astype(np.uint8),
            y_train=LABELS[:, None],
            x_validation=GREY[:2],
            y_validation=LABELS[:2],
            x_test=GREY[:3],
            y_test=LABELS[:3],
            train_index=LABELS,
        )
    )
    assert data.image_shape == (4, 5, 1) and data.levels == 256
    assert data.num_classes == 3
    np.testing.assert_array_equal(data.train.images[..., 0], GREY)
    np.testing.assert_array_equal(data.train.labels, LABELS)
    np.testing.assert_array_equal(data.validation.images[..., 0], GREY[:2])
    np.testing.assert_array_equal(data.test.images[..., 0], GREY[:3])


@pytest.mark.parametrize(
    ("train", "validation", "test"),
    [
        ("train", "val", "test"),
        ("Train", "valid", "TEST"),
        ("training", "dev", "testing"),
    ],
)
@pytest.mark.parametrize(("x", "y"), ["xy", "XY"])
def test_splits_by_their_usual_names(save, train, validation, test, x, y):
    arrays = {}
    for count, split in enumerate((train, validation, test), 5):
        arrays[f"{x}_{split}"], arrays[f"{y}_{split}"] = GREY[:count], LABELS[:count]
    with logged() as warnings:
        data = load_dataset(save(**arrays, mean=GREY[0], y_extra=LABELS))
    for count, split in enumerate((data.train, data.validation, data.test), 5):
        np.testing.assert_array_equal(split.images[..., 0], GREY[:count])
        np.testing.assert_array_equal(split.labels, LABELS[:count])
    assert len(warnings) == 1 and warnings[0].endswith("images.npz: mean, y_extra.")


def test_one_split_has_one_name(save):
    with pytest.raises(ValueError, match="'x_val' and 'x_valid' for validation in '"):
        load_dataset(save(x_train=GREY, x_val=GREY, x_valid=GREY))
    with pytest.raises(ValueError, match="'X_train' and 'x_train' for train in '"):
        load_dataset(save(x_train=GREY, X_train=GREY))


@pytest.mark.parametrize(
    "labels", [[1, 3, 8], [0, 2**31, 2**40], [5, 7, 2**64 - 1], [200, 100, 10**18]]
)
def test_classes_are_the_labels_there_are(save, labels):
    used = np.array(labels, np.uint64)[LABELS]
    test = np.array([min(labels)] * 2)
    data = load_dataset(save(x_train=GREY, y_train=used, x_test=GREY[:2], y_test=test))
    assert data.class_names == tuple(map(str, sorted(labels)))
    assert data.train.labels.dtype == np.int32 and data.train.labels.max() == 2
    names = [
        data.class_names[c] for split in (data.train, data.test) for c in split.labels
    ]
    assert len(names) == 20 and set(names) == {*map(str, labels)}
    assert data.test.labels.tolist() == [0, 0]


def test_truth_values_have_two_levels_and_two_classes(save):
    data = load_dataset(save(images=GREY > 99, labels=LABELS > 1))
    assert data.levels == 2 and data.class_names == ("0", "1")
    np.testing.assert_array_equal(np.unique(data.train.images), [0, 1])
    assert load_dataset(save(images=GREY > 99, levels=9)).levels == 9
    assert load_dataset(save(x_train=GREY > 99, x_test=GREY)).levels == 256


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (4, 9, 5), (2, 8, 8)])
def test_channels_first_are_refused(save, shape):
    with pytest.raises(ValueError, match=r"moveaxis\(images, 1, -1\).*shape=\(5, "):
        load_dataset(save(images=np.zeros([5, *shape], np.uint8)))
    moved = np.moveaxis(np.zeros([5, *shape], np.uint8), 1, -1)
    assert load_dataset(save(images=moved)).image_shape == (*shape[1:], shape[0])


@pytest.mark.parametrize("shape", [(1, 1, 43), (1, 63, 1), (1, 4, 4), (5, 1, 8)])
def test_narrow_data_are_taken_as_they_stand(save, shape):
    points = np.random.default_rng(0).normal(size=[30, *shape])
    assert load_dataset(save(images=points), continuous=True).image_shape == shape


def claim(path, key, shape, packed=zipfile.ZIP_STORED):
    """Writes an archive whose array says it has a shape and holds next to nothing."""
    with (
        zipfile.ZipFile(path, "w", packed) as archive,
        archive.open(f"{key}.npy", "w") as entry,
    ):
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(entry, header)
        entry.write(bytes(64))


@pytest.mark.parametrize("key", ["images", "x_train", "X_Train"])
def test_an_array_that_claims_more_than_there_is_is_refused(tmp_path, key):
    path = tmp_path / "large.npz"
    claim(path, key, (2**40, 32, 32))
    message = r"fit in memory. Received: 1,125,899.9 GB for '.*large.npz'"
    with pytest.raises(ValueError, match=message):
        load_dataset(f"npz:{path}")
    claim(path, key, (10, 8, 8))
    with pytest.raises(ValueError, match=f"must be readable.*Received: '{key}' of"):
        load_dataset(f"npz:{path}")


@pytest.mark.parametrize("packed", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("shape", [(10, 8, 8), (10, 8, 8, 1)])
def test_images_that_stay_in_the_file_must_be_in_it(
    tmp_path, monkeypatch, packed, shape
):
    monkeypatch.setattr("ade_tf.data.npz._MAPPED_FROM", 100)
    claim(tmp_path / "a.npz", "images", shape, packed)
    with pytest.raises(ValueError, match="be readable.*'images' of .* for an array of"):
        load_npz(f"{tmp_path}/a.npz", LoadOptions(in_order=True))


@pytest.mark.parametrize("threshold", [100, 10**6])
def test_an_archive_with_a_password_is_refused(tmp_path, monkeypatch, threshold):
    monkeypatch.setattr("ade_tf.data.npz._MAPPED_FROM", threshold)
    path = tmp_path / "a.npz"
    np.savez_compressed(path, images=GREY.astype(np.uint8))
    content = bytearray(path.read_bytes())
    for mark, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(mark) + place] |= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="be readable.*'images' of .*encrypted"):
        load_npz(str(path), LoadOptions(in_order=True))


def test_single_array_without_labels(save):
    data = load_dataset(save(images=GREY))
    assert [len(data.train), len(data.validation), len(data.test)] == [17, 1, 2]
    assert data.num_classes == 0 and not data.train.labels.any()
    together = np.concatenate(
        [data.train.images, data.validation.images, data.test.images]
    )
    order = np.random.default_rng(0).permutation(20)
    np.testing.assert_array_equal(together[..., 0], GREY[order])


def test_size_and_channels(save):
    data = load_dataset(save(images=GREY), image_size=2, channels=3)
    assert data.image_shape == (2, 2, 3)


def test_whole_floats_with_levels(save):
    data = load_dataset(save(images=GREY.astype(float) % 8), levels=8)
    assert data.levels == 8 and data.train.images.dtype == np.uint8


@pytest.mark.parametrize("levels", [8, [8], np.uint8(8)])
def test_levels_in_the_archive(save, levels):
    for images in (GREY % 8, (GREY % 8).astype(float)):
        data = load_dataset(save(images=images, levels=levels))
        assert data.levels == 8 and data.train.images.dtype == np.uint8
    assert load_dataset(save(images=GREY % 8, levels=levels), levels=9).levels == 9


def test_continuous(save):
    points = np.random.default_rng(0).normal(size=[30, 1, 1, 2])
    data = load_dataset(save(x_train=points, x_test=points[:4]), continuous=True)
    assert data.levels == 0 and data.test.images.dtype == np.float32
    np.testing.assert_array_equal(data.test.images, points[:4].astype(np.float32))


@pytest.mark.parametrize(
    "arrays, options, message",
    [
        ({"pixels": GREY}, {}, r"`x_train` or `images`. Received: .*\['pixels'\]"),
        ({"x_test": GREY}, {}, r"`x_train` or `images`. Received: .*\['x_test'\]"),
        (
            {"images": GREY * 2},
            {},
            r"0..255 \(256 levels\). Received: values in 0..510",
        ),
        ({"images": GREY}, {"levels": 16}, "0..15 .*Received: values in 0..255"),
        ({"images": GREY / 256}, {}, "need `levels`.*or `continuous`. Received: 'npz"),
        (
            {"images": GREY / 2},
            {"levels": 256},
            "whole values.*Received: the value 0.5",
        ),
        ({"images": GREY * np.nan}, {"continuous": True}, "finite.*400 NaN"),
        ({"images": GREY[0]}, {}, r"\[N, H, W, C\].*Received: shape=\(4, 5\)"),
        ({"images": GREY[:0]}, {}, r"none of them 0. Received: shape=\(0, 4, 5, 1\)"),
        ({"images": np.zeros([9, 3, 8, 8])}, {"levels": 2}, "channels last .*Received"),
        ({"images": GREY, "labels": LABELS[1:]}, {}, r"\(20 images\).*shape=\(19,\)"),
        ({"images": GREY, "labels": LABELS / 2}, {}, "be integers.*dtype=float64"),
        ({"images": GREY, "labels": LABELS - 1}, {}, "at least 0. Received: -1"),
        (
            {"x_train": GREY, "y_train": LABELS, "x_test": GREY},
            {},
            "must have labels, or none. Received: .* without labels for test",
        ),
        (
            {"x_train": GREY, "x_test": GREY[:, :2]},
            {},
            r"one shape unless `image_size`.*'test': \(2, 5, 1\)",
        ),
        ({"images": GREY, "levels": 16}, {}, "0..15 .*Received: values in 0..255"),
        (
            {"images": GREY, "levels": 65537},
            {},
            r"of 2 .. 65536. Received: 65537 of '.*npz'",
        ),
        ({"images": GREY, "levels": 8.0}, {}, "one whole number.*Received: 8. of"),
        ({"images": GREY, "levels": [8, 9]}, {}, r"one whole .*Received: \[8 9\] of"),
        ({"images": np.array([{}] * 9)}, {}, "readable and of numbers.*'images'"),
    ],
)
def test_refused_arrays(save, arrays, options, message):
    with pytest.raises(ValueError, match=f"(?s){message}"):
        load_dataset(save(**arrays), **options)


def test_missing_file(tmp_path):
    with pytest.raises(ValueError, match="existing file. Received: '.*none.npz'"):
        load_dataset(f"npz:{tmp_path}/none.npz")


def test_file_that_is_no_archive(tmp_path):
    text = tmp_path / "text.npz"
    text.write_text("not an archive")
    with pytest.raises(ValueError, match="a NumPy archive. Received: '.*text.npz'"):
        load_dataset(f"npz:{text}")
    single = tmp_path / "single.npy"
    np.save(single, GREY)
    with pytest.raises(ValueError, match="named arrays.*single.npy', a single array"):
        load_dataset(f"npz:{single}")


def test_large_images_stay_in_the_file(save, monkeypatch, tmp_path):
    grey = GREY.astype(np.uint8)
    arrays = {"levels": 256, "images": grey, "labels": LABELS}
    expected = load_dataset(save(**arrays))
    monkeypatch.setattr("ade_tf.data.npz._MAPPED_FROM", 100)
    monkeypatch.setattr("ade_tf.data.memory._memory", lambda: grey.nbytes)
    data = load_dataset(save(**arrays))
    assert data.identity == expected.identity
    for split in (data.train, data.validation, data.test):
        assert not in_memory(split.images)
    deep = load_dataset(save(x_train=grey, x_validation=grey, x_test=grey))
    assert isinstance(deep.train.images, np.memmap) and deep.image_shape == (4, 5, 1)
    np.testing.assert_array_equal(deep.train.images[..., 0], grey)
    # What is compressed, converted or of another order is read.
    monkeypatch.setattr("ade_tf.data.memory._memory", lambda: 10**6)
    assert in_memory(load_dataset(save(images=GREY)).train.images)
    assert in_memory(load_dataset(save(images=np.asfortranarray(grey))).train.images)
    np.savez_compressed(tmp_path / "small.npz", images=grey)
    assert in_memory(load_dataset(f"npz:{tmp_path}/small.npz").train.images)
