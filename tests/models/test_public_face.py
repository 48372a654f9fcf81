"""The model as a notebook uses it: arrays and datasets in, arrays out."""

import copy
import pickle
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import ade_tf
from ade_tf.config import RunConfig
from ade_tf.models import build_model
from ade_tf.models.initialization import is_initialized
from ade_tf.models.scoring import LikelihoodScorer
from tests.helpers.models import TINY, digits, tiny_config

pytestmark = pytest.mark.usefixtures("eager")

SETTINGS = {**TINY, "levels": 17, "num_steps": 6, "average_decay": 0.5}
del SETTINGS["dataset"]


def images(split="train", count=60):
    return getattr(digits(), split).images[:count]


def labels(split="train", count=60):
    return getattr(digits(), split).labels[:count]


def new(preset="av_ade", labels=None, **settings):
    """Builds a tiny model; what cannot act in the preset is left out."""
    given = {**SETTINGS, **settings}
    idle = RunConfig.idle({**given, "preset": preset})
    kept = {name: value for name, value in given.items() if name not in idle}
    make = ade_tf.AdaptiveDensityEstimator.from_preset
    return make(preset, images(), labels, **kept)


@pytest.fixture(scope="module")
def fitted():
    model = new()
    history = model.fit(images(), validation_data=images("validation"), verbose=0)
    return model, history


def test_fit_makes_the_steps_that_were_planned_and_validates(fitted):
    model, history = fitted
    assert int(model.step.numpy()) == 6
    # 60 images in batches of 8: the one epoch is cut short.
    assert len(history.history["val_bits_per_dim"]) == 1
    found = model.bits_per_dim(images("validation")).mean()
    assert history.history["val_bits_per_dim"] == [pytest.approx(found, rel=1e-6)]


def test_epochs_are_counted_over_all_calls():
    model = new("vae", num_steps=20)
    model.fit(images(), epochs=1, verbose=0)
    assert int(model.step.numpy()) == 8
    model.fit(images(), verbose=0)
    assert int(model.step.numpy()) == 20
    with pytest.raises(ValueError, match="num_steps=20, all of them made"):
        model.fit(images(), verbose=0)


def test_fit_on_arrays_is_the_training_of_a_run():
    """The stream and the updates are those of `training_stream` and `train_step`."""
    from ade_tf.data import training_stream

    by_array, by_stream = new("flow"), new("flow")
    by_array.fit(images(), verbose=0)
    split = digits().train.__class__(images(), labels())
    stream = training_stream(split, batch_size=8, seed=0)
    by_stream.fit(stream, steps_per_epoch=6, verbose=0)
    pairs = zip(by_array.variables, by_stream.variables, strict=True)
    for here, there in pairs:
        np.testing.assert_array_equal(here.numpy(), there.numpy())


@pytest.mark.parametrize("kind", ["images", "pairs", "named"])
def test_fit_and_evaluate_take_datasets(kind):
    whole = {
        "images": images(),
        "pairs": (images(), labels()),
        "named": {"image": images(), "label": labels()},
    }[kind]
    dataset = tf.data.Dataset.from_tensor_slices(whole).batch(8)
    model = new("flow", num_steps=10)
    history = model.fit(dataset, epochs=1, validation_data=dataset, verbose=0)
    assert int(model.step.numpy()) == 8
    score = model.evaluate(images())
    assert model.evaluate(dataset) == pytest.approx(score)
    assert history.history["val_bits_per_dim"] == [pytest.approx(score, rel=1e-6)]


def test_fit_sets_the_actnorms_of_a_model_that_has_not_trained():
    model = build_model(tiny_config("flow", num_steps=1), (8, 8, 1), 17)
    assert not is_initialized(model)
    model.fit(images(), verbose=0)
    assert is_initialized(model)


def test_the_adversary_joins_in_when_fit_has_come_to_its_step(in_graphs):
    model = new("av_ade", likelihood_only_steps=4)
    before = [v.numpy() for v in model.discriminator.trainable_variables]
    model.fit(images(), steps_per_epoch=4, verbose=0)
    for variable, value in zip(
        model.discriminator.trainable_variables, before, strict=True
    ):
        np.testing.assert_array_equal(variable.numpy(), value)
    history = model.fit(images(), verbose=0)
    assert "adversarial_loss" in history.history


def test_fit_ends_when_too_many_updates_are_not_finite():
    model = new("vae", max_skipped_updates=0)
    variable = model.decoder.trainable_variables[0]
    variable.assign(np.full(variable.shape, np.nan))
    with pytest.raises(FloatingPointError, match="max_skipped_updates.*step 1"):
        model.fit(images(), verbose=0)


def test_scores_are_the_scorers_in_bits_and_in_nats(fitted):
    model, _ = fitted
    bits = model.bits_per_dim(images("test"), seed=3)
    split = model.as_split(images("test"))
    expected = LikelihoodScorer(model).bound(split, seed=3).bits_per_dim
    np.testing.assert_allclose(bits, expected, rtol=1e-6)
    nats = model.log_prob(images("test"), seed=3)
    np.testing.assert_allclose(nats, -bits * 64 * np.log(2), rtol=1e-12)
    tighter = model.bits_per_dim(images("test"), num_samples=8)
    assert tighter.mean() < model.bits_per_dim(images("test")).mean()
    np.testing.assert_array_equal(
        model.predict(images("test")), model.bits_per_dim(images("test"))
    )


def test_a_call_scores_a_batch(fitted):
    model, _ = fitted
    found = model(images("test", 7))
    np.testing.assert_allclose(found, model.bits_per_dim(images("test", 7)), rtol=1e-5)


