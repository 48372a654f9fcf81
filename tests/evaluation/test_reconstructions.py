"""Scores of reconstructions and of codes against cases whose answer is known."""

import numpy as np
import pytest
import tensorflow as tf
from sklearn.linear_model import LogisticRegression

from ade_tf.evaluation import EvaluationOptions
from ade_tf.evaluation.aggregate_posterior import evaluate_aggregate_posterior
from ade_tf.evaluation.context import Evaluation
from ade_tf.evaluation.reconstructions import evaluate_reconstructions
from ade_tf.extractors import Extractor
from ade_tf.runs import LoadedRun
from tests.helpers.models import digits, tiny_model


@pytest.fixture(scope="module", name="classifier")
def _classifier():
    """A linear classifier of digits, in the place of the network that is trained."""
    train = digits().train
    flat = train.images.reshape(-1, 64) / 16.0
    fit = LogisticRegression(max_iter=300).fit(flat, train.labels)
    weights, bias = (tf.constant(v, tf.float32) for v in (fit.coef_.T, fit.intercept_))

    def function(images):
        x = tf.reshape(tf.cast(images, tf.float32) / 255.0, [-1, 64])
        return x, tf.nn.softmax(x @ weights + bias)

    return Extractor("linear", "classifier", "0" * 64, 1, 64, 10, function, (8, 8))


def evaluation_of(model):
    options = EvaluationOptions(cache_dir="")
    return Evaluation(LoadedRun(model, model.config, None, 7), digits(), options)


def test_perfect_and_blank_reconstructions(classifier, monkeypatch):
    model = tiny_model("vae", network="mlp")
    evaluation = evaluation_of(model)
    evaluation.extractor = classifier
    images = digits().test.images
    monkeypatch.setattr(model, "reconstruct", lambda images, *_, **__: images.copy())
    kept, error = evaluate_reconstructions(evaluation, "test")
    assert kept["metric"] == "class_kept" and error["value"] == 0.0
    assert kept["value"] == kept["real_accuracy"] > 0.9
    # All black: one class for all, and the error is the images' own size.
    monkeypatch.setattr(model, "reconstruct", lambda x, *_, **__: np.zeros_like(x))
    kept, error = evaluate_reconstructions(evaluation, "test")
    assert kept["value"] < 0.2 and kept["real_accuracy"] > 0.9
    expected = np.sqrt(np.mean(images.astype(float) ** 2))
    assert error["value"] == pytest.approx(expected)


def test_a_model_is_scored_by_its_own_reconstructions(classifier):
    model = tiny_model("vae", network="mlp")
    evaluation = evaluation_of(model)
    evaluation.extractor = classifier
    _, error = evaluate_reconstructions(evaluation, "validation")
    images = digits().validation.images
    rebuilt = model.reconstruct(images).astype(float)
    expected = np.sqrt(np.mean((rebuilt - images) ** 2))
    assert error["value"] == pytest.approx(expected) and error["value"] > 0.5


def test_codes_that_are_the_priors_and_codes_that_are_not():
    model = tiny_model("vae", perturbed=False, network="mlp")
    kernel, bias = model.posterior.trainable_variables[-2:]
    kernel.assign(tf.zeros_like(kernel))
    # The posterior of parameters of zero is the prior itself.
    bias.assign(tf.zeros_like(bias))
    mmd, spread = evaluate_aggregate_posterior(evaluation_of(model), "test")
    assert abs(mmd["value"]) < 0.03 and abs(mmd["prior_mmd"]) < 0.03
    assert spread["value"] == pytest.approx(1.0, abs=0.06)
    assert spread["largest_mean"] < 0.25
    bias.assign([2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    mmd, spread = evaluate_aggregate_posterior(evaluation_of(model), "test")
    assert mmd["value"] > 0.1 > abs(mmd["prior_mmd"])
    assert spread["largest_mean"] == pytest.approx(2.0, abs=0.25)
