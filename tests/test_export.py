"""SavedModels, loaded by a process that has TensorFlow alone."""

import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.example_draws import content_indices
from ade_tf.export import export_model, export_run
from ade_tf.models import averaged_weights, build_model
from ade_tf.randomness import fold
from ade_tf.runs import Checkpointer, RunDirectory
from tests.helpers.models import bound_terms, decode, digits, encode, sample, tiny_model
from tests.helpers.processes import PATIENCE

ENDPOINTS = {
    "av_ade": [
        "serving_default",
        "log_prob",
        "bits_per_dim",
        "sample",
        "encode",
        "decode",
    ],
    "flow": ["serving_default", "log_prob", "bits_per_dim", "sample"],
    "gan": ["sample", "decode"],
    "hybrid": ["serving_default", "log_prob", "bits_per_dim", "sample", "classify"],
    "multimodal": [
        "serving_default",
        "log_prob",
        "bits_per_dim",
        "sample",
        "encode",
        "decode",
        "classify",
    ],
}
SETTINGS = {
    "hybrid": dict(preset="flow", classifier_weight=1.0),
    "multimodal": dict(preset="vae", bound="multimodal", network="mlp"),
}
IMAGES = np.concatenate([digits().test.images[:5], digits().train.images[:2]])
CODES = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)

ALONE = """
import importlib.machinery
import sys

REFUSED = {"ade_tf", "tensorflow_probability", "keras", "tf_keras"}

class Refuse:
    # TensorFlow asks where Keras is, and goes on where its import fails.
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in REFUSED:
            return importlib.machinery.ModuleSpec(name, self, origin="refused")

    def create_module(self, spec):
        raise ImportError(f"refused: {spec.name}")

    def exec_module(self, module):
        raise ImportError("refused")

sys.meta_path.insert(0, Refuse())
import tensorflow as tf
import numpy as np
"""

LOADER = """
given = np.load("given.npz")
found = {}
for preset in sys.argv[1:]:
    model = tf.saved_model.load(preset)
    names = ("serving_default", "log_prob", "bits_per_dim", "sample", "encode")
    for name in (*names, "decode", "classify"):
        if not hasattr(model, name):
            continue
        call = getattr(model, name)
        if name == "serving_default":
            scores = call(given["images"])
            result = [scores["log_prob"], scores["bits_per_dim"]]
        elif name == "log_prob":
            result = [call(given["images"], 0), call(given["images"], 7)]
            result.append(call(given["images"][:2], 7))
        elif name == "sample":
            result = [call(6, 1.0, 0), call(6, 0.5, 3), call(2, 0.5, 3)]
        else:
            result = [call(given["codes" if name == "decode" else "images"])]
        for turn, value in enumerate(result):
            found[f"{preset}/{name}/{turn}"] = value.numpy()
assert not REFUSED & set(sys.modules)
np.savez("found.npz", **found)
"""


@pytest.fixture(scope="module", params=["av_ade", "flow"])
def exported(request, tmp_path_factory):
    """An export, loaded here; other tests load theirs in a process of its own."""
    out = tmp_path_factory.mktemp("exported") / request.param
    model = tiny_model(request.param, flow_steps=(1,))
    assert export_model(model, out) == ENDPOINTS[request.param]
    return tf.saved_model.load(out)


@pytest.fixture(scope="module")
def all_exported(tmp_path_factory):
    """Models of all presets, and what another process found in their exports."""
    directory, models = tmp_path_factory.mktemp("all_exported"), {}
    for preset in ENDPOINTS:
        settings = {"preset": preset, "flow_steps": (1,), **SETTINGS.get(preset, {})}
        models[preset] = tiny_model(**settings)
        assert export_model(models[preset], directory / preset) == ENDPOINTS[preset]
    np.savez(directory / "given.npz", images=IMAGES, codes=CODES)
    subprocess.run(
        [sys.executable, "-c", ALONE + LOADER, *ENDPOINTS],
        cwd=directory,
        check=True,
        timeout=PATIENCE,
    )
    with np.load(directory / "found.npz") as found:
        return models, dict(found)


def expected(model, name, turn):
    """The same answer by the model in this process."""
    if name == "serving_default":
        return expected(model, "bits_per_dim" if turn else "log_prob", 0)
    if name in ("log_prob", "bits_per_dim"):
        count = 2 if turn == 2 else len(IMAGES)
        seed = fold(tf.constant([7 if turn else 0, 0]))
        indices = content_indices(IMAGES[:count])
        terms = bound_terms(model, IMAGES[:count], seed, indices)
        log_prob = -terms.loss_nats().numpy()
        return log_prob if name == "log_prob" else -log_prob / (64 * np.log(2.0))
    if name == "sample":
        temperature, seed = (0.5, 3) if turn else (1.0, 0)
        seed = fold(tf.constant([seed, 0]))
        return sample(model, 2 if turn == 2 else 6, temperature, seed).numpy()
    if name == "encode":
        return encode(model, IMAGES).numpy()
    if name == "classify":
        return model.classify(IMAGES)
    return decode(model, CODES).numpy()


