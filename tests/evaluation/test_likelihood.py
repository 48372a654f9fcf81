import math
import resource

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.data import Split
from ade_tf.evaluation import EvaluationOptions
from ade_tf.evaluation.context import Evaluation
from ade_tf.evaluation.likelihood import evaluate_likelihood
from ade_tf.evaluation.round_trip import (
    evaluate_inversion_error,
    round_trip_errors,
)
from ade_tf.metrics import bits_per_dim, precision_recall
from ade_tf.models import LikelihoodScorer
from ade_tf.objectives import Contribution, LikelihoodTerms
from ade_tf.runs import LoadedRun
from ade_tf.training import train
from tests.helpers.eager import eagerly
from tests.helpers.models import digits, tiny_config, tiny_model


def first(count):
    split = digits().test
    return Split(split.images[:count], split.labels[:count])


def evaluation_of(model, **options):
    run = LoadedRun(model, model.config, None, 7)
    return Evaluation(run, digits(), EvaluationOptions(**options))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "closed-form KL"),
        ({"prior": "autoregressive", "prior_steps": 1}, "KL at the sample"),
        ({"posterior": "iaf", "iaf_steps": 1}, "KL at the sample"),
    ],
)
def test_a_record_says_how_its_kl_is_found(settings, words):
    evaluation = evaluation_of(tiny_model("vae", **settings))
    (record,) = evaluate_likelihood(evaluation, "test")
    assert record["protocol"].endswith(words)


def test_repetitions_are_seeds_in_a_row():
    model, calls = tiny_model("vae"), []
    evaluation = evaluation_of(model, repetitions=3, seed=5)
    evaluation.progress = lambda name: lambda done, total: calls.append((done, total))
    (record,) = evaluate_likelihood(evaluation, "test")
    scorer = LikelihoodScorer(model)
    draws = [scorer.bound(digits().test, seed).bits_per_dim for seed in (5, 6, 7)]
    assert record["value"] == pytest.approx(np.mean(draws), rel=1e-6)
    assert record["spread"] == pytest.approx(np.std(np.mean(draws, 1), ddof=1))
    error = np.mean(draws, 0).std(ddof=1) / np.sqrt(300)
    assert record["standard_error"] == pytest.approx(error)
    assert (record["seed"], record["repetitions"], record["step"]) == (5, 3, 7)
    assert calls == [(done, 9) for done in range(1, 10)]


def test_the_bound_and_f_k_with_every_image():
    evaluation = evaluation_of(tiny_model("vae"), importance_samples=4, repetitions=2)
    bound, tighter = evaluate_likelihood(evaluation, "test")
    assert (bound["name"], tighter["name"]) == ("bits/dim (bound)", "bits/dim (F_4)")
    assert tighter["value"] < bound["value"]
    assert 0 < bound["kl"] < bound["value"] and "kl" not in tighter
    arrays = evaluation.per_image["test"]
    np.testing.assert_array_equal(arrays["index"], np.arange(300))
    np.testing.assert_array_equal(arrays["label"], digits().test.labels)
    means = {name: values.mean() for name, values in arrays.items()}
    assert means["bits_per_dim"] == pytest.approx(bound["value"])
    assert means["kl"] == pytest.approx(bound["kl"])
    assert means["importance_weighted_bits_per_dim"] == pytest.approx(tighter["value"])


def test_parts_are_scored_as_the_whole_is():
    model, options = tiny_model("vae"), dict(importance_samples=2, seed=3)
    whole = evaluation_of(model, **options)
    evaluate_likelihood(whole, "test")
    parts, options = [], options | dict(out="part.jsonl")
    for start, num_images, count in ((0, 130, 130), (130, 100, 100), (230, None, 70)):
        part = evaluation_of(model, first=start, num_images=num_images, **options)
        records = evaluate_likelihood(part, "test")
        assert [r["num_examples"] for r in records] == 2 * [count]
        assert {r["first"] for r in records} == {start}
        parts.append(part.per_image["test"])
    for name, values in whole.per_image["test"].items():
        joined = np.concatenate([part[name] for part in parts])
        np.testing.assert_allclose(joined, values, rtol=1e-5, err_msg=name)
    with pytest.raises(ValueError, match="`first` must be less .* 300. Received: 300"):
        evaluate_likelihood(evaluation_of(model, first=300, **options), "test")


def test_a_flow_has_no_kl():
    evaluation = evaluation_of(tiny_model("flow", flow_steps=(1,)))
    (record,) = evaluate_likelihood(evaluation, "validation")
    assert "kl" not in record and "kl" not in evaluation.per_image["validation"]
    assert record["split"] == "validation" and record["num_examples"] == 200


