import io

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from ade_tf.evaluation import ComparisonOptions, compare_images
from ade_tf.runs.records import read_records
from tests.extractors.cases import images, save_model
from tests.helpers.real_files import real_data, real_extractor


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """Path of a small SavedModel of features and probabilities."""
    return save_model(tmp_path_factory.mktemp("extractors") / "net")


def save(path, array):
    np.savez(path, images=array)
    return f"npz:{path}"


def compare(reference, scored, network, **more):
    settings = dict(
        reference_split="all", extractor="savedmodel", extractor_path=str(network)
    )
    settings |= dict(reference=reference, images=scored, cache_dir="")
    records = compare_images(ComparisonOptions(**settings | more))
    return {record["metric"]: record for record in records}


def test_all_scores_of_one_file_against_another(tmp_path, network, capsys):
    real = save(tmp_path / "real.npz", images(120))
    other = save(tmp_path / "other.npz", images(90, seed=1) // 2)
    out = tmp_path / "records.jsonl"
    found = compare(real, other, network, out=str(out))
    assert read_records(out) == list(found.values())
    assert list(found) == [
        *("frechet_distance", "class_weighted_frechet"),
        *("kernel_distance", "inception_score"),
        *("precision", "recall", "density", "coverage"),
        *("classifier_test_accuracy", "classifier_test_p"),
        *("kernel_test_mmd", "kernel_test_p"),
    ]
    record = found["frechet_distance"]
    assert record["name"] == "Frechet distance (net)"
    assert (record["num_examples"], record["num_reference"]) == (90, 120)
    assert (record["dataset"], record["images"]) == (real, other)
    assert record["value"] > 10 * record["floor"]["value"]
    assert "| Frechet distance (net) | train+validation+test | " in (
        capsys.readouterr().out
    )
    same = compare(real, real, network, metrics=("frechet_distance",))
    assert same["frechet_distance"]["value"] == pytest.approx(0, abs=1e-6)


def test_neither_batches_nor_replicas_change_a_score(tmp_path, network):
    real = save(tmp_path / "real.npz", images(60))
    other = save(tmp_path / "other.npz", images(47, seed=1) // 2)
    settings = (
        dict(strategy="single"),
        dict(strategy="single", batch_size=7),
        dict(strategy="mirrored", batch_size=10),
    )
    whole, pieces, replicas = (compare(real, other, network, **s) for s in settings)
    for metric, record in whole.items():
        for again in (pieces, replicas):
            assert again[metric]["value"] == pytest.approx(record["value"], rel=1e-6)


def test_a_part_is_drawn_by_the_seed(tmp_path, network):
    real = save(tmp_path / "real.npz", images(60))
    many = save(tmp_path / "many.npz", images(90, seed=1))

    def value(**more):
        asked = dict(metrics=("frechet_distance",), num_samples=30)
        return compare(real, many, network, **asked, **more)["frechet_distance"]

    assert value() == value()
    assert value()["value"] != value(seed=1)["value"]
    assert value()["num_examples"] == 30


def test_a_file_sorted_by_class_is_scored_as_if_shuffled(tmp_path, network):
    # Blocks of one colour: parts of a sorted file would hold one image and score 1.
    colours = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [0, 0, 0]], np.uint8)
    blocks = np.repeat(colours, 50, axis=0)[:, None, None] * np.ones(
        [8, 8, 1], np.uint8
    )
    np.savez(tmp_path / "x.npz", x_train=blocks, x_validation=blocks, x_test=blocks)
    found = compare(
        *(f"npz:{tmp_path / 'x.npz'}", f"npz:{tmp_path / 'x.npz'}", network),
        images_split="test",
        metrics=("inception_score",),
    )
    assert found["inception_score"]["value"] > 1.01


def write_folder(folder, array):
    folder.mkdir(parents=True)
    for place, image in enumerate(array):
        Image.fromarray(image).save(folder / f"{place:03d}.png")
    return f"folder:{folder}"


def test_a_plain_folder_is_compared_as_a_whole(tmp_path, network):
    real = write_folder(tmp_path / "real", images(60))
    metrics = dict(metrics=("frechet_distance",), reference_split="")
    found = compare(real, real, network, **metrics)["frechet_distance"]
    assert (found["num_examples"], found["num_reference"]) == (60, 60)
    assert found["split"] == "train+validation+test"
    assert found["value"] == pytest.approx(0, abs=1e-6)
    with_test = write_folder(tmp_path / "own" / "train", images(40))
    write_folder(tmp_path / "own" / "test", images(30, seed=1))
    own = with_test.removesuffix("/train")
    found = compare(own, real, network, **metrics)["frechet_distance"]
    assert (found["num_reference"], found["split"]) == (30, "test")
    npz = save(tmp_path / "real.npz", images(60))
    assert compare(npz, real, network, **metrics)["frechet_distance"]["value"] < 1e-6


