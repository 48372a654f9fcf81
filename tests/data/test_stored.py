"""Images on disk: they answer as arrays do, and train as arrays do."""

import concurrent.futures
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from absl.testing import flagsaver
from sklearn import datasets

from ade_tf.data import Split, evaluation_batches, training_stream
from ade_tf.data.array_records import RecordImages, record_writer
from ade_tf.data.splits import partition
from ade_tf.data.stored import StoredRows, in_memory, take_rows
from ade_tf.strategies import shared_batches
from tests.helpers.binaries import ROOT
from tests.helpers.processes import PATIENCE

DIGITS = datasets.load_digits().images[:100, ..., None].astype(np.uint8)
LABELS = np.arange(100, dtype=np.int32)


def in_records(directory, images=DIGITS, shards=3):
    files = []
    for number, part in enumerate(np.array_split(images, shards)):
        files.append(directory / f"{number}.array_record")
        with record_writer(files[-1]) as add:
            for image in part:
                add(image)
    return RecordImages(files, images.shape, images.dtype)


def mapped(directory, images=DIGITS):
    np.save(directory / "images.npy", images)
    return np.load(directory / "images.npy", mmap_mode="r")


STORES = {
    "records": in_records,
    "mapped": mapped,
    "rows of records": lambda path: StoredRows(
        in_records(path, DIGITS[::-1]), np.arange(100)[::-1]
    ),
    "rows of mapped": lambda path: StoredRows(mapped(path), np.arange(100)),
}


@pytest.fixture(params=STORES)
def stored(request, tmp_path):
    return STORES[request.param](tmp_path)


def test_it_answers_as_the_array(stored):
    assert not in_memory(stored) and in_memory(DIGITS)
    assert (stored.shape, stored.dtype) == (DIGITS.shape, DIGITS.dtype)
    assert (len(stored), stored.nbytes, stored.ndim) == (100, DIGITS.nbytes, 4)
    for index in (
        *(3, -1, slice(None), slice(5, 90, 7), slice(99, 200), slice(7, 7)),
        *([4, 4, 99, -100], np.array([], int), LABELS % 3 == 0),
    ):
        np.testing.assert_array_equal(stored[index], DIGITS[index])
    np.testing.assert_array_equal(np.asarray(stored), DIGITS)
    np.testing.assert_array_equal(np.stack([*stored]), DIGITS)
    for place in (100, -101):
        with pytest.raises(IndexError):
            stored[place]


@pytest.mark.parametrize("random_flip", [False, True])
def test_its_batches_are_those_of_the_array(stored, random_flip):
    options = {"batch_size": 7, "seed": 3, "start_step": 11}
    streams = [
        training_stream(Split(images, LABELS), random_flip=random_flip, **options)
        for images in (DIGITS, stored)
    ]
    assert streams[0].element_spec == streams[1].element_spec
    passes = [
        evaluation_batches(Split(images, LABELS), batch_size=32)
        for images in (DIGITS, stored)
    ]
    for pair in (streams, passes):
        batches = [ds.take(40).as_numpy_iterator() for ds in pair]
        for expected, found in zip(*batches, strict=True):
            assert expected.keys() == found.keys()
            for key in expected:
                np.testing.assert_array_equal(found[key], expected[key])


def test_replicas_share_its_batches(stored):
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    options = {"batch_size": 6, "seed": 2, "start_step": 3}
    expected = training_stream(Split(DIGITS, LABELS), **options).take(5)
    stream = training_stream(Split(stored, LABELS), **options)
    shared = iter(shared_batches(stream, strategy))
    for whole in expected.as_numpy_iterator():
        batch = next(shared)
        for key, value in whole.items():
            halves = strategy.experimental_local_results(batch[key])
            np.testing.assert_array_equal(np.concatenate(halves), value)


