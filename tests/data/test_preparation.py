"""Prepared data sets: the same images as in memory, whatever happens on the way."""

import dataclasses
import io
import json
import os
import shutil
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image
from sklearn import datasets

from ade_tf.config.data import PreparationOptions
from ade_tf.data import load_dataset
from ade_tf.data.preparation import prepare_data
from ade_tf.data.stored import in_memory
from ade_tf.data.tfds import TfdsImages
from tests.data.test_tfds import write_digits
from tests.helpers.binaries import contents
from tests.helpers.logged import logged

PHOTO = datasets.load_sample_images().images[0]
PLACES = np.random.default_rng(0).integers(0, 400, [60, 2])


def photo(number, height=24, width=30):
    y, x = PLACES[number]
    return PHOTO[y : y + height, x : x + width]


def options(source, **settings):
    return PreparationOptions(
        source=source, **{"processes": 1, "images_per_shard": 4} | settings
    )


@pytest.fixture
def folder(tmp_path):
    """Classes `a` and `b`: JPEG and PNG, some grey, some turned, and of all sizes."""
    root = tmp_path / "images"
    for name in "ab":
        (root / name).mkdir(parents=True)
    for number in range(30):
        image = Image.fromarray(photo(number, 20 + number, 30))
        image = image.convert("L") if number % 5 == 0 else image
        exif = Image.Exif()
        exif[0x0112] = 6 if number % 7 == 0 else 1
        suffix = ("png", "jpg")[number % 2]
        image.save(root / "ab"[number % 3 == 0] / f"{number:02d}.{suffix}", exif=exif)
    return root


def zipped(folder, outer=""):
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__MACOSX/a/._00.png", b"of another system")
        archive.writestr(f"{outer}.DS_Store", b"hidden")
        for file in sorted(folder.rglob("*.*"), reverse=True):
            archive.write(file, f"{outer}{file.relative_to(folder)}")
    return f"zip:{path}"


def tarred(folder, mode="w"):
    path = folder.with_suffix(".tar")
    with tarfile.open(path, mode) as archive:
        archive.add(folder, "pictures")
    return f"tar:{path}"


def assert_same_images(prepared, expected):
    """Reads all: what is on record, too, must be what the images say."""
    read = dataclasses.replace(prepared, known_identity=None)
    assert read.identity == prepared.identity == expected.identity
    assert prepared.class_names == expected.class_names
    assert (prepared.levels, prepared.drawn) == (expected.levels, expected.drawn)
    assert prepared.image_shape == expected.image_shape
    for name in ("train", "validation", "test"):
        assert not in_memory(getattr(prepared, name).images)


@pytest.mark.parametrize("pack", [lambda f: f"folder:{f}", zipped, tarred])
@pytest.mark.parametrize("size", [(12,), (10, 14)], ids=["square", "rectangle"])
def test_files_are_those_of_the_folder(folder, tmp_path, pack, size):
    prepare_data(tmp_path / "out", options(pack(folder), image_size=size))
    data = load_dataset(f"prepared:{tmp_path}/out")
    assert_same_images(data, load_dataset(f"folder:{folder}", image_size=size))
    assert data.class_names == ("a", "b") and data.image_shape == (*(size * 2)[:2], 3)


def test_splits_and_outer_directories_of_archives(folder, tmp_path):
    for split in ("Train", "val"):
        shutil.copytree(folder, tmp_path / "all" / split)
    (tmp_path / "all" / "readme.txt").write_text("Not read.")
    expected = load_dataset(f"folder:{tmp_path}/all", image_size=9, channels=1)
    with logged() as warnings:
        source = zipped(tmp_path / "all", "outer/")
        prepare_data(tmp_path / "out", options(source, image_size=(9,), channels=1))
    assert "beside its splits Train, val: readme.txt" in warnings[0]
    assert_same_images(load_dataset(f"prepared:{tmp_path}/out"), expected)


