import dataclasses
import re
import shutil

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.data import Split
from ade_tf.evaluation import METRICS, EvaluationOptions, evaluate_run
from ade_tf.evaluation.context import Evaluation
from ade_tf.evaluation.evaluate import choose_metrics, score
from ade_tf.runs import LoadedRun
from ade_tf.runs.records import read_records
from tests.extractors.cases import save_model
from tests.helpers.models import digits, sample, tiny_model

QUALITY = {
    *("frechet_distance", "class_weighted_frechet"),
    *("kernel_distance", "inception_score"),
    *("precision", "recall", "density", "coverage"),
    *("classifier_test_accuracy", "classifier_test_p"),
    *("kernel_test_mmd", "kernel_test_p"),
}

# Of models that these tests do not make.
OTHERS = {
    *("label_accuracy", "classification", "clustering_accuracy", "toy_divergences"),
    "mutual_information_gap",
    *("translation_distance", "translation_class_kept", "cycle_error"),
    "b_bits_per_dim",
    # For want of a classifier of the data's labels.
    "reconstructions",
}


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """Path of a small SavedModel of features and probabilities."""
    return save_model(tmp_path_factory.mktemp("extractors") / "net")


@pytest.fixture
def run(v_ade_run, tmp_path):
    """A copy of a finished run, to which records may be added."""
    shutil.copytree(v_ade_run, tmp_path / "run")
    return tmp_path / "run"


def options(network, **more):
    settings = dict(
        extractor="savedmodel",
        extractor_path=network,
        num_samples=60,
        cache_dir="",
    )
    return EvaluationOptions(**{**settings, **more})


def evaluation_of(preset, options, **settings):
    model = tiny_model(preset, **settings)
    return Evaluation(LoadedRun(model, model.config, None, 7), digits(), options)


def test_one_call_scores_everything(run, network, capsys, caplog):
    before = read_records(run / "metrics.jsonl")
    file = run / "scores" / "each.npz"
    records = evaluate_run(
        run,
        options(
            network,
            metrics=("all",),
            splits=("validation", "test"),
            per_image=str(file),
        ),
    )
    *added, last = read_records(run / "metrics.jsonl")
    assert added == [*before, *records]
    assert last["left_out"].keys() == OTHERS
    names = {record["metric"] for record in records}
    assert names >= {"bits_per_dim", "inversion_error", "active_units", *QUALITY}
    assert {record["split"] for record in records} == {"validation", "test"}
    for record in records:
        assert {"name", "value", "standard_error", "step", "num_examples", "seed"} <= (
            record.keys()
        )
        assert (record["step"], record["dataset"]) == (8, "digits")
        if record["metric"] in QUALITY:
            assert record["name"].endswith("(net)")
            assert len(record["extractor"]["sha256"]) == 64
            assert (record["num_examples"], record["protocol"]) == (60, "desk")
            assert (
                record["num_reference"]
                == {"validation": 200, "test": 300}[record["split"]]
            )
            assert (record["temperature"], record["noise"]) == (1.0, False)
            assert np.isfinite(record["floor"]["value"])
    with np.load(file) as arrays:
        wanted = ("index", "label", "bits_per_dim", "kl")
        assert set(arrays.files) == {
            f"{split}_{name}" for split in ("validation", "test") for name in wanted
        }
        (record,) = (
            r for r in records if r["metric"] == "bits_per_dim" and r["split"] == "test"
        )
        assert arrays["test_bits_per_dim"].mean() == pytest.approx(record["value"])
    shown = capsys.readouterr().out
    assert "protocol  desk: " in shown
    assert "samples   60, temperature 1, y = mu(z), seed 0" in shown
    assert "| Frechet distance (net) | test | " in shown
    assert "compare it only with scores of 60 samples against 200 real" in caplog.text


def test_a_nan_fails_by_name_and_spares_what_was_finished(run, tmp_path):
    class Broken(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 8, 8, 1], tf.uint8)])
        def extract(self, images):
            x = tf.reshape(tf.cast(images, tf.float32), [-1, 64])
            # No number for images that are darker on the left.
            bad = tf.math.log(tf.reduce_mean(x[:, ::2] - x[:, 1::2], 1))
            return {"features": x + bad[:, None]}

    module = Broken()
    path = str(tmp_path / "broken")
    tf.saved_model.save(module, path, {"serving_default": module.extract})
    before = read_records(run / "metrics.jsonl")
    names = ("inversion_error", "frechet_distance", "active_units")
    with pytest.raises(ValueError, match="^frechet_distance of test: .* finite. "):
        evaluate_run(run, options(path, metrics=names))
    (kept,) = read_records(run / "metrics.jsonl")[len(before) :]
    assert kept["metric"] == "inversion_error"


def test_a_protocol_is_refused_before_anything_is_computed(run):
    before = (run / "metrics.jsonl").read_bytes()
    message = "`modern_50k` needs at least 10000 reference images. Received: 1497"
    for metrics in (("bits_per_dim", "frechet_distance"), ("all",)):
        asked = EvaluationOptions(metrics=metrics, protocol="modern_50k")
        with pytest.raises(ValueError, match=message):
            evaluate_run(run, asked)
    assert (run / "metrics.jsonl").read_bytes() == before


