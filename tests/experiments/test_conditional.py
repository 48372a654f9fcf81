"""A conditional run, from training to its samples."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from ade_tf.data import load_data
from ade_tf.evaluation import EvaluationOptions
from ade_tf.evaluation.context import Evaluation
from ade_tf.randomness import fold
from ade_tf.runs import load_run
from ade_tf.samples import draw
from experiments.bench import BenchmarkOptions, benchmark
from tests.helpers.binaries import call, saved_numbers, tiny_flags
from tests.helpers.models import bound_terms, sample, tiny_config

pytestmark = pytest.mark.usefixtures("eager")

FLAGS = tiny_flags(
    preset="av_ade",
    conditional=True,
    network="mlp",
    coupling_network="mlp",
    discriminator="mlp",
    penalty="r1",
    flow_steps=(1,),
    num_steps=6,
    checkpoint_every=3,
    validate_every=3,
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    run = tmp_path_factory.mktemp("conditional") / "run"
    ended = call("train", *FLAGS, f"--run_dir={run}")
    assert ended.status == 0, ended.err
    assert "bits/dim given the label (bound)" in ended.out
    return run


def images_of(run, tmp_path, **options):
    with np.load(draw(run, out=str(tmp_path / "drawn.npz"), **options)) as found:
        return found["images"]


def test_a_run_goes_on_exactly(run, tmp_path):
    again = tmp_path / "again"
    shutil.copytree(run, again)
    for path in again.glob("checkpoints/step-6.*"):
        path.unlink()
    assert "Resuming from step 3" in call("train", *FLAGS, f"--run_dir={again}").out
    here, there = saved_numbers(run, 6), saved_numbers(again, 6)
    assert [name for name in here if here[name] != there[name]] == []
    assert json.loads((again / "config.json").read_text())["num_classes"] == 10


def test_its_bits_are_those_given_the_labels(run):
    record = json.loads((run / "metrics.jsonl").read_text().splitlines()[0])
    assert record["name"] == "bits/dim given the label (bound)"
    assert record["metric"] == "bits_per_dim"
    model, test = load_run(run).model, load_data(load_run(run).config.data).test
    find = tf.function(
        lambda labels: bound_terms(
            model, test.images, fold(0), tf.range(300, dtype=tf.int64), labels
        ).loss_nats(),
        autograph=False,
    )
    nats = [find(labels).numpy() for labels in (test.labels, (test.labels + 1) % 10)]
    assert record["value"] == pytest.approx(nats[0].mean() / 64 / np.log(2), rel=1e-5)
    assert abs(nats[0].mean() - nats[1].mean()) > 1e-3


def test_samples_are_of_the_labels_asked_for(run, tmp_path):
    model = load_run(run).model

    def of(*labels, count=10):
        draws = tf.function(
            lambda labels: sample(model, count, 1.0, 0, labels=labels),
            autograph=False,
        )
        return draws(tf.constant(labels)).numpy()

    in_turn = images_of(run, tmp_path, num_samples=12)
    np.testing.assert_array_equal(in_turn, of(*range(10), 0, 1, count=12))
    threes = images_of(run, tmp_path, num_samples=10, label=(3,))
    np.testing.assert_array_equal(threes, of(*10 * [3]))
    rows = images_of(run, tmp_path, num_samples=21, label=(3, 1))
    np.testing.assert_array_equal(rows[:10], threes)
    np.testing.assert_array_equal(rows[10:], of(*10 * [1]))
    cold = images_of(run, tmp_path, mode="temperatures", num_samples=24, label=(3,))
    np.testing.assert_array_equal(cold[-4:], threes[:4])
    samples = Evaluation(load_run(run), load_data(load_run(run).config.data), None)
    samples.options = EvaluationOptions(num_samples=10)
    labels = samples.sample_labels
    np.testing.assert_array_equal(samples.samples(), of(*labels))


def test_pictures_of_codes_keep_to_a_class(run, tmp_path):
    test = load_data(load_run(run).config.data).test
    seven = test.images[test.labels == 7]
    found = images_of(run, tmp_path, mode="reconstruct", num_samples=4, label=(7,))
    np.testing.assert_array_equal(found[0::2], seven[:4])
    for mode, each in (("interpolate", 10), ("traverse", 11), ("neighbours", 4)):
        assert len(images_of(run, tmp_path, mode=mode, num_samples=3)) == 3 * each


def test_the_flag_of_the_label(run, tmp_path):
    out = f"--out={tmp_path / 'rows.png'}"
    ended = call("sample", f"--run_dir={run}", "--label=0,1,2", out)
    assert ended.status == 0, ended.err
    assert (tmp_path / "rows.png").exists()


@pytest.mark.parametrize(
    ("binary", "flags", "message"),
    [
        (
            "sample",
            ["--label=10"],
            "and 5 more. Received: label=10",
        ),
        (
            "sample",
            ["--label=2,-1"],
            "and 5 more. Received: label=2,-1",
        ),
        (
            "sample",
            ["--label=x"],
            "and 5 more. Received: label=x",
        ),
        ("sample", ["--mode=density"], "`density` needs an unconditional model"),
        ("novelty", [], "a test of p(x), needs an unconditional model"),
        (
            "evaluate",
            ["--metrics=toy_divergences"],
            "toy_divergences needs an unconditional model",
        ),
    ],
)
def test_what_a_conditional_run_refuses(run, binary, flags, message):
    before = (run / "metrics.jsonl").read_bytes()
    ended = call(binary, f"--run_dir={run}", *flags)
    assert ended.status == 2
    assert message in ended.err, ended.err
    assert (run / "metrics.jsonl").read_bytes() == before


@pytest.mark.parametrize("names", ["folder", "npz"])
def test_classes_go_by_the_names_that_the_data_give_them(tmp_path, names):
    digits = load_data(tiny_config().data).train
    kept = np.isin(digits.labels, (1, 3, 8))
    images, labels = digits.images[kept][:90], digits.labels[kept][:90]
    if names == "npz":
        np.savez(tmp_path / "data.npz", images=images, labels=labels, levels=17)
        source, asked, index = f"npz:{tmp_path / 'data.npz'}", ("8", "3"), (2, 1)
    else:
        words = {1: "one", 3: "three", 8: "eight"}
        for place, (image, label) in enumerate(zip(images, labels, strict=True)):
            path = tmp_path / "data" / words[label] / f"{place}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image[..., 0]).save(path)
        source, asked, index = f"folder:{tmp_path / 'data'}", ("three", "one"), (2, 1)
    run, out = tmp_path / "run", tmp_path / "drawn.npz"
    ended = call(
        "train", *FLAGS, f"--dataset={source}", "--num_steps=2", f"--run_dir={run}"
    )
    assert ended.status == 0 and "3 classes" in ended.out, ended.err
    where = (f"--run_dir={run}", f"--out={out}", "--num_samples=6")
    ended = call("sample", *where, f"--label={','.join(asked)}")
    assert ended.status == 0, ended.err
    with np.load(out) as found:
        drawn, written = found["images"], found["labels"]
    model = load_run(run).model
    rows = [sample(model, 3, 1.0, 0, labels=[label] * 3) for label in index]
    np.testing.assert_array_equal(drawn, np.concatenate(rows))
    wanted = [8] * 3 + [3] * 3 if names == "npz" else [2] * 3 + [1] * 3
    assert written.tolist() == wanted
    ended = call("sample", *where, "--label=2")
    assert ended.status == 2 and "of the classes" in ended.err


def test_a_benchmark_has_no_labels(tmp_path):
    out = tmp_path / "report" / "speed.json"
    with pytest.raises(ValueError, match="must not be conditional. Received"):
        benchmark(tiny_config("vae", conditional=True), BenchmarkOptions(str(out)))
    assert not out.exists()


def test_an_unconditional_run_has_no_label(finished):
    ended = call("sample", f"--run_dir={finished}", "--label=3")
    assert ended.status == 2
    message = "label needs a conditional model, or bound `multimodal`. Received: "
    assert f"{message}conditional=False, bound='elbo'" in ended.err


def test_data_without_labels_are_refused_before_anything_is_written(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (60, 8, 8, 1), np.uint8)
    np.savez(tmp_path / "bare.npz", images=images)
    data = f"--dataset=npz:{tmp_path / 'bare.npz'}"
    ended = call("train", *FLAGS, data, f"--run_dir={tmp_path / 'run'}")
    assert ended.status == 2
    assert "needs data with labels of at least 2 classes" in ended.err
    assert "bare.npz', num_classes=0" in ended.err
    assert not (tmp_path / "run").exists()
