"""Models of points against the true density, where the answer is known."""

import numpy as np
import pytest
from scipy import stats

from ade_tf.config import RunConfig
from ade_tf.data import load_dataset, toy_density
from ade_tf.evaluation import EvaluationOptions
from ade_tf.evaluation.context import Evaluation
from ade_tf.evaluation.evaluate import choose_metrics
from ade_tf.evaluation.metric import METRICS
from ade_tf.evaluation.toy import evaluate_toy_divergences, placement
from ade_tf.models import build_model
from ade_tf.runs import LoadedRun
from tests.helpers.models import MLP

SETTINGS = dict(MLP, dataset="toy:ring", discriminator="mlp")


def evaluation_of(preset, dataset="toy:ring", metrics=("toy_divergences",)):
    config = RunConfig.from_stored({**SETTINGS, "preset": preset})
    model = build_model(config, (1, 1, 2), 0)
    run = LoadedRun(model, config, None, 0)
    return Evaluation(run, load_dataset(dataset), EvaluationOptions(metrics=metrics))


def divergences_from_normal(deviation=1.0):
    """KL(ring || normal) and KL(normal || ring), by sums over a fine lattice."""
    ticks = np.arange(-7.0, 7.0, 0.02)
    points = np.stack(np.meshgrid(ticks, ticks), -1).reshape(-1, 2)
    log_ring = toy_density("ring").log_prob(points)
    log_normal = stats.norm.logpdf(points, scale=deviation).sum(1)
    gap = (log_ring - log_normal) * 0.02**2
    return np.sum(np.exp(log_ring) * gap), -np.sum(np.exp(log_normal) * gap)


def test_divergences_of_a_flow_that_is_the_normal_distribution():
    """A new flow turns N(0, I) at most, which leaves it as it is."""
    found = evaluate_toy_divergences(evaluation_of("flow"), "validation")
    records = {record["metric"]: record for record in found}
    assert list(records) == ["forward_kl", "reverse_kl", "modes_covered", "off_data"]
    wanted = divergences_from_normal()
    for name, value in zip(("forward_kl", "reverse_kl"), wanted, strict=True):
        record = records[name]
        assert record["standard_error"] < 0.04 * record["value"]
        assert abs(record["value"] - value) < 4 * record["standard_error"]
        assert record["estimate"] == "exact" and record["num_examples"] == 5_000
    assert records["modes_covered"]["value"] == 1.0
    assert 0.5 < records["off_data"]["value"] < 0.9


def test_a_gan_is_measured_by_kernels():
    """Its generator is made the identity, so that its samples' law is N(0, I)."""
    evaluation = evaluation_of("gan")
    variables = evaluation.model.decoder.trainable_variables
    kernels = [v for v in variables if v.name == "kernel"]
    biases = [v for v in variables if v.name == "bias"]
    for kernel, bias, shift in zip(kernels, biases, (20.0, 0.0, -20.0), strict=True):
        kernel.assign(np.eye(*kernel.shape))
        bias.assign(np.full(bias.shape, shift))
    found = evaluate_toy_divergences(evaluation, "validation")
    records = {record["metric"]: record for record in found}
    assert list(records) == ["forward_kl", "reverse_kl", "modes_covered", "off_data"]
    _, reverse = divergences_from_normal()
    # The kernels widen the law a little.
    assert abs(records["reverse_kl"]["value"] - reverse) < 0.03 * reverse
    # Noise of deviation 1 on top makes the variances equal: they are 2.02 in the data.
    forward, _ = divergences_from_normal(2.0**0.5)
    assert abs(records["forward_kl"]["value"] - forward) < 0.05 * forward
    assert "own samples" in records["reverse_kl"]["estimate"]
    assert "validation points" in records["forward_kl"]["estimate"]


def test_a_model_with_a_decoder_has_two_laws_of_samples():
    found = evaluate_toy_divergences(evaluation_of("vae"), "validation")
    laws = [(record["metric"], record.get("law")) for record in found[2:]]
    assert laws == [
        ("modes_covered", "noisy"),
        ("off_data", "noisy"),
        ("modes_covered", "mean"),
        ("off_data", "mean"),
    ]
    # Near the start p(x) is about N(0, I), and the means lie about the middle.
    wanted = divergences_from_normal()
    assert abs(found[0]["value"] - wanted[0]) < 0.2 * wanted[0]
    assert found[0]["estimate_bias"] < 0.01
    assert found[5]["value"] > 0.9


def test_where_samples_lie():
    density = toy_density("ring")
    real = placement(density, density.sample(50_000, seed=9))
    assert real.modes_covered == 1.0 and 0.0005 < real.off_data < 0.0015
    points = density.components.mean().numpy()[[0] * 900 + [1] * 10 + [2] * 12]
    found = placement(density, np.concatenate([points, np.zeros([78, 2])]))
    # A tenth of the fair share is 1000 / 8 / 10 = 12.5 samples.
    assert found.modes_covered == 1 / 8 and found.off_data == pytest.approx(0.078)


def test_it_is_refused_for_other_data_and_left_out_of_all():
    assert "toy_divergences" in METRICS
    evaluation = evaluation_of("flow", "digits")
    with pytest.raises(ValueError, match="needs data of the source `toy`.*'digits'"):
        choose_metrics(evaluation)
    with pytest.raises(ValueError, match="known of `toy:NAME` only. Received: 'dig"):
        evaluate_toy_divergences(evaluation, "test")
