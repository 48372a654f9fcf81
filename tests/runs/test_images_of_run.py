"""A run meets the images it was trained with, wherever they are, or says so."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image
from sklearn import datasets

from ade_tf.data import load_dataset
from ade_tf.evaluation import EvaluationOptions, evaluate_run
from ade_tf.evaluation.novelty import evaluate_novelty
from ade_tf.evaluation.options import NoveltyOptions
from ade_tf.runs import RunDirectory
from ade_tf.samples import draw
from ade_tf.training import train
from tests.helpers.logged import logged
from tests.helpers.models import tiny_config

pytestmark = pytest.mark.usefixtures("eager")

DIGITS = datasets.load_digits()
PIXELS = (DIGITS.images * 15).astype(np.uint8)


def write_folder(path, count=100):
    for i in range(count):
        name = path / str(DIGITS.target[i]) / f"{i:03d}.png"
        name.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(PIXELS[i]).save(name)


def write_archive(path, first=0):
    np.savez(path, images=PIXELS[first : first + 100])


def config(dataset, **settings):
    return tiny_config("vae", dataset=str(dataset), num_steps=2, **settings)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A place with a folder of images and a run that was trained on it."""
    place = tmp_path_factory.mktemp("trained")
    write_folder(place / "images")
    train(config(f"folder:{place / 'images'}"), place / "run")
    return place


@pytest.fixture
def place(trained, tmp_path):
    """The same in a copy that may be changed; the run knows images of the copy."""
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "run" / "config.json"
    file.write_text(file.read_text().replace(str(trained), str(tmp_path)))
    return tmp_path


def remove_one(place):
    next((place / "images").glob("3/*.png")).unlink()


def add_one(place):
    Image.fromarray(PIXELS[500]).save(place / "images" / "3" / "500.png")


def exchange_two(place):
    first, second = sorted((place / "images").glob("[45]/*.png"))[:2]
    first.rename(place / "x.png")
    second.rename(first)
    (place / "x.png").rename(second)


def relabel_one(place):
    (file,) = [*(place / "images" / "6").glob("*.png")][:1]
    file.rename(place / "images" / "7" / file.name)


CHANGES = (remove_one, add_one, exchange_two, relabel_one)


@pytest.mark.parametrize("change", CHANGES)
def test_changed_images_are_refused_until_it_is_said_that_they_are(place, change):
    evaluate_run(place / "run")
    before = (place / "run" / "metrics.jsonl").read_bytes()
    change(place)
    calls = (
        lambda **more: evaluate_run(place / "run", EvaluationOptions(**more)),
        lambda **more: evaluate_novelty(
            place / "run", NoveltyOptions(num_images=20, against="digits", **more)
        ),
        lambda **more: draw(place / "run", mode="reconstruct", num_samples=4, **more),
    )
    for call in calls:
        with pytest.raises(ValueError, match="images and splits it was.*changed_data"):
            call()
    assert (place / "run" / "metrics.jsonl").read_bytes() == before
    for call in calls:
        with logged() as warnings:
            call(changed_data=True)
        assert any("Other images than in training" in line for line in warnings)


def test_the_test_images_of_a_run_stay_held_out_when_a_file_goes(place):
    remove_one(place)
    record = RunDirectory(place / "run").read()["images"]
    with pytest.raises(ValueError) as error:
        evaluate_run(place / "run")
    changed = [name for name in record if f"{name}: " in str(error.value)]
    assert len(changed) == 1, error.value


def test_images_that_moved_are_found_by_their_new_name(place):
    (place / "images").rename(place / "elsewhere")
    with pytest.raises(ValueError, match="existing folder"):
        evaluate_run(place / "run")
    moved = f"folder:{place / 'elsewhere'}"
    assert evaluate_run(place / "run", EvaluationOptions(dataset=moved))
    assert draw(place / "run", mode="reconstruct", num_samples=2, dataset=moved)
    novelty = NoveltyOptions(num_images=20, against="digits", dataset=moved)
    assert evaluate_novelty(place / "run", novelty)
    train(config(moved), place / "run")
    with pytest.raises(ValueError, match="a run keeps the .*, 17\\)"):
        evaluate_run(place / "run", EvaluationOptions(dataset="digits"))


def test_training_goes_on_with_its_own_images_only(tmp_path):
    file = tmp_path / "images.npz"
    write_archive(file)
    run = tmp_path / "run"
    train(config(f"npz:{file}"), run)
    (run / "curves.png").unlink()
    before = RunDirectory(run).config_path.read_bytes()
    write_archive(file, first=1)
    with pytest.raises(ValueError, match="run_dir.*train: 81 images, now 81 oth"):
        train(config(f"npz:{file}"), run)
    with pytest.raises(ValueError, match="a run keeps the shape"):
        train(config("digits"), run)
    write_archive(tmp_path / "copy.npz")
    train(config(f"npz:{tmp_path / 'copy.npz'}"), run)
    assert RunDirectory(run).config_path.read_bytes() == before


def test_images_of_another_shape_are_never_taken(tmp_path):
    write_archive(tmp_path / "a.npz")
    train(config(f"npz:{tmp_path / 'a.npz'}"), tmp_path / "run")
    for images in (PIXELS[:100, :4], PIXELS[:100, :, :4], PIXELS[:100] > 99):
        np.savez(tmp_path / "a.npz", images=images)
        with pytest.raises(ValueError, match=r"\(8, 8, 1\), 256\) -> "):
            evaluate_run(tmp_path / "run", EvaluationOptions(changed_data=True))


def test_labels_of_an_older_run_keep_their_numbers(tmp_path):
    labels = np.array([1, 3, 8])[np.arange(100) % 3]
    np.savez(tmp_path / "a.npz", images=PIXELS[:100], labels=labels)
    data = load_dataset(f"npz:{tmp_path / 'a.npz'}", as_formerly=True)
    assert data.num_classes == 9 and {*data.train.labels} == {1, 3, 8}
    assert load_dataset(f"npz:{tmp_path / 'a.npz'}").num_classes == 3


def test_a_generator_is_of_the_same_images(tmp_path):
    write_archive(tmp_path / "a.npz")
    write_archive(tmp_path / "b.npz", first=50)
    train(
        tiny_config("gan", dataset=f"npz:{tmp_path / 'a.npz'}", num_steps=2),
        tmp_path / "gan",
    )
    fit = config(f"npz:{tmp_path / 'b.npz'}", sigma="scalar").replace(
        generator_from=str(tmp_path / "gan")
    )
    with pytest.raises(ValueError, match="generator_from takes a run of the same im"):
        train(fit, tmp_path / "fit")
    assert not (tmp_path / "fit").exists()


def test_a_run_of_an_older_version_is_met_with_its_own_splits_and_a_warning(place):
    file = place / "run" / "config.json"
    record = json.loads(file.read_text())
    del record["images"], record["class_names"]
    file.write_text(json.dumps(record))
    path = place / "scores.npz"
    with logged() as warnings:
        evaluate_run(place / "run", EvaluationOptions(per_image=str(path)))
    assert any("did not record what its images were" in line for line in warnings)
    # A tenth of the 100, by their positions.
    with np.load(path) as found:
        assert len(found["test_bits_per_dim"]) == 10
    with pytest.raises(ValueError, match="dataset: 'folder:.*images' -> 'digits'"):
        train(config("digits"), place / "run")