def test_images_are_loaded_as_they_are_asked_for(tmp_path, network):
    real = write_folder(tmp_path / "real", images(60))
    large = write_folder(tmp_path / "large", images(60).repeat(2, 1).repeat(2, 2))
    (tmp_path / "large" / "bad.png").write_text("not a PNG")
    floats = save(tmp_path / "floats.npz", images(60).astype(float))
    metrics = dict(metrics=("frechet_distance",))
    options = (
        (large, dict(image_size=(8,), skip_bad_images=True)),
        (floats, dict(levels=256)),
    )
    for scored, more in options:
        found = compare(real, scored, network, **metrics, **more)
        assert found["frechet_distance"]["value"] == pytest.approx(0, abs=1e-6)
    for scored, message in ((large, "skip_bad_images"), (floats, "need `levels`")):
        with pytest.raises(ValueError, match=message):
            compare(real, scored, network, **metrics)
    with pytest.raises(ValueError, match="grey levels. Received: continuous"):
        compare(floats, floats, network, continuous=True)


def test_pixels_of_compressed_images_are_told_from_others(tmp_path):
    digits = np.random.default_rng(0).permutation(load_digits().images)
    first, second, third = np.split((digits[:1200] * 15).astype(np.uint8), 3)
    pressed = np.stack([jpeg(image, 50) for image in third])
    folders = {
        name: write_folder(tmp_path / name, array)
        for name, array in (("a", first), ("b", second), ("c", pressed))
    }
    asked = dict(extractor="pixels", extractor_path="")
    asked["metrics"] = ("classifier_test", "kernel_test")
    same, other = (compare(folders["a"], folders[n], "", **asked) for n in "bc")
    assert same["classifier_test_p"]["value"] > 0.05 < same["kernel_test_p"]["value"]
    assert other["classifier_test_p"]["value"] < 0.001
    assert other["classifier_test_accuracy"]["held_out"] == 400
    assert other["kernel_test_mmd"]["rows"] == [400, 400]


REFUSED = {
    "reference": (dict(reference=""), "reference must name a data set"),
    "images": (dict(images=""), "images must name a data set"),
    "split": (dict(images_split="half"), "images_split must be of train.*'half'"),
    "metric": (dict(metrics=("bits_per_dim",)), "among frechet_distance.*bits_per_dim"),
    "protocol": (
        dict(protocol="modern_50k", reference_split="test"),
        r"needs reference_split=train\+validation. Received: reference_split=test",
    ),
    "extractor": (dict(protocol="ade_paper"), "means extractor=inception"),
}


@pytest.mark.parametrize(("given", "message"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_go_together_is_refused(given, message):
    settings = dict(reference="npz:a", images="npz:b", extractor="savedmodel")
    if given.get("protocol") == "modern_50k":
        settings["extractor"] = ""
    with pytest.raises(ValueError, match=message):
        ComparisonOptions(**{**settings, **given})


def test_images_that_do_not_go_together_are_refused(tmp_path, network):
    real = save(tmp_path / "real.npz", images(60))
    large = save(tmp_path / "large.npz", images(60, side=12))
    few = save(tmp_path / "few.npz", images(12))
    with pytest.raises(ValueError, match=r"one image_shape.*\(8, 8, 3\).*\(12, 12, 3"):
        compare(real, large, network)
    with pytest.raises(ValueError, match="`desk` needs at least 20 samples.*: 12"):
        compare(real, few, network)
    with pytest.raises(ValueError, match="num_samples must be at most.*61 of 60"):
        compare(real, real, network, num_samples=61)
    with pytest.raises(
        ValueError, match=r"array `levels`\). Received: 256 .*17 of 'digits"
    ):
        compare(real, "digits", network)


def jpeg(image, quality):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def typical(images):
    """Returns the image nearest to the mean of all."""
    distances = np.square(images - images.mean(0)).sum((1, 2, 3))
    return images[np.argmin(distances)]


@pytest.mark.long
@pytest.mark.parametrize("name", ["cifar_resnet56", "mobilenet_v2_224"])
def test_real_noisy_and_compressed_images_are_told_apart(tmp_path, name):
    extractor = real_extractor(name)
    with np.load(real_data("cifar10_exact_subset.npz")) as file:
        real, test, labels = file["x_train"][:1000], file["x_test"], file["y_test"]
    test, labels = test[:1000], labels[:1000]
    noise = np.random.default_rng(0).normal(0.0, 20.0, test.shape)
    noisy = np.clip(np.rint(test + noise), 0, 255).astype(np.uint8)
    pressed = np.stack([jpeg(image, 75) for image in test])
    repeated = np.repeat([typical(test[labels == c]) for c in range(10)], 100, axis=0)
    reference = save(tmp_path / "reference.npz", real)
    sets = dict(real=test, noisy=noisy, jpeg=pressed, repeated=repeated)
    found = {
        key: compare(reference, save(tmp_path / f"{key}.npz", array), extractor)
        for key, array in sets.items()
    }
    for metric in ("frechet_distance", "kernel_distance"):
        values = {key: records[metric]["value"] for key, records in found.items()}
        assert values["real"] < values["jpeg"] < values["noisy"], metric
    # Density is left out: JPEG smooths images towards the middle of the real ones, and
    # density may rise above that of real images.
    for metric in ("inception_score", "precision", "recall", "coverage"):
        values = {key: records[metric]["value"] for key, records in found.items()}
        assert values["real"] > values["jpeg"] > values["noisy"], metric
    assert found["real"]["density"]["value"] > found["noisy"]["density"]["value"]
    repeated = {metric: r["value"] for metric, r in found["repeated"].items()}
    assert repeated["precision"] > 0.5 > 0.05 > repeated["recall"]
    assert repeated["coverage"] < 0.2
