"""Tests of the records of latent use: what they count, and that they add up."""

import dataclasses
import json
import math

import numpy as np
import pytest

from ade_tf.evaluation.context import Evaluation
from ade_tf.evaluation.latent import (
    codes,
    evaluate_active_units,
    evaluate_mutual_information,
    posterior_moments,
)
from ade_tf.evaluation.options import EvaluationOptions
from ade_tf.runs import load_run
from tests.helpers.models import digits, encode, tiny_model


@pytest.fixture(scope="module", name="evaluation")
def _evaluation(v_ade_run):
    return Evaluation(load_run(v_ade_run), digits(), EvaluationOptions())


def test_moments_are_the_posteriors_whatever_the_batch(evaluation):
    images = digits().test.images[:13]
    means, stddevs = posterior_moments(evaluation.model, images, batch_size=5)
    assert means.shape == stddevs.shape == (13, 4) and means.dtype == np.float64
    np.testing.assert_allclose(means, encode(evaluation.model, images), atol=1e-6)
    posterior = evaluation.model.posterior_density(images + np.float32(0.5))
    np.testing.assert_allclose(stddevs, posterior.stddev(), rtol=1e-5)


def test_active_units_are_those_whose_mean_varies(evaluation):
    model = tiny_model("vae", perturbed=False, network="mlp")
    kernel, bias = model.posterior.trainable_variables[-2:]
    columns = kernel.numpy()
    columns[:, :2] *= 30.0
    columns[:, 2:4] = 0.0
    kernel.assign(columns)
    bias.assign([0.0, 0.0, 3.0, -3.0, 0.0, 0.0, 0.0, 0.0])
    run = dataclasses.replace(evaluation.run, model=model)
    record = evaluate_active_units(
        Evaluation(run, digits(), EvaluationOptions()), "validation"
    )[0]
    means = codes(model, digits().validation.images, batch_size=70)
    variances = np.sort(means.var(0, ddof=1))[::-1]
    np.testing.assert_allclose(record["variances"], variances)
    assert record["value"] == 2 and record["latent_size"] == 4
    assert record["num_examples"] == 200 and record["split"] == "validation"
    json.dumps(record, allow_nan=False)


def test_the_records_of_the_kl_add_up(evaluation):
    records = evaluate_mutual_information(evaluation, "test")
    information, marginal = records
    assert [r["metric"] for r in records] == ["mutual_information", "marginal_kl"]
    drawn = information["drawn_kl_nats"]
    assert information["value"] + marginal["value"] == pytest.approx(drawn, abs=1e-9)
    error = information["drawn_kl_standard_error"]
    assert abs(drawn - information["kl_nats"]) < 4 * error
    posterior = evaluation.model.posterior_density(
        digits().test.images + np.float32(0.5)
    )
    m, s = posterior.mean().numpy(), posterior.stddev().numpy()
    kl = np.sum(0.5 * (m**2 + s**2 - 1) - np.log(s), axis=1)
    assert information["kl_nats"] == pytest.approx(np.mean(kl), rel=1e-4)
    assert 0 <= information["value"] <= information["limit_nats"] == math.log(300)
    for record in records:
        assert record["num_examples"] == 300 and record["unit"] == "nats"
        assert record["step"] == evaluation.step and record["standard_error"] > 0
        json.dumps(record, allow_nan=False)


@pytest.mark.parametrize(
    "evaluate", [evaluate_active_units, evaluate_mutual_information]
)
def test_a_preset_without_codes_says_so(evaluation, evaluate):
    run = dataclasses.replace(evaluation.run, model=tiny_model("flow"))
    with pytest.raises(ValueError, match="needs an encoder.*Rec.*preset='flow'"):
        evaluate(Evaluation(run, digits(), EvaluationOptions()), "test")


@pytest.mark.parametrize("dequantizer", ["uniform", "variational"])
def test_moments_are_of_the_images_that_encode_sees(dequantizer):
    model = tiny_model("v_ade", flow_steps=(1,), dequantizer=dequantizer)
    images = digits().test.images[:20]
    means, _ = posterior_moments(model, images)
    np.testing.assert_allclose(means, codes(model, images), atol=1e-5)