def test_a_conditional_model_with_a_classifier_is_told_no_class(tmp_path):
    settings = dict(conditional=True, bound="semi_supervised", network="mlp")
    model = tiny_model("vae", **settings)
    assert "classify" in export_model(model, tmp_path / "out")
    exported = tf.saved_model.load(tmp_path / "out")
    np.testing.assert_allclose(
        exported.classify(IMAGES), model.classify(IMAGES), rtol=1e-5
    )


@pytest.mark.long
@pytest.mark.parametrize("preset", ENDPOINTS)
def test_another_process_gets_the_same_answers(all_exported, preset):
    models, found = all_exported
    mine = {key: value for key, value in found.items() if key.startswith(f"{preset}/")}
    assert {key.split("/")[1] for key in mine} == set(ENDPOINTS[preset])
    for key, value in mine.items():
        _, name, turn = key.split("/")
        wanted = expected(models[preset], name, int(turn))
        if name in ("sample", "decode"):
            assert value.dtype == np.uint8
            # At most a pixel on the border of two levels may fall to its other side.
            assert np.mean(value != wanted) < 0.002, key
        else:
            np.testing.assert_allclose(value, wanted, rtol=1e-5, err_msg=key)


def test_log_prob_and_bits_per_dim_agree(exported):
    log_prob = exported.log_prob(IMAGES, 0).numpy()
    np.testing.assert_allclose(
        exported.bits_per_dim(IMAGES), -log_prob / (64 * np.log(2.0)), rtol=1e-6
    )
    # Another seed is other noise.
    other, fewer = (exported.log_prob(part, 7) for part in (IMAGES, IMAGES[:2]))
    assert not np.allclose(log_prob, other, rtol=1e-4)
    np.testing.assert_allclose(other[:2], fewer, rtol=1e-5)


def test_samples_follow_seed_and_position(exported):
    asked = (6, 1.0, 0), (6, 0.5, 3), (2, 0.5, 3)
    samples = [exported.sample(*each).numpy() for each in asked]
    assert [len(images) for images in samples] == [6, 6, 2]
    assert samples[0].max() <= 16
    assert not np.array_equal(samples[0], samples[1])
    np.testing.assert_array_equal(samples[1][:2], samples[2])


def test_a_run_is_exported_with_its_averaged_weights(v_ade_run, tmp_path):
    config = RunDirectory(v_ade_run).read()["config"]
    model = build_model(config, (8, 8, 1), 17)
    Checkpointer(model, RunDirectory(v_ade_run).checkpoints).restore()
    last = expected(model, "log_prob", 0)
    with averaged_weights(model):
        averaged = expected(model, "log_prob", 0)
    assert np.abs(last - averaged).max() > 0.01
    assert "log_prob" in export_run(v_ade_run, tmp_path / "out")
    exported = tf.saved_model.load(tmp_path / "out")
    log_prob = exported.log_prob(IMAGES, 0).numpy()
    np.testing.assert_allclose(log_prob, averaged, rtol=1e-5)


def test_out_must_be_new_or_empty(v_ade_run, tmp_path):
    held = tmp_path / "held"
    held.mkdir()
    (held / "notes.txt").write_text("mine")
    for out in ("", held, held / "notes.txt"):
        with pytest.raises(ValueError, match="out must be a new or empty directory"):
            export_run(v_ade_run, out)
    assert [path.name for path in held.iterdir()] == ["notes.txt"]
    assert (held / "notes.txt").read_text() == "mine"


def test_a_directory_without_a_run_is_not_exported(tmp_path):
    with pytest.raises(ValueError, match="run_dir must be the directory of a run"):
        export_run(tmp_path / "nothing", tmp_path / "out")
    assert not (tmp_path / "out").exists()