def test_arrays_and_other_sources(tmp_path):
    rng = np.random.default_rng(0)
    grey, labels = rng.integers(0, 300, [50, 5, 6]), np.arange(50) * 7 % 3 + 4
    np.savez(tmp_path / "deep.npz", images=grey, labels=labels, levels=300)
    points = rng.normal(size=[40, 1, 1, 2])
    np.savez(tmp_path / "points.npz", x_train=points, x_test=points[:3])
    write_digits(tmp_path / "tfds", num_train=20)
    for number, (source, settings) in enumerate(
        [
            ("digits", {"images_per_shard": 500}),
            (f"npz:{tmp_path}/deep.npz", {"image_size": (4, 5)}),
            (f"npz:{tmp_path}/points.npz", {"continuous": True}),
            ("tfds:small_digits", {"data_dir": str(tmp_path / "tfds")}),
            ("toy:ring", {"images_per_shard": 10**6}),
        ]
    ):
        out = tmp_path / str(number)
        prepare_data(out, options(source, **settings))
        settings.pop("images_per_shard", None)
        assert_same_images(
            load_dataset(f"prepared:{out}"), load_dataset(source, **settings)
        )


@pytest.mark.parametrize("grey", [False, True])
def test_a_compressed_archive_is_never_whole_in_memory(tmp_path, monkeypatch, grey):
    images = np.stack([photo(number) for number in range(40)])
    images = images[..., 0] if grey else images
    arrays = {"x_train": images, "y_train": np.arange(40) % 3, "x_test": images[::-8]}
    arrays["y_test"] = np.arange(5) % 3
    np.savez_compressed(tmp_path / "photos.npz", **arrays)
    source = f"npz:{tmp_path}/photos.npz"
    sizes = {"whole": (), "small": (9, 11)}
    expected = {
        name: load_dataset(source, image_size=size or 0) for name, size in sizes.items()
    }
    monkeypatch.setattr("ade_tf.data.npz._MAPPED_FROM", 2000)
    monkeypatch.setattr("ade_tf.data.memory._memory", lambda: images.nbytes // 2)
    for name, size in sizes.items():
        prepare_data(tmp_path / name, options(source, image_size=size or (0,)))
        assert_same_images(load_dataset(f"prepared:{tmp_path}/{name}"), expected[name])
    with pytest.raises(ValueError, match="fit in memory"):
        load_dataset(source)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"y_train": np.arange(41) % 3}, r"\(40 images\). Received: shape=\(41,\)"),
        ({"y_train": np.arange(40) - 1}, "at least 0. Received: -1"),
        ({"y_train": np.arange(40) / 2}, "must be integers. Received: dtype=float64"),
        (
            {"y_train": np.arange(40) % 3, "x_test": np.ones([2, 24, 30, 3], np.uint8)},
            "must have labels, or none. Received: .* without labels for test",
        ),
    ],
)
def test_labels_of_a_compressed_archive_are_checked_first(
    tmp_path, monkeypatch, labels, message
):
    monkeypatch.setattr("ade_tf.data.npz._MAPPED_FROM", 2000)
    images = np.stack([photo(number) for number in range(40)])
    np.savez_compressed(tmp_path / "photos.npz", x_train=images, **labels)
    with pytest.raises(ValueError, match=message):
        prepare_data(tmp_path / "out", options(f"npz:{tmp_path}/photos.npz"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("read_in_order", [True, False])
@pytest.mark.parametrize("packed", ["DEFLATED", "BZIP2", "LZMA"])
@pytest.mark.parametrize("place", [0.02, 0.5, 0.9])
def test_a_damaged_archive_is_one_message(
    tmp_path, monkeypatch, read_in_order, packed, place
):
    monkeypatch.setattr("ade_tf.data.npz._MAPPED_FROM", 2000 if read_in_order else 1e9)
    path = tmp_path / "photos.npz"
    with zipfile.ZipFile(path, "w", getattr(zipfile, f"ZIP_{packed}")) as archive:
        with archive.open("images.npy", "w") as entry:
            np.save(entry, np.stack([photo(number) for number in range(40)]))
    flip(path, place)
    rule = "^Every array of an archive must be readable and of numbers. Received: 'im"
    with pytest.raises(ValueError, match=rule):
        prepare_data(tmp_path / "out", options(f"npz:{path}"))


def test_what_is_said_of_a_set(folder, tmp_path):
    record = prepare_data(
        tmp_path / "out", options(f"folder:{folder}", image_size=(8,))
    )
    assert record == json.loads((tmp_path / "out" / "dataset.json").read_text())
    assert record["image_shape"] == [8, 8, 3] and record["levels"] == 256
    assert record["images"] == {"train": 30}
    counts = record["classes"]
    assert sum(n for split in counts.values() for n in split.values()) == 30
    assert counts.keys() == {"train", "validation", "test"}
    assert record["made"].startswith("Images are decoded by Pillow")
    for words in ("EXIF", "colour, without transparency", "resized by area to 8x8"):
        assert words in record["made"]


def test_processes_and_interruptions_change_no_byte(folder, tmp_path, monkeypatch):
    asked = options(f"folder:{folder}", image_size=(8,))
    prepare_data(tmp_path / "whole", asked)
    prepare_data(tmp_path / "two", dataclasses.replace(asked, processes=2))
    expected = contents(tmp_path / "whole")
    for name in ("train-00003-of-00008.array_record", "dataset.json"):
        assert name in expected

    def without_name(found):
        found["dataset.json"] = found["dataset.json"].replace(b"/two", b"/whole")
        return found

    assert without_name(contents(tmp_path / "two")) == expected
    # A process that is killed may leave any of these states.
    (tmp_path / "whole").rename(tmp_path / "kept")
    from ade_tf.data import preparation

    write, written = preparation.write_shard, []

    def killed(directory, shard, part):
        if len(written) == 3:
            (directory / f".{shard}.array_record").write_bytes(b"begun")
            (directory / "train-00001-of-00008.json").unlink()
            raise KeyboardInterrupt
        written.append(shard)
        write(directory, shard, part)

    monkeypatch.setattr(preparation, "write_shard", killed)
    with pytest.raises(KeyboardInterrupt):
        prepare_data(tmp_path / "whole", asked)
    assert "dataset.json" not in contents(tmp_path / "whole")
    with pytest.raises(ValueError, match="not ready: prepare it again to go on"):
        load_dataset(f"prepared:{tmp_path}/whole")
    monkeypatch.setattr(
        preparation, "write_shard", lambda *a: (written.append(a[1]), write(*a))
    )
    prepare_data(tmp_path / "whole", asked)
    assert contents(tmp_path / "whole") == expected
    assert sorted(written) == sorted([*written[:3], *written[3:]])
    assert written.count("train-00000-of-00008") == 1
    assert written.count("train-00001-of-00008") == 2


def test_a_second_run_changes_nothing(folder, tmp_path, capsys):
    asked, out = options(f"folder:{folder}", image_size=(8,)), tmp_path / "out"
    prepare_data(out, asked)
    states = {path: path.stat() for path in out.iterdir()}
    record = prepare_data(out, dataclasses.replace(asked, processes=2))
    assert {path: path.stat() for path in out.iterdir()} == states
    assert record["images"] == {"train": 30} and "is ready" in capsys.readouterr().out
    with pytest.raises(ValueError, match=r"image_size \[8, 8\] -> \[4, 8\]"):
        prepare_data(out, dataclasses.replace(asked, image_size=(4, 8)))
    (out / "train-00001-of-00008.array_record").write_bytes(b"damaged")
    with pytest.raises(ValueError, match="7 bytes of"):
        prepare_data(out, asked)


def test_bad_files_are_counted_and_named(folder, tmp_path):
    (folder / "a" / "bad.png").write_bytes(b"none")
    truncated = (folder / "b" / "00.png").read_bytes()[:-200]
    (folder / "b" / "cut.png").write_bytes(truncated)
    asked, out = options(f"folder:{folder}", image_size=(8,)), tmp_path / "out"
    with pytest.raises(ValueError, match="must be whole.*Received: '.*/a/bad.png"):
        prepare_data(out, asked)
    with logged() as warnings:
        record = prepare_data(out, dataclasses.replace(asked, skip_bad_images=True))
    assert any("Left out 2 files: " in w and "/b/cut.png" in w for w in warnings)
    assert [("bad.png" in t, "cut.png" in t) for t in record["left_out"]] == [
        (True, False),
        (False, True),
    ]
    expected = load_dataset(f"folder:{folder}", image_size=8, skip_bad_images=True)
    assert_same_images(load_dataset(f"prepared:{out}"), expected)


def test_a_shard_of_bad_files_alone_is_empty(folder, tmp_path):
    for number in range(9):
        (folder / "a" / f"0{number}x.png").write_bytes(b"none")
    asked = options(
        f"folder:{folder}", image_size=(8,), skip_bad_images=True, images_per_shard=1
    )
    assert prepare_data(tmp_path / "out", asked)["images"] == {"train": 30}
    expected = load_dataset(f"folder:{folder}", image_size=8, skip_bad_images=True)
    assert_same_images(load_dataset(f"prepared:{tmp_path}/out"), expected)


@pytest.mark.parametrize(
    ("name", "damage", "message"),
    [
        ("array_record", lambda path: path.unlink(), "No such file"),
        ("array_record", lambda path: os.truncate(path, 70_000), "70000 bytes of "),
        ("array_record", lambda path: flip(path), "another checksum"),
        ("json", lambda path: path.unlink(), "No such file"),
        ("json", lambda path: flip(path), "another checksum"),
    ],
)
def test_damage_is_one_message_that_names_the_file(tmp_path, name, damage, message):
    out = tmp_path / "out"
    prepare_data(out, options("digits", images_per_shard=500))
    damage(out / f"train-00001-of-00003.{name}")
    with pytest.raises(ValueError) as caught:
        load_dataset(f"prepared:{out}")
    assert message in str(caught.value)
    assert f"Received: '{out}/train-00001-of-00003.{name}', " in str(caught.value)


def flip(path, place=0.5):
    content = bytearray(path.read_bytes())
    content[int(len(content) * place)] ^= 1
    path.write_bytes(content)


def test_a_source_that_changes_is_noticed(folder, tmp_path, monkeypatch):
    from ade_tf.data import preparation

    write = preparation.write_shard

    def meanwhile(directory, shard, part):
        write(directory, shard, part)
        Image.fromarray(photo(50)).save(folder / "a" / "new.png")

    monkeypatch.setattr(preparation, "write_shard", meanwhile)
    asked, out = options(f"folder:{folder}", image_size=(8,)), tmp_path / "out"
    changed = "must stay as it is.*Received: 'folder:.*images', which has changed"
    with pytest.raises(ValueError, match=changed):
        prepare_data(out, asked)
    before = contents(out)
    assert "dataset.json" not in before
    with pytest.raises(ValueError, match=changed):
        prepare_data(out, asked)
    assert contents(out) == before
    # What was there at first is there again: nothing was lost.
    (folder / "a" / "new.png").unlink()
    monkeypatch.undo()
    prepare_data(out, asked)
    assert_same_images(
        load_dataset(f"prepared:{out}"), load_dataset(f"folder:{folder}", image_size=8)
    )


def test_what_a_prepared_set_cannot_be_asked_for(tmp_path):
    out = tmp_path / "out"
    prepare_data(out, options("digits", images_per_shard=2000))
    load_dataset(f"prepared:{out}", image_size=8, levels=17)
    for asked in ({"image_size": 4}, {"levels": 256}, {"channels": 3}, {"pad_to": 9}):
        with pytest.raises(ValueError, match=f"`{[*asked][0]}` of a prepared set is"):
            load_dataset(f"prepared:{out}", **asked)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("zip:{}/none.zip", "`zip:PATH` must name an existing file"),
        ("zip:{}/other", "must name a whole zip file. Received"),
        ("tar:{}/other", "a whole tar file, not compressed as a whole"),
        ("tar:{}/images.tar", r"not compressed as a whole \(gunzip it\)"),
        ("folder:{}/none", "must name an existing folder"),
        ("zip:{}/empty.zip", "Every split must hold .png"),
        ("nope:{}", "A data set must be named"),
    ],
)
def test_sources_that_are_none(tmp_path, folder, source, message):
    tarred(folder, "w:gz")
    (tmp_path / "other").write_bytes(b"text" * 1000)
    with zipfile.ZipFile(tmp_path / "empty.zip", "w") as archive:
        archive.writestr("readme.txt", b"")
    with pytest.raises(ValueError, match=message):
        prepare_data(tmp_path / "out", options(source.format(tmp_path)))
    assert not (tmp_path / "out").exists()


