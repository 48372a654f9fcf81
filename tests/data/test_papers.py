"""The papers' data sets: their names, shapes and splits on mocked TFDS data."""

import json

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from ade_tf.config import PRESETS
from ade_tf.config.papers import PAPER_SETS
from ade_tf.data import load_dataset
from ade_tf.data.images import fit_image
from ade_tf.data.source import LoadOptions
from ade_tf.data.tfds import TfdsImages
from tests.data.test_tfds import IMAGES, write_digits
from tests.helpers.binaries import DATA_SETS, ROOT, call, tiny_flags

NAMES = pytest.mark.parametrize("name", PAPER_SETS)
# Of each kind one; the others are of the long tests.
QUICK = ("mnist", "stl10", "celeba64")
TRAINED = [
    pytest.param(name, marks=() if name in QUICK else pytest.mark.long)
    for name in PAPER_SETS
]
COUNT = 12
# Of images whose shape TFDS leaves open.
SHAPES = {"lsun": (80, 96, 3), "downsampled_imagenet/32x32": (32, 32, 3)}
SHAPES["downsampled_imagenet/64x64"] = (64, 64, 3)
FLAGS = [
    f for f in tiny_flags(preset="vae", network="mlp") if not f.startswith("--dataset")
]


def images_of(name):
    """Returns the images that the mock gives of every split."""
    builder = tfds.builder(name, data_dir="/nowhere")
    shape = builder.info.features["image"].shape
    if None in shape:
        shape = SHAPES.get(name) or SHAPES[name.partition("/")[0]]
    generator = np.random.default_rng(0)
    return generator.integers(0, 256, [COUNT, *shape]).astype(np.uint8)


@pytest.fixture
def mocked(name, tmp_path):
    """Makes TFDS's files about a set without those of its images, which are mocked."""
    found = PAPER_SETS[name].tfds
    images = images_of(found)
    builder = tfds.builder(found, data_dir=tmp_path)
    parts = {p for split in PAPER_SETS[name].splits.values() for p in split.split("+")}
    infos = [
        tfds.core.SplitInfo(
            name=part,
            shard_lengths=[COUNT],
            num_bytes=0,
            filename_template=tfds.core.ShardedFileTemplate(
                dataset_name=builder.name,
                data_dir=builder.data_path,
                filetype_suffix="tfrecord",
            ),
        )
        for part in parts
    ]
    builder.info.set_splits(tfds.core.SplitDict(infos))
    builder.data_path.mkdir(parents=True)
    builder.info.write_to_directory(builder.data_path)

    def as_dataset(self, decoders=None, **others):
        wanted = decoders.extract_features(self.info.features)
        columns = {"image": images}
        if "label" in wanted:
            columns["label"] = np.arange(COUNT) % 10
        return tf.data.Dataset.from_tensor_slices(columns)

    # The mock gives its own directory to whatever is opened.
    place = str(builder.data_path)
    with tfds.testing.mock_data(COUNT, as_dataset_fn=as_dataset, data_dir=place):
        yield str(tmp_path), images


# The dearest ones, and those whose parts other presets have, too.
LONG_PRESETS = {*PRESETS} - {"vae", "flow", "gan"}
SMALLER = {"translator_width": 8, "translator_blocks": 1, "pixel_width": 8}


@NAMES
def test_a_set_is_prepared_as_its_paper_says(name, mocked):
    data_dir, images = mocked
    found = PAPER_SETS[name]
    data = load_dataset(f"papers:{name}", data_dir=data_dir)
    assert data.image_shape == (found.side, found.side, found.channels)
    assert data.levels == 256
    assert ("validation" in data.drawn) == ("validation" not in found.splits)
    assert "test" not in data.drawn
    first = images[0]
    if name == "celeba64":
        assert images.shape[1:] == (218, 178, 3)
        first = first[40:188, 15:163]
    np.testing.assert_array_equal(data.test.images[0], fit_image(first, found.side, 0))
    if name == "stl10":
        means = first.reshape(48, 2, 48, 2, 3).mean((1, 3))
        np.testing.assert_array_equal(data.test.images[0], np.rint(means))
        assert not data.num_classes


@pytest.mark.parametrize("name", TRAINED)
def test_a_set_trains_a_model(name, mocked, tmp_path):
    data_dir, _ = mocked
    ended = call(
        "train",
        *FLAGS,
        f"--flagfile={ROOT / 'flags' / f'data_{name}.flags'}",
        f"--data_dir={data_dir}",
        "--num_steps=2",
        f"--run_dir={tmp_path / 'run'}",
    )
    assert ended.status == 0, ended.err
    assert (tmp_path / "run" / "metrics.jsonl").exists()


@pytest.mark.parametrize("name", ["mnist"])
@pytest.mark.parametrize(
    "preset",
    [
        pytest.param(preset, marks=pytest.mark.long if preset in LONG_PRESETS else ())
        for preset in PRESETS
    ],
)
def test_every_preset_trains(preset, mocked, tmp_path):
    data_dir, _ = mocked
    settings = {"preset": preset, "dataset": "tfds:mnist", **SMALLER}
    if PRESETS[preset].second_domain:
        settings["dataset_b"] = "digits:negative"
    flags = tiny_flags(**settings, image_size=(8,), levels=256, num_steps=2)
    run = tmp_path / "run"
    ended = call("train", *flags, f"--data_dir={data_dir}", f"--run_dir={run}")
    assert ended.status == 0, ended.err
    assert "tfds:mnist: 8x8x1, 256 levels, 10 classes" in ended.out
    lines = (run / "scalars.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [1, 2]


def test_every_set_has_a_flagfile_and_stands_in_the_docs():
    assert [path.stem.removeprefix("data_") for path in DATA_SETS] == sorted(PAPER_SETS)
    page = (ROOT / "docs" / "datasets.md").read_text()
    for name, found in PAPER_SETS.items():
        (line,) = (x for x in page.splitlines() if x.startswith(f"| `{name}` |"))
        assert f"| `{found.tfds}` |" in line and f"| {found.licence} |" in line


@pytest.mark.parametrize("name", ["mnist"])
def test_other_images_than_the_papers_are_refused(mocked):
    data_dir, _ = mocked
    with pytest.raises(ValueError, match=r"is \(28, 28\), or 0 \(`tfds:mnist` takes"):
        load_dataset("papers:mnist", data_dir=data_dir, image_size=14)
    with pytest.raises(ValueError, match="must name one of mnist, .*Received: 'nist'"):
        load_dataset("papers:nist", data_dir=data_dir)


def test_sums_of_splits_are_read_from_place_to_place(tmp_path):
    write_digits(tmp_path)
    options = LoadOptions(data_dir=str(tmp_path))
    found = TfdsImages("small_digits", options, {"train": "train+test"})
    assert found.counts == {"train": 17}
    read = [image for image, _, _ in found.read("train", 10, 15)]
    np.testing.assert_array_equal(read, IMAGES[10:15])
