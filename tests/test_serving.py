"""Exported models as a service runs them: command line, Keras, threads, long."""

import concurrent.futures
import json
import pathlib
import re
import resource
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from ade_tf.data import Split
from ade_tf.evaluation import EvaluationOptions, evaluate_run
from ade_tf.example_draws import content_indices
from ade_tf.export import export_model, measure_export
from ade_tf.models import LikelihoodScorer, build_model, initialize_from_data
from ade_tf.versions import package_versions
from tests.helpers.binaries import call
from tests.helpers.models import digits, tiny_config, tiny_model
from tests.helpers.processes import PATIENCE

IMAGES = digits().test.images[:20]


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """The SavedModel of a model of digits, 17 levels."""
    out = tmp_path_factory.mktemp("served") / "model"
    export_model(tiny_model("av_ade", flow_steps=(1,)), out)
    return out


@pytest.fixture(scope="module")
def served(directory):
    return tf.saved_model.load(directory)


def test_an_image_has_one_score_in_every_request(served):
    together = served.serving_default(IMAGES)
    assert set(together) == {"bits_per_dim", "log_prob"}
    for name, scores in together.items():
        assert scores.shape == (20,)
        backwards = served.serving_default(IMAGES[::-1])[name][::-1]
        alone = [served.serving_default(IMAGES[i : i + 1])[name][0] for i in range(20)]
        copies = served.serving_default(np.repeat(IMAGES[3:4], 7, 0))[name]
        np.testing.assert_allclose(scores, backwards, rtol=1e-5)
        np.testing.assert_allclose(scores, alone, rtol=1e-5)
        np.testing.assert_allclose(copies, [scores[3]] * 7, rtol=1e-5)


def test_different_images_have_independent_draws():
    images = digits().train.images
    unique = np.unique(images, axis=0)
    indices = content_indices(unique).numpy()
    assert len(np.unique(indices)) == len(unique) > 1000
    # One pixel, one level.
    near = np.repeat(unique[:1], 64, 0).reshape(64, 64)
    near[np.arange(64), np.arange(64)] ^= 1
    assert len(np.unique(content_indices(near).numpy())) == 64
    floats = content_indices(unique.astype(np.float32)).numpy()
    np.testing.assert_array_equal(indices, floats)


@pytest.mark.long
def test_scores_over_seeds_average_to_those_by_position(served):
    """The mean over seeds is the same bound, whatever the draws are named by."""
    model, seeds = tiny_model("av_ade", flow_steps=(1,)), 60
    split = Split(IMAGES, np.zeros(20, np.int32))
    scorer = LikelihoodScorer(model, 20)
    by_content = np.stack([served.log_prob(IMAGES, seed) for seed in range(seeds)])
    by_content /= -64 * np.log(2.0)
    by_position = np.stack(
        [scorer.bound(split, seed).bits_per_dim for seed in range(seeds)]
    )
    gap = by_content.mean(0) - by_position.mean(0)
    error = np.sqrt((by_content.var(0) + by_position.var(0)) / seeds)
    assert np.abs(gap / error).max() < 4.5
    assert error.min() > 0


@pytest.mark.parametrize("kind", [np.uint8, np.int32, np.int64, np.float32, float])
def test_whole_levels_of_any_type_are_one_image(served, kind):
    wanted = served.bits_per_dim(IMAGES)
    for images in (IMAGES.astype(kind), tf.constant(IMAGES.astype(kind))):
        np.testing.assert_array_equal(served.bits_per_dim(images), wanted)
    np.testing.assert_array_equal(served.bits_per_dim(IMAGES.tolist()), wanted)


@pytest.mark.parametrize(
    "images",
    [
        IMAGES / 16.0,
        (IMAGES / 16.0).astype(np.float32),
        (IMAGES / 16.0).tolist(),
        IMAGES + 17,
        IMAGES.astype(np.int64) + 256,
        IMAGES.astype(np.int32) - 1,
        np.full_like(IMAGES, np.nan, np.float32),
    ],
    ids=["scaled", "float32", "list", "beyond", "wrapping", "negative", "nan"],
)
def test_other_images_are_refused(served, images):
    rule = r"images must hold whole levels in 0 \.\. 16\. Received:"
    for endpoint in (served.bits_per_dim, served.encode, served.serving_default):
        with pytest.raises(tf.errors.InvalidArgumentError, match=rule):
            endpoint(images)
    with pytest.raises(tf.errors.InvalidArgumentError, match=rule):
        served.signatures["serving_default"](images=tf.cast(images, tf.float32))


def test_seed_temperature_and_number_are_checked(served):
    for arguments, rule in (
        ((0, 1.0, 0), "num must be at least 1"),
        ((2, -0.5, 0), "temperature must be at least 0"),
        ((2, float("nan"), 0), "temperature must be at least 0"),
        ((2, 1.0, -1), "seed must be at least 0"),
    ):
        with pytest.raises(tf.errors.InvalidArgumentError, match=rule):
            served.sample(*arguments)
    with pytest.raises(tf.errors.InvalidArgumentError, match="seed must be at least 0"):
        served.log_prob(IMAGES, -3)
    assert served.sample(2, 0.0, 2**31 - 1).shape == (2, 8, 8, 1)


