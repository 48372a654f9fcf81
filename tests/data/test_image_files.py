"""Which files of a folder are read: links, runs, and what is no image."""

import json
import os

import numpy as np
import pytest
from PIL import Image
from sklearn import datasets

from ade_tf.data import load_dataset
from tests.helpers.logged import logged
from tests.helpers.written_runs import write_run

DIGITS = (datasets.load_digits().images * 15).astype(np.uint8)


def write(path, place):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(DIGITS[place]).save(path)


@pytest.fixture
def flat(tmp_path):
    folder = tmp_path / "flat"
    for i in range(12):
        write(folder / f"{i:02d}.png", i)
    return folder


@pytest.fixture
def classes(tmp_path):
    folder = tmp_path / "classes"
    for i in range(12):
        write(folder / ("cat" if i % 2 else "dog") / f"{i:02d}.png", i)
    return folder


@pytest.fixture
def splits(tmp_path):
    folder = tmp_path / "splits"
    for i in range(12):
        write(folder / ("train" if i < 8 else "test") / "cat" / f"{i:02d}.png", i)
    return folder


def load(folder, **options):
    """Returns the images of each split, as places in `DIGITS`, and the warnings."""
    with logged() as warnings:
        data = load_dataset(f"folder:{folder}", **options)
    places = {bytes(image.tobytes()): place for place, image in enumerate(DIGITS[:100])}
    names = ("train", "validation", "test")
    found = {
        name: [places[image.tobytes()] for image in getattr(data, name).images]
        for name in names
    }
    return found, warnings


def all_of(found):
    return sorted(place for places in found.values() for place in places)


def test_a_link_to_its_own_folder_adds_nothing(flat):
    before, _ = load(flat)
    (flat / "all").symlink_to(".")
    after, warnings = load(flat)
    assert after == before
    assert len(warnings) == 1 and f"{flat}/all ({flat}, which is read" in warnings[0]


def test_a_link_back_from_a_class_adds_nothing(classes):
    before, _ = load(classes)
    (classes / "cat" / "back").symlink_to("..")
    after, warnings = load(classes)
    assert after == before and "cat/back" in warnings[0]


@pytest.mark.parametrize("target", ["..", "../..", "../../test", "../../test/cat"])
def test_a_link_from_training_to_test_images_is_not_followed(splits, target):
    before, _ = load(splits)
    (splits / "train" / "cat" / "back").symlink_to(target)
    after, warnings = load(splits)
    assert after == before and after["test"] == [8, 9, 10, 11]
    assert "train/cat/back" in warnings[0]


def test_links_to_elsewhere_are_followed_once(splits, tmp_path):
    write(tmp_path / "elsewhere" / "inner" / "20.png", 20)
    write(splits / "pool" / "21.png", 21)
    (splits / "train" / "more").symlink_to(tmp_path / "elsewhere")
    (splits / "train" / "pool").symlink_to("../pool")
    (splits / "test" / "more").symlink_to(tmp_path / "elsewhere" / "inner")
    found, warnings = load(splits)
    assert {20, 21} < {*found["train"], *found["validation"]}
    assert found["test"] == [8, 9, 10, 11] and "test/more" in warnings[-1]


def test_two_splits_in_one_folder_are_refused(splits):
    (splits / "valid").symlink_to("test")
    with pytest.raises(ValueError, match="different folders. Received: .*test.*valid"):
        load(splits)


def test_runs_inside_are_left_out(classes):
    before, _ = load(classes)
    run = write_run(classes / "runs" / "first", steps=0, records=())
    write(run / "samples" / "final.png", 50)
    write(classes / "cat" / "plain" / "51.png", 51)
    (classes / "cat" / "plain" / "config.json").write_text(json.dumps({"format": "x"}))
    after, warnings = load(classes)
    assert all_of(after) == [*all_of(before), 51]
    assert f"{run} (the directory of a run)" in warnings[0]


@pytest.mark.parametrize("name", ["06a.png", "pipe", "x.jpg"])
def test_a_pipe_is_left_out_by_name(flat, name):
    before, _ = load(flat)
    os.mkfifo(flat / name)
    (flat / "device.png").symlink_to("/dev/zero")
    after, warnings = load(flat)
    assert after == before
    assert f"{flat / name} (no regular file)" in warnings[0]
    assert f"{flat / 'device.png'} (no regular file)" in warnings[0]


@pytest.mark.parametrize(
    ("name", "target"),
    [("cat", "gone"), ("x.png", "gone.png"), ("loop", "loop"), ("a.txt", "b.txt")],
)
def test_what_cannot_be_read_is_named(flat, name, target):
    (flat / name).symlink_to(target)
    with pytest.raises(ValueError, match=f"must be readable.*Received: '.*{name}'"):
        load(flat)
    found, warnings = load(flat, skip_bad_images=True)
    assert all_of(found) == [*range(12)] and name in warnings[0]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_closed_directory_is_named(classes):
    (classes / "cat").chmod(0)
    try:
        with pytest.raises(ValueError, match="must be readable.*/cat' .Permission"):
            load(classes)
    finally:
        (classes / "cat").chmod(0o755)


def test_files_of_other_kinds_are_counted(flat):
    for name in ("a.heic", "b.HEIC", "notes.txt", "LICENSE", ".hidden"):
        (flat / name).write_text("")
    found, warnings = load(flat)
    assert all_of(found) == [*range(12)]
    assert warnings == [
        f"Not read in {flat}, as no images by their names: 2 .heic, 1 .txt, 1 without "
        "a suffix."
    ]