def test_codes_and_images(fitted):
    model, _ = fitted
    flat = images("test", 13)[..., 0]
    codes = model.encode(flat, batch_size=4)
    assert codes.shape == (13, 4) and codes.dtype == np.float32
    np.testing.assert_allclose(codes, model.encode(flat), rtol=1e-4, atol=1e-6)
    found = model.reconstruct(flat)
    assert found.shape == (13, 8, 8, 1) and found.dtype == np.uint8
    np.testing.assert_array_equal(found, model.decode(codes))


def test_the_ith_sample_depends_on_the_seed_and_i_alone(fitted):
    model, _ = fitted
    found = model.sample(7, seed=5)
    assert found.shape == (7, 8, 8, 1) and found.dtype == np.uint8
    assert found.max() <= 16
    np.testing.assert_array_equal(model.sample(5, seed=5, batch_size=2), found[:5])
    assert (model.sample(7, seed=6) != found).any()


def test_a_conditional_model_is_given_labels():
    model = new("v_ade", labels(), conditional=True)
    model.fit(images(), labels(), verbose=0)
    given = images("test"), labels("test")
    other = (labels("test") + 1) % 10
    assert (model.bits_per_dim(*given) != model.bits_per_dim(given[0], other)).all()
    three = model.sample(4, labels=3)
    np.testing.assert_array_equal(three, model.sample(4, labels=[3, 3, 3, 3]))
    assert model.evaluate(*given, return_dict=True).keys() == {"bits_per_dim", "kl"}
    with pytest.raises(ValueError, match="needs labels. Received: None"):
        model.bits_per_dim(given[0])
    with pytest.raises(ValueError, match=r"0 .. 9. Received: 11"):
        model.sample(2, labels=11)


def test_a_file_of_keras_holds_the_whole_model(fitted, tmp_path):
    model, _ = fitted
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for other in (loaded, pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        np.testing.assert_array_equal(
            other.bits_per_dim(images("test")), model.bits_per_dim(images("test"))
        )
        np.testing.assert_array_equal(other.sample(3), model.sample(3))
        assert int(other.step.numpy()) == 6
        np.testing.assert_array_equal(
            other.average.vector.numpy(), model.average.vector.numpy()
        )


def test_a_loaded_model_goes_on_as_the_one_that_was_saved(tmp_path):
    model = new("av_ade", num_steps=12)
    model.fit(images(), steps_per_epoch=5, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for own in (model, loaded):
        own.fit(images(), verbose=0)
    for here, there in zip(model.variables, loaded.variables, strict=True):
        np.testing.assert_array_equal(here.numpy(), there.numpy())


@pytest.mark.long
@pytest.mark.parametrize("first", ["ade_tf", "keras"])
def test_a_file_loads_where_only_ade_tf_is_imported(fitted, tmp_path, first):
    model, _ = fitted
    model.save(tmp_path / "model.keras")
    second = {"ade_tf": "keras", "keras": "ade_tf"}[first]
    code = (
        f"import {first}, {second}\n"
        "import sys; assert 'ade_tf.models' not in sys.modules\n"
        f"model = keras.saving.load_model({str(tmp_path / 'model.keras')!r})\n"
        "print(model.sample(2).sum())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[-1] == str(model.sample(2).sum())


def test_evaluate_gives_the_records_of_a_run(fitted):
    model, _ = fitted
    (record,) = ade_tf.evaluate(model, images("test"))
    assert record["metric"] == "bits_per_dim" and record["num_examples"] == 60
    found = model.bits_per_dim(images("test")).mean()
    assert record["value"] == pytest.approx(found, rel=1e-6)
    with pytest.raises(ValueError, match="need `train`. Received: metrics=frechet"):
        ade_tf.evaluate(model, images("test"), metrics=["frechet_distance"])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda m: m.fit(np.zeros([5, 7, 7, 1])), r"\(8, 8, 1\). Received: .*\(7, 7"),
        (
            lambda m: m.bits_per_dim(np.arange(128).reshape(2, 8, 8) % 18),
            "Received: values in 0..17",
        ),
        (lambda m: m.bits_per_dim(np.full([2, 8, 8], 0.5)), "whole values"),
        (lambda m: m.encode(np.zeros([0, 8, 8])), "none of them 0"),
        (lambda m: m.decode(np.zeros([2, 5])), r"\[N, 4\]. Received: shape=\(2, 5\)"),
        (lambda m: m.sample(0), "num must be at least 1"),
        (lambda m: m.sample(1, temperature=-1), "temperature must be at least 0"),
        (lambda m: m.sample(1, labels=2), "takes no labels"),
        (
            lambda m: m.fit(tf.data.Dataset.range(3), verbose=0),
            "a dataset must give batches of images",
        ),
    ],
)
def test_bad_input_is_refused(fitted, wrong, message):
    model, _ = fitted
    model.step.assign(0)
    try:
        with pytest.raises(ValueError, match=message):
            wrong(model)
    finally:
        model.step.assign(6)


def test_what_a_preset_has_no_part_for_is_refused():
    gan = new("gan")
    with pytest.raises(ValueError, match="needs a preset with a likelihood"):
        gan.bits_per_dim(images())
    with pytest.raises(ValueError, match="codes of images needs an encoder"):
        gan.encode(images())
    with pytest.raises(ValueError, match="validation images needs a preset"):
        gan.fit(images(), validation_data=images("validation"))
    with pytest.raises(ValueError, match="images of codes needs a preset with a z"):
        new("flow").decode(np.zeros([1, 64]))


def test_levels_are_told_by_the_type_or_by_name():
    make = ade_tf.AdaptiveDensityEstimator.from_preset
    assert make("flow", images(), flow_steps=(1,)).levels == 256
    with pytest.raises(ValueError, match="need `levels`.*Received: images of float64"):
        make("flow", images() / 16, flow_steps=(1,))