def test_a_directory_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(ValueError, match="out must be new.*holds thesis.tex"):
        prepare_data(tmp_path, options("digits"))
    assert [*contents(tmp_path)] == ["thesis.tex"]


def test_sizes_that_differ_need_image_size(folder, tmp_path):
    with pytest.raises(ValueError, match="one size unless `image_size`.*Received: "):
        prepare_data(tmp_path / "out", options(f"folder:{folder}"))


def test_files_of_16_bits(tmp_path):
    root = tmp_path / "deep"
    root.mkdir()
    values = np.random.default_rng(0).integers(0, 2**16, [20, 6, 9], np.uint16)
    for number, image in enumerate(values):
        suffix = ("png", "tif")[number % 2]
        Image.fromarray(image).save(root / f"{number:02d}.{suffix}")
    expected = load_dataset(f"folder:{root}", levels=2**16)
    assert expected.train.images.dtype == np.uint16
    both = np.concatenate([s.images for s in (expected.train, expected.test)])
    assert {i.tobytes() for i in both} <= {i.tobytes() for i in values}
    prepare_data(tmp_path / "out", options(f"folder:{root}", levels=2**16))
    assert_same_images(load_dataset(f"prepared:{tmp_path}/out"), expected)
    with pytest.raises(ValueError, match="at most 8 bits a value"):
        load_dataset(f"folder:{root}")
    buffer = io.BytesIO()
    Image.fromarray(photo(0)).save(buffer, "png")
    (root / "colour.png").write_bytes(buffer.getvalue())
    with pytest.raises(ValueError, match="16 bits of grey.*colour.png.*'RGB' pixels"):
        load_dataset(f"folder:{root}", levels=2**16)