@pytest.mark.parametrize("threads", [1, 7])
def test_reader_threads_change_nothing(tmp_path, threads):
    stream = training_stream(
        Split(in_records(tmp_path, shards=9), LABELS), batch_size=40, seed=1
    )
    with flagsaver.as_parsed(grain_num_threads_fetching_records=str(threads)):
        found = [*stream.take(8).as_numpy_iterator()]
    whole = training_stream(Split(DIGITS, LABELS), batch_size=40, seed=1)
    for batch, expected in zip(found, whole.as_numpy_iterator(), strict=False):
        np.testing.assert_array_equal(batch["image"], expected["image"])


@pytest.mark.parametrize("replicas", [1, 2])
def test_an_iterator_is_dropped_while_it_reads(replicas):
    command = [sys.executable, "-m", "tests.helpers.dropped_iterators", str(replicas)]
    ended = subprocess.run(command, cwd=ROOT, timeout=PATIENCE, capture_output=True)
    assert ended.returncode == 0, ended.stderr[-2000:]


def test_parts_of_it_stay_on_disk(stored):
    parts = partition(Split(stored, LABELS), 20, 10)
    expected = partition(Split(DIGITS, LABELS), 20, 10)
    for name, part in parts.items():
        assert not in_memory(part.images)
        np.testing.assert_array_equal(part.images[:], expected[name].images)
        np.testing.assert_array_equal(part.labels, expected[name].labels)
    np.testing.assert_array_equal(take_rows(DIGITS, LABELS[:2]), DIGITS[:2])


def test_many_threads_read_records_at_once(tmp_path):
    stored = in_records(tmp_path, shards=5)

    def read(seed):
        places = np.random.default_rng(seed).integers(0, 100, 16)
        return np.array_equal(stored[places], DIGITS[places])

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(400)))


def test_all_at_once_must_fit_in_memory(tmp_path, monkeypatch):
    stored = in_records(tmp_path)
    monkeypatch.setattr("ade_tf.data.memory._memory", lambda: 1000)
    with pytest.raises(ValueError, match="must fit in memory. Received: .* 100 images"):
        np.asarray(stored)


@pytest.mark.parametrize(
    "images", [np.float32(DIGITS) / 7, np.uint16(DIGITS) * 4000], ids=["float", "deep"]
)
def test_records_keep_every_type(tmp_path, images):
    np.testing.assert_array_equal(in_records(tmp_path, images)[:], images)


def test_records_are_the_same_bytes_every_time(tmp_path):
    contents = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        in_records(tmp_path / name, np.tile(DIGITS, (40, 4, 4, 3)), shards=1)
        contents.append((tmp_path / name / "0.array_record").read_bytes())
    assert contents[0] == contents[1]


def test_damaged_records_are_refused(tmp_path):
    files = [tmp_path / f"{n}.array_record" for n in range(3)]
    whole = in_records(tmp_path).shape
    content = files[1].read_bytes()
    for damaged in (content[:-1000], content[1000:], b"", None):
        files[1].unlink(missing_ok=True)
        if damaged is not None:
            files[1].write_bytes(damaged)
        with pytest.raises(ValueError, match="there and whole. Received: "):
            RecordImages(files, whole, np.uint8)
    with pytest.raises(ValueError, match=r"\(33 records for 99 images\)"):
        RecordImages(files[2:], (99, *whole[1:]), np.uint8)


def test_records_damaged_inside_end_a_pass(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (64, 64, 64, 3), np.uint8)
    in_records(tmp_path, images, shards=1)
    (file,) = tmp_path.iterdir()
    content = bytearray(file.read_bytes())
    content[len(content) // 3] ^= 255
    file.write_bytes(content)
    stored = RecordImages([file], images.shape, np.uint8)
    split = Split(stored, np.zeros(64, np.int32))
    with pytest.raises(tf.errors.OpError, match="there and whole. Received: .*hash"):
        list(evaluation_batches(split, batch_size=8))


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(OSError, match="gone/0.array_record"):
        with record_writer(tmp_path / "gone" / "0.array_record") as add:
            add(DIGITS[0])