def test_a_score_that_is_no_number_is_named(monkeypatch):
    model = tiny_model("vae")
    terms = type(model).likelihood_terms

    def broken(batch, draws):
        # The third image of a batch alone.
        bad = tf.where(tf.range(batch.count) == 2, np.nan, 0.0)
        found = terms(model, batch, draws)
        return LikelihoodTerms(*found, Contribution("bad", bad))

    monkeypatch.setattr(model, "likelihood_terms", broken)
    with pytest.raises(ValueError, match=r"bits_per_dim must be finite.*\[2\]=nan"):
        evaluate_likelihood(evaluation_of(model), "test")


@pytest.mark.parametrize("preset", ["v_ade", "gan"])
def test_the_round_trip_of_the_feature_map(preset):
    model = tiny_model(preset)
    largest, mean = round_trip_errors(model, first(11), batch_size=4)
    assert largest.shape == mean.shape == (11,)
    assert np.all(largest < 0.01) and np.all(mean <= largest)
    # Exactly zero would be the same x from a cache.
    assert largest.max() > 0


def test_a_map_that_is_no_bijection_is_seen(monkeypatch):
    model = tiny_model("v_ade")
    forward = model.feature_map.forward_and_log_det

    def shifted(y, condition):
        x, log_det = forward(y, condition)
        return x + np.reshape([0.5] + 63 * [0.0], [8, 8, 1]), log_det

    monkeypatch.setattr(model.feature_map, "forward_and_log_det", shifted)
    (record,) = evaluate_inversion_error(evaluation_of(model), "test")
    assert record["value"] == pytest.approx(0.5, abs=0.01)
    assert record["mean"] == pytest.approx(0.5 / 64, abs=0.001)
    assert record["unit"] == "levels" and record["num_examples"] == 300


def test_noise_that_is_nearly_all_of_a_model_costs_next_to_nothing():
    # arXiv 1511.01844, section 3.2: 0.01 p + 0.99 noise loses at most ln 100 nats, yet
    # 99 of 100 of its samples are noise. Images of 3,072 dimensions, 256 levels.
    dims, count = 3072, 200
    generator = np.random.default_rng(0)
    x = generator.normal(128.0, 8.0, (count, dims))
    log_p = -0.5 * ((x - 128.0) / 8.0) ** 2 - math.log(8.0 * math.sqrt(2 * math.pi))
    log_p = log_p.sum(1)
    log_noise = -dims * math.log(256.0)
    log_mixture = np.logaddexp(math.log(0.01) + log_p, math.log(0.99) + log_noise)
    cost = bits_per_dim(log_mixture, dims) - bits_per_dim(log_p, dims)
    assert np.all(cost <= math.log(100) / (dims * math.log(2)) * (1 + 1e-6))
    assert cost.mean() == pytest.approx(0.0022, abs=5e-5)
    noise = generator.uniform(0.0, 256.0, (count, dims))
    is_noise = generator.uniform(size=count) < 0.99
    drawn = np.where(is_noise[:, None], noise, np.roll(x, 1, axis=0) + 0.01)
    precision, _ = precision_recall(x, drawn)
    assert precision <= 0.05


@pytest.mark.long
def test_ten_thousand_importance_samples_in_bounded_memory():
    scorer = LikelihoodScorer(tiny_model("vae", network="mlp"), batch_size=100)
    few = scorer.importance_weighted(first(100), 100).bits_per_dim.mean()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    many = scorer.importance_weighted(first(100), 10_000).bits_per_dim.mean()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert many < few
    assert grown < 50_000, f"{grown} KB"


@pytest.mark.parametrize("scale", [1e-7, 1e-9, 1e-6])
def test_a_density_that_cannot_be_right_is_no_score(tmp_path, scale):
    points = np.random.default_rng(0).normal(size=[200, 1, 1, 3]).astype(np.float32)
    points[..., 1] *= scale
    np.savez(tmp_path / "points.npz", images=points)
    config = tiny_config(
        "flow",
        **dict(dataset=f"npz:{tmp_path / 'points.npz'}", continuous=True),
        **dict(coupling="spline", mixing="none", coupling_network="mlp"),
        **dict(flow_squeeze=False, position_maps=False, actnorm="channel", num_steps=1),
    )
    with (
        eagerly(),
        pytest.raises(ValueError, match="129 bits/dim.*Received: bits_per_dim="),
    ):
        train(config, tmp_path / "run")
    assert not (tmp_path / "run" / "metrics.jsonl").exists()