def test_what_a_preset_lacks_is_left_out_or_refused(network):
    evaluation = evaluation_of("gan", options(network, metrics=("all",)))
    names, left_out = choose_metrics(evaluation)
    lacked = {
        "bits_per_dim": "needs a preset with a likelihood",
        "active_units": "needs an encoder: a preset",
        "mutual_information": "needs an encoder: a preset",
        "aggregate_posterior": "needs an encoder: a preset",
    }
    assert set(left_out) == {*lacked, *OTHERS}
    assert (
        "preset with a likelihood. Received: preset='gan'" in left_out["bits_per_dim"]
    )
    assert "needs an encoder: a preset" in left_out["active_units"]
    assert {*names, *left_out} == set(METRICS)
    for name, reason in lacked.items():
        asked = evaluation_of("gan", options(network, metrics=(name,)))
        with pytest.raises(ValueError, match=f"{name} {reason}"):
            choose_metrics(asked)


def test_an_extractor_without_classes_gives_no_score_of_classes(tmp_path):
    path = save_model(tmp_path / "bare", outputs=("features",))
    _, left_out = choose_metrics(evaluation_of("vae", options(path, metrics=("all",))))
    assert set(left_out) == {"inception_score", "class_weighted_frechet", *OTHERS}
    with pytest.raises(ValueError, match="inception_score needs class probabilities"):
        asked = options(path, metrics=("inception_score",))
        choose_metrics(evaluation_of("vae", asked))


def test_memorisation_is_not_asked_of_the_training_images(network):
    asked = options(network, metrics=("all",), splits=("train",))
    _, left_out = choose_metrics(evaluation_of("vae", asked))
    assert set(left_out) == {"memorisation", *OTHERS}


def test_samples_are_levels_and_those_of_the_options(network):
    asked = options(network, num_samples=31, temperature=0.5, noise=True, seed=4)
    evaluation = evaluation_of("v_ade", asked, flow_steps=(1,))
    drawn = evaluation.samples()
    assert drawn.dtype == np.uint8 and drawn.shape == (31, 8, 8, 1)
    wanted = sample(evaluation.model, 31, 0.5, 4, True).numpy()
    np.testing.assert_array_equal(drawn, wanted)
    assert evaluation.samples() is drawn
    for size in (1, 7):
        other = Evaluation(
            evaluation.run,
            digits(),
            options(
                *(network,),
                num_samples=31,
                temperature=0.5,
                noise=True,
                seed=4,
                batch_size=size,
            ),
        )
        np.testing.assert_array_equal(other.samples(), drawn)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_record_of_no_number_is_refused(network, value):
    evaluation = evaluation_of("vae", options(network))
    with pytest.raises(ValueError, match="active_units must be finite"):
        evaluation.record("active_units", value, split="test", num_examples=3)


def test_several_splits_are_one_reference(network):
    evaluation = evaluation_of("vae", options(network))
    both = evaluation.split_images("train+validation")
    assert len(both) == len(both.labels) == 1497
    np.testing.assert_array_equal(both.images[1297:], digits().validation.images)


def test_a_classifier_that_learnt_nothing_scores_nothing():
    """Of labels at random nothing is to be learnt; scores in its features are idle."""
    model, train = tiny_model("v_ade"), digits().train
    labels = np.random.default_rng(0).integers(0, 10, 64).astype(np.int32)
    noise = dataclasses.replace(digits(), train=Split(train.images[:64], labels))
    chosen = EvaluationOptions(metrics=("all",), num_samples=60, cache_dir="")
    run = LoadedRun(model, model.config, None, 7)
    names, left_out = choose_metrics(Evaluation(run, noise, chosen))
    assert "bits_per_dim" in names and not QUALITY & set(names)
    rule = r"must get 2\d\.\d% .*Received: classifier\(digits\), \d+\.\d% of "
    assert re.search(rule, left_out["precision_recall"])
    by_name = dataclasses.replace(chosen, metrics=("density_coverage",))
    with pytest.raises(ValueError, match=f"density_coverage needs .*{rule}"):
        choose_metrics(Evaluation(run, noise, by_name))


def test_records_say_how_good_the_classifier_is(run, tmp_path):
    chosen = EvaluationOptions(
        metrics=("precision_recall",), num_samples=60, cache_dir=str(tmp_path / "cache")
    )
    for record in evaluate_run(run, chosen):
        found = record["extractor_accuracy"]
        assert found["value"] > 0.95 and 0.1 <= found["chance"] < 0.2
        assert found["num_examples"] == len(digits().validation)


def test_unlabelled_images_are_scored_by_random_features():
    model = tiny_model("v_ade")
    unlabelled = dataclasses.replace(digits(), class_names=())
    chosen = EvaluationOptions(metrics=("all",), num_samples=60, cache_dir="")
    run = LoadedRun(model, model.config, None, 7)
    _, left_out = choose_metrics(Evaluation(run, unlabelled, chosen))
    assert "extractor `random` takes any images" in left_out["frechet_distance"]
    chosen = dataclasses.replace(chosen, extractor="random")
    evaluation = Evaluation(run, unlabelled, chosen)
    names, left_out = choose_metrics(evaluation)
    assert {"frechet_distance", "precision_recall", "memorisation"} <= set(names)
    assert {"inception_score", "label_accuracy"} <= set(left_out)
    (record,) = score(evaluation, "frechet_distance", "test")
    assert record["name"] == "Frechet distance (random(8x8x1))"
    assert record["value"] > 3 * record["floor"]["value"]
    assert "extractor_accuracy" not in record
    spaces = {r["space"] for r in score(evaluation, "memorisation", "test")}
    assert spaces == {"pixels", "features"}
