"""Folders of image files: splits, classes, order and damaged files."""

import importlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image
from sklearn import datasets

from ade_tf.data import load_dataset
from tests.helpers.logged import logged
from tests.helpers.processes import PATIENCE

folder = importlib.import_module("ade_tf.data.folder")

DIGITS = (datasets.load_digits().images * 15).astype(np.uint8)


def write(path, pixels, mode=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(path)


@pytest.fixture
def flat(tmp_path):
    """A folder of 12 grey PNGs in the order of their names."""
    for i in range(12):
        write(tmp_path / f"{i:02d}.png", DIGITS[i])
    return tmp_path


def test_flat_folder_is_read_in_order(flat):
    write(flat / ".hidden.png", DIGITS[50])
    (flat / "notes.txt").write_text("not an image")
    with logged() as warnings:
        data = load_dataset(f"folder:{flat}")
    places = [places_of(split) for split in (data.train, data.validation, data.test)]
    assert all(found == sorted(found) and found for found in places)
    assert sorted(sum(places, [])) == [*range(12)]
    assert data.num_classes == 0 and data.class_names == () and data.levels == 256
    assert data.description.endswith("training images by a hash of each file's name.")
    assert len(warnings) == 1 and "Not read" in warnings[0] and "1 .txt" in warnings[0]


def places_of(split):
    """Returns where the images of a split stand in `DIGITS`."""
    return [
        int(np.flatnonzero((DIGITS[:200] == image).all((1, 2)))[0])
        for image in split.images[..., 0]
    ]


def split_of_each(data):
    """Returns the split of every digit by its place in `DIGITS`."""
    splits = {name: getattr(data, name) for name in ("train", "validation", "test")}
    return {place: name for name, s in splits.items() for place in places_of(s)}


def test_a_file_that_comes_or_goes_moves_no_other_to_another_split(tmp_path):
    for i in range(100):
        write(tmp_path / f"{i:02d}.png", DIGITS[i])
    before = split_of_each(load_dataset(f"folder:{tmp_path}"))
    assert len(before) == 100
    for gone in ("00.png", "57.png", "99.png"):
        (tmp_path / gone).unlink()
        after = split_of_each(load_dataset(f"folder:{tmp_path}"))
        assert after == {place: before[place] for place in after}
    write(tmp_path / "1.png", DIGITS[150])
    after = split_of_each(load_dataset(f"folder:{tmp_path}"))
    assert {p: before[p] for p in after if p < 100}.items() <= after.items()


@pytest.mark.parametrize(
    ("train", "validation", "test"),
    [
        ("Train", "Val", "Test"),
        ("training", "valid", "testing"),
        ("TRAIN", "dev", "test"),
        ("train", "Validation", "Testing"),
    ],
)
def test_splits_by_their_usual_names(tmp_path, train, validation, test):
    for place, name in enumerate((train, validation, test)):
        for i in range(4):
            write(tmp_path / name / f"{i}.png", DIGITS[10 * place + i])
    data = load_dataset(f"folder:{tmp_path}")
    assert data.num_classes == 0 and data.drawn == ()
    for place, split in enumerate((data.train, data.validation, data.test)):
        assert places_of(split) == [10 * place + i for i in range(4)]


def test_split_folders_and_classes(tmp_path):
    for i in range(6):
        for split, offset in (("train", 0), ("val", 100), ("test", 200)):
            name = "even" if i % 2 == 0 else "odd"
            write(tmp_path / split / name / f"{i}.PNG", DIGITS[offset + i])
    write(tmp_path / "other" / "unused.png", np.zeros([3, 3], np.uint8))
    (tmp_path / "readme.md").write_text("")
    with logged() as warnings:
        data = load_dataset(f"folder:{tmp_path}")
    assert warnings == [
        f"Not read in {tmp_path}, beside its splits train, val, test: other, readme.md."
    ]
    by_path = [0, 2, 4, 1, 3, 5]
    for split, offset in ((data.train, 0), (data.validation, 100), (data.test, 200)):
        expected = DIGITS[[offset + i for i in by_path]]
        np.testing.assert_array_equal(split.images[..., 0], expected)
        np.testing.assert_array_equal(split.labels, [0, 0, 0, 1, 1, 1])
    assert data.class_names == ("even", "odd")
    assert data.description.endswith("All splits are the source's own.")


def test_labels_need_every_image_in_a_class(flat):
    write(flat / "class" / "13.png", DIGITS[13])
    assert load_dataset(f"folder:{flat}").num_classes == 0


def test_jpeg_colour_and_sizes(tmp_path):
    colour = np.stack([DIGITS[0], DIGITS[1], DIGITS[2]], axis=-1)
    write(tmp_path / "a.jpg", colour)
    write(tmp_path / "b.jpeg", np.tile(colour, (2, 3, 1)))
    write(tmp_path / "c.png", DIGITS[3])
    write(tmp_path / "d.png", colour, mode="RGBA")
    data = load_dataset(f"folder:{tmp_path}", image_size=4)
    assert data.image_shape == (4, 4, 3)
    assert load_dataset(f"folder:{tmp_path}", image_size=4, channels=1).image_shape == (
        4,
        4,
        1,
    )
    with pytest.raises(
        ValueError,
        match=r"one size unless `image_size`.*a.jpg of shape \(8, 8, 3\), "
        r"b.jpeg of shape \(16, 24, 3\)",
    ):
        load_dataset(f"folder:{tmp_path}")


def test_damaged_file_is_named(flat):
    (flat / "05.png").write_text("not a PNG")
    with pytest.raises(ValueError, match=r"whole and have one.*Received: '.*/05.png'"):
        load_dataset(f"folder:{flat}")


def test_truncated_file_is_named(flat):
    content = (flat / "05.png").read_bytes()
    (flat / "05.png").write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match=r"Received: '.*/05.png'"):
        load_dataset(f"folder:{flat}")