GIVEN_LABELS = """
given = np.load("given_labels.npz")
images, labels = given["images"], given["labels"]
model = tf.saved_model.load("conditional")
found = {
    "log_prob": model.log_prob(images, labels, 7),
    "bits_per_dim": model.bits_per_dim(images=images, labels=labels.tolist()),
    "sample": model.sample(labels, 0.5, 3),
    "encode": model.encode(images, labels),
    "decode": model.decode(given["codes"], [0, 1, 2]),
}
for wrong in ([0, 10], [-1, 3], [1]):
    try:
        model.encode(images[:2], wrong)
    except tf.errors.InvalidArgumentError as error:
        assert "labels must be" in str(error)
    else:
        raise AssertionError(wrong)
np.savez("found_labels.npz", **{name: v.numpy() for name, v in found.items()})
"""
GIVEN_IMAGES = """
given = np.load("given_images.npz")
images, condition = given["images"], given["condition"]
model = tf.saved_model.load("coarse")
found = {
    "log_prob": model.log_prob(images, 7),
    "bits_per_dim": model.bits_per_dim(images),
    "encode": model.encode(images),
    "sample": model.sample(condition, 0.5, 3),
    "signature": model.signatures["serving_default"](
        images=tf.constant(images, tf.float32)
    )["bits_per_dim"],
    "decode": model.decode(given["codes"], condition[:3].astype(np.uint8)),
}
for wrong in (condition + 17, condition - 17, condition + 0.5):
    try:
        model.sample(wrong, 1.0, 0)
    except tf.errors.InvalidArgumentError as error:
        assert "condition must hold whole levels in 0 .. 16" in str(error)
    else:
        raise AssertionError(wrong)
try:
    model.decode(given["codes"], condition[:1])
except (ValueError, tf.errors.InvalidArgumentError):
    # By the shapes, where TensorFlow knows them, or by the rule when it runs.
    pass
else:
    raise AssertionError("decode")
np.savez("found_images.npz", **{name: v.numpy() for name, v in found.items()})
"""
LABELS = np.array([3, 1, 4, 1, 5, 9, 2])
COARSE = IMAGES[:, ::2, ::2].astype(np.float32)


@pytest.fixture(scope="module")
def conditional(tmp_path_factory):
    """Two conditional models, and the directory of what a process found in them."""
    directory = tmp_path_factory.mktemp("conditional")
    settings = dict(network="mlp", flow_steps=(1,))
    labels = tiny_model("v_ade", conditional=True, coupling_network="mlp", **settings)
    coarse = tiny_model("v_ade", condition="coarse", **settings)
    export_model(labels, directory / "conditional")
    export_model(coarse, directory / "coarse")
    given = dict(images=IMAGES, codes=CODES)
    np.savez(directory / "given_labels.npz", **given, labels=LABELS)
    np.savez(directory / "given_images.npz", **given, condition=COARSE)
    command = [sys.executable, "-c", ALONE + GIVEN_LABELS + GIVEN_IMAGES]
    subprocess.run(command, cwd=directory, check=True, timeout=PATIENCE)
    return labels, coarse, directory


def test_a_conditional_model_is_asked_with_labels(conditional):
    model, _, directory = conditional
    with np.load(directory / "found_labels.npz") as found:
        close = dict(rtol=1e-4, atol=1e-4)
        seeds = [fold(tf.constant([seed, 0])) for seed in (0, 7, 3)]
        indices = content_indices(IMAGES)
        terms = [bound_terms(model, IMAGES, s, indices, LABELS) for s in seeds[:2]]
        bits = terms[0].loss_nats().numpy() / (64 * np.log(2.0))
        np.testing.assert_allclose(found["bits_per_dim"], bits, **close)
        np.testing.assert_allclose(found["log_prob"], -terms[1].loss_nats(), **close)
        np.testing.assert_allclose(
            found["encode"], encode(model, IMAGES, LABELS), **close
        )
        drawn = sample(model, 7, 0.5, seeds[2], labels=LABELS).numpy()
        assert np.mean(found["sample"] != drawn) < 0.01
        rebuilt = decode(model, CODES, [0, 1, 2]).numpy()
        assert np.mean(found["decode"] != rebuilt) < 0.01


def test_a_model_with_a_condition_is_asked_with_it(conditional):
    _, model, directory = conditional
    said = json.loads((directory / "coarse" / "assets" / "ade_tf.json").read_text())
    assert (said["condition"], said["condition_shape"]) == ("coarse", [4, 4, 1])
    with np.load(directory / "found_images.npz") as found:
        close = dict(rtol=1e-4, atol=1e-4)
        seeds = [fold(tf.constant([seed, 0])) for seed in (0, 7, 3)]
        indices = content_indices(IMAGES)
        nats = [bound_terms(model, IMAGES, s, indices).loss_nats() for s in seeds[:2]]
        bits = nats[0].numpy() / (48 * np.log(2.0))
        np.testing.assert_allclose(found["bits_per_dim"], bits, **close)
        np.testing.assert_allclose(found["signature"], bits, **close)
        np.testing.assert_allclose(found["log_prob"], -nats[1], **close)
        np.testing.assert_allclose(found["encode"], model.encode(IMAGES), **close)
        drawn = sample(model, 7, 0.5, seeds[2], labels=COARSE).numpy()
        np.testing.assert_array_equal(found["sample"][:, ::2, ::2], COARSE)
        assert np.mean(found["sample"] != drawn) < 0.01
        rebuilt = model.decode(CODES, given=COARSE[:3])
        assert np.mean(found["decode"] != rebuilt) < 0.01