def test_a_streamed_set_is_never_whole_in_memory(tmp_path, monkeypatch):
    write_digits(tmp_path / "tfds", num_train=20)
    asked = {"data_dir": str(tmp_path / "tfds"), "images_per_shard": 4}
    read, most = TfdsImages.read, []

    def counted(self, split, first=0, last=None):
        most.append((split, last - first))
        return read(self, split, first, last)

    monkeypatch.setattr(TfdsImages, "read", counted)
    out = tmp_path / "out"
    prepare_data(out, options("tfds:small_digits", **asked))
    # One image of each split tells the shape.
    assert most[:2] == [("train", 1), ("test", 1)]
    assert most[2:] == [("train", 4)] * 5 + [("test", 4), ("test", 1)]
    # What was written before an end is not read again.
    expected = contents(out)
    (out / "dataset.json").rename(tmp_path / "kept.json")
    most.clear()
    (out / "train-00001-of-00005.json").unlink()
    write_plan_again(out, tmp_path / "kept.json")
    prepare_data(out, options("tfds:small_digits", **asked))
    assert most == [("train", 4)]
    assert contents(out) == expected


def write_plan_again(out, record):
    """Puts the plan of a preparation that was ended in the place of its record."""
    found = json.loads(record.read_text())
    plan = {key: found[key] for key in ("format", "settings", "stamp")}
    plan |= {key: found[key] for key in ("image_shape", "dtype")}
    shards = {"train": [[n, n + 4] for n in range(0, 20, 4)], "test": [[0, 4], [4, 5]]}
    (out / "plan.json").write_text(json.dumps(plan | {"shards": shards}))