def test_sixteen_bit_file_is_named(flat):
    write(flat / "05.png", DIGITS[5].astype(np.uint16) * 256)
    with pytest.raises(ValueError, match=r"Received: '.*/05.png' .*8 bits do not keep"):
        load_dataset(f"folder:{flat}")


def test_bad_images_are_counted_and_left_out(flat):
    for name in ("05.png", "07.png"):
        (flat / name).write_text("not a PNG")
    with logged() as warnings:
        data = load_dataset(f"folder:{flat}", skip_bad_images=True)
    text = "\n".join(warnings)
    assert len(data.train) + len(data.validation) + len(data.test) == 10
    assert "05.png" in text and "07.png" in text
    assert "Left out 2 of 12 files" in text


def test_images_that_become_larger_are_counted(flat):
    with logged() as warnings:
        load_dataset(f"folder:{flat}", image_size=8)
        assert not warnings
        write(flat / "a.png", np.tile(DIGITS[0], (4, 1)))
        load_dataset(f"folder:{flat}", image_size=9)
    assert len(warnings) == 1
    assert "13 of 13 images" in warnings[0] and "image_size=9" in warnings[0]
    with logged() as warnings:
        load_dataset("digits", image_size=12)
    assert len(warnings) == 3 and "1297 of 1297" in warnings[0]


def test_images_that_do_not_fit_in_memory_are_refused_before_they_are_read(
    flat, monkeypatch
):
    monkeypatch.setattr("ade_tf.data.memory._memory", lambda: 12 * 64 - 1)
    with pytest.raises(ValueError, match=r"fit in memory. Received: 0.0 GB for .*"):
        load_dataset(f"folder:{flat}")
    monkeypatch.setattr("ade_tf.data.memory._memory", lambda: 12 * 64)
    load_dataset(f"folder:{flat}")


def test_an_error_ends_the_loading_at_once(tmp_path, monkeypatch):
    for i in range(60):
        write(tmp_path / f"{i:02d}.png", DIGITS[i])
    (tmp_path / "00.png").write_text("not a PNG")
    decoded, ended = [], threading.Event()
    decode, shut_down = folder.decode_image, ThreadPoolExecutor.shutdown

    def slow(path, *arguments):
        if path.name != "00.png":
            assert ended.wait(PATIENCE)
            decoded.append(path)
        return decode(path, *arguments)

    def shutdown(pool, **options):
        # Only then do those end that were begun before the error was seen.
        shut_down(pool, wait=False, **options)
        ended.set()
        shut_down(pool)

    monkeypatch.setattr(folder, "decode_image", slow)
    monkeypatch.setattr(ThreadPoolExecutor, "shutdown", shutdown)
    with pytest.raises(ValueError, match=r"00\.png"):
        load_dataset(f"folder:{tmp_path}")
    assert len(decoded) <= os.cpu_count() < 59


def test_refused_folders(tmp_path):
    with pytest.raises(ValueError, match="existing folder. Received: '.*none'"):
        load_dataset(f"folder:{tmp_path}/none")
    with pytest.raises(ValueError, match="existing folder. Received: ''"):
        load_dataset("folder:")
    (tmp_path / "readme.txt").write_text("no images here")
    with pytest.raises(ValueError, match=r"\.png.* files. Received: .*has none"):
        load_dataset(f"folder:{tmp_path}")
    (tmp_path / "only.png").write_text("not a PNG")
    with pytest.raises(ValueError, match="at least one that can be decoded.*with 1"):
        load_dataset(f"folder:{tmp_path}", skip_bad_images=True)


def test_refused_split_folders(tmp_path):
    write(tmp_path / "test" / "0.png", DIGITS[0])
    with pytest.raises(ValueError, match=r"called `train` or .*Received: .*\['test'\]"):
        load_dataset(f"folder:{tmp_path}")
    write(tmp_path / "train" / "0.png", DIGITS[0])
    (tmp_path / "val").mkdir()
    with pytest.raises(ValueError, match=r"Received: '.*val', which has none"):
        load_dataset(f"folder:{tmp_path}")
    (tmp_path / "validation").mkdir()
    with pytest.raises(ValueError, match="one name. Received: 'val' and 'validation'"):
        load_dataset(f"folder:{tmp_path}")