def test_continuous_images_must_be_finite(tmp_path):
    points = np.random.default_rng(0).normal(size=(400, 1, 1, 2)).astype(np.float32)
    settings = dict(flow_squeeze=False, network="mlp", coupling_network="mlp")
    config = tiny_config("flow", flow_steps=(1,), **settings)
    model = build_model(config, (1, 1, 2), 0)
    initialize_from_data(model, points)
    export_model(model, tmp_path / "out")
    served = tf.saved_model.load(tmp_path / "out")
    assert np.isfinite(served.bits_per_dim(points.astype(float))).all()
    points[3, 0, 0, 1] = np.inf
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be finite"):
        served.bits_per_dim(points)


@pytest.mark.long
def test_saved_model_cli_scores_a_file(directory, served, tmp_path):
    np.save(tmp_path / "images.npy", IMAGES)
    np.save(tmp_path / "scaled.npy", IMAGES / 16.0)

    def run(name):
        program = pathlib.Path(sys.executable).with_name("saved_model_cli")
        command = [program, "run", "--dir", directory, "--tag_set", "serve"]
        command += ["--signature_def", "serving_default", "--overwrite"]
        command += ["--inputs", f"images={tmp_path / name}", "--outdir", tmp_path]
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)

    assert run("images.npy").returncode == 0
    for name, wanted in served.serving_default(IMAGES).items():
        found = np.load(tmp_path / f"{name}.npy")
        np.testing.assert_allclose(found, wanted, rtol=1e-5)
    refused = run("scaled.npy")
    assert refused.returncode != 0
    assert "images must hold whole levels in 0 .. 16" in refused.stderr


def test_keras_takes_it_as_a_layer(directory, served):
    layer = keras.layers.TFSMLayer(directory, call_endpoint="serving_default")
    wanted = served.bits_per_dim(IMAGES)
    for images in (IMAGES, IMAGES.astype(np.float32)):
        found = layer(images)["bits_per_dim"]
        np.testing.assert_allclose(found, wanted, rtol=1e-5)
    inputs = keras.Input((8, 8, 1))
    model = keras.Model(inputs, layer(inputs)["bits_per_dim"])
    found = model.predict(IMAGES.astype(np.float32), batch_size=8, verbose=0)
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


@pytest.mark.long
def test_threads_get_their_own_answers(served):
    wanted = served.bits_per_dim(IMAGES).numpy()

    def score(turn):
        part = np.random.default_rng(turn).permutation(20)[: 1 + turn % 7]
        return np.abs(
            served.bits_per_dim(IMAGES[part]).numpy() / wanted[part] - 1
        ).max()

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert max(pool.map(score, range(200))) < 1e-5


@pytest.mark.long
def test_a_thousand_requests_need_no_more_memory(served):
    def request(turn):
        count = 1 + turn % 20
        served.serving_default(IMAGES[:count])
        served.encode(IMAGES[:count])
        served.sample(count, 1.0, turn)

    for turn in range(200):
        request(turn)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for turn in range(1000):
        request(turn)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 20_000, f"{grown} KiB"


def test_it_and_the_binary_say_what_it_is(v_ade_run, tmp_path):
    options = EvaluationOptions(metrics=("bits_per_dim",))
    (record,) = evaluate_run(v_ade_run, options)
    out = tmp_path / "out"
    ended = call("export", f"--run_dir={v_ade_run}", f"--out={out}")
    assert ended.status == 0, ended.err
    assert f"{out}: serving_default, log_prob, bits_per_dim, sample, " in ended.out
    words = r"size +\d+\.\d MB, \d+\.\d MB gzip'd; loads in \d+\.\d s"
    assert re.search(words, ended.out)
    served = tf.saved_model.load(out)
    path = pathlib.Path(served.description.asset_path.numpy().decode())
    assert path.name == "ade_tf.json"
    found = json.loads(path.read_text())
    assert found["packages"]["ade_tf"] == package_versions()["ade_tf"]
    assert f"{out}: {', '.join(found['endpoints'])}" in ended.out
    assert (found["image_shape"], found["levels"]) == ([8, 8, 1], 17)
    assert (found["dataset"], found["preset"]) == ("digits", "v_ade")
    # Other tests may have scored the same run on other splits.
    (scores,) = (
        found_scores
        for found_scores in found["bits_per_dim"]
        if (found_scores["split"], found_scores["importance_samples"]) == ("test", 1)
    )
    assert scores["value"] == record["value"]
    assert (scores["split"], scores["step"]) == ("test", record["step"])


def test_its_size_is_measured(directory):
    size = measure_export(directory)
    files = [path.stat().st_size for path in directory.rglob("*") if path.is_file()]
    assert size.disk_bytes == sum(files)
    assert 0.02 < size.gzip_bytes / size.disk_bytes < 0.9
    assert 0 < size.load_seconds < 60
