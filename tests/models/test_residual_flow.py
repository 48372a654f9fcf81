"""Residual flows as whole models: what is estimated, what is exact, what is refused."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.data import Split
from ade_tf.evaluation import EvaluationOptions
from ade_tf.evaluation.context import Evaluation
from ade_tf.evaluation.likelihood import evaluate_likelihood
from ade_tf.models import LikelihoodScorer, build_model
from ade_tf.runs import LoadedRun
from tests.helpers.jacobians import jacobian
from tests.helpers.models import batch, digits, sample, tiny_config, tiny_model

SETTINGS = dict(feature_map="residual", residual_blocks=2, residual_width=8)


def test_a_score_is_exact():
    model, x = tiny_model("flow", **SETTINGS), tf.constant(batch(2)["image"]) + 0.5
    _, log_det = model.feature_map(x)
    for image, found in zip(x, log_det, strict=True):
        rows = jacobian(lambda x: model.feature_map(x)[0], image[None])
        assert float(found) == pytest.approx(np.linalg.slogdet(rows)[1], rel=1e-4)


@pytest.mark.long
@pytest.mark.parametrize("log_det", ["russian_roulette", "truncated", "exact"])
def test_training_lowers_the_score(log_det):
    model = tiny_model("flow", log_det=log_det, num_steps=40, **SETTINGS)
    before = model.evaluate(digits().test.images[:50])
    model.fit(digits().train.images, batch_size=32, verbose=0)
    assert int(model.step.numpy()) == 40
    assert model.evaluate(digits().test.images[:50]) < before - 0.05


def test_every_step_follows_the_norms():
    model = tiny_model("flow", **SETTINGS)
    norms = [v for v in model.non_trainable_variables if "_norm" in v.path]
    assert len(norms) == 6
    before = [v.numpy() for v in norms]
    tf.function(model.train_step, autograph=False)(batch())
    for old, new in zip(before, norms, strict=True):
        assert np.any(old != new.numpy())


def test_samples_are_solved_without_a_log_det():
    model = tiny_model("flow", **SETTINGS)
    run = tf.function(lambda: sample(model, 3, 1.0, 0), autograph=False)
    graph = run.get_concrete_function().graph.as_graph_def()
    # Grappler leaves out what nobody asks for: a loop that holds no state.
    loops = [node.op for node in graph.node if "While" in node.op]
    assert loops and set(loops) == {"StatelessWhile"}
    assert run().shape == (3, 8, 8, 1)


@pytest.mark.parametrize("preset", ["av_ade", "flow_gan"])
def test_a_game_is_refused(preset):
    with pytest.raises(ValueError, match="samples by iteration, too slowly for a game"):
        tiny_config(preset, **SETTINGS)


def test_importance_weights_that_are_estimates_are_refused():
    with pytest.raises(ValueError, match="needs log_det `exact`.*russian_roulette"):
        tiny_config("v_ade", bound="iwae", **SETTINGS)
    assert tiny_config("v_ade", bound="iwae", log_det="exact", **SETTINGS)


def test_scores_of_large_images_say_that_they_are_estimates():
    images = np.tile(digits().test.images[:4], (1, 5, 5, 1))
    split = Split(images, digits().test.labels[:4])
    model = build_model(tiny_config("flow", **SETTINGS), images.shape[1:], 17)
    run = LoadedRun(model, model.config, None, 0)
    data = dataclasses.replace(digits(), train=split, validation=split, test=split)
    (record,) = evaluate_likelihood(Evaluation(run, data, EvaluationOptions()), "test")
    assert record["protocol"].endswith(", estimated log-det")
    small = tiny_model("flow", **SETTINGS)
    assert not small.feature_map.estimated_log_det
    with pytest.raises(ValueError, match="exact log-det.*Received: 3 samples"):
        LikelihoodScorer(model).importance_weighted(split, 3)
    options = EvaluationOptions(importance_samples=3)
    with pytest.raises(ValueError, match="exact log-det"):
        evaluate_likelihood(Evaluation(run, data, options), "test")
