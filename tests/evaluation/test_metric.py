"""The table of metrics: each line computes, and writes what it declares."""

import dataclasses
import json
import math
import subprocess
import sys

import pytest
import tensorflow as tf

from ade_tf.data import load_dataset
from ade_tf.drawing.tables import describe_record
from ade_tf.evaluation import EvaluationOptions
from ade_tf.evaluation.context import Evaluation
from ade_tf.evaluation.evaluate import choose_metrics, score
from ade_tf.evaluation.metric import METRICS, OUTPUTS, SPLITS, renamed
from ade_tf.extractors import Extractor
from ade_tf.models import build_model
from ade_tf.runs import LoadedRun
from tests.helpers.models import digits, tiny_config, tiny_model

FAST = dict(network="mlp", coupling_network="mlp", flow_steps=(1,))


def rows(images):
    """Returns the means of rows as features, and probabilities that follow them."""
    means = tf.reduce_mean(tf.cast(images, tf.float32), [1, 3])
    return means, tf.nn.softmax(means / 99.0)


def pixels(images):
    """Returns the pixels of shapes, whose rows' means are alike for several."""
    flat = tf.reshape(tf.cast(images, tf.float32), [-1, 256])
    return flat, rows(images[:, :8])[1]


EXTRACTOR = Extractor("rows", "classifier", "0" * 64, 1, 8, 8, rows)


@pytest.fixture(scope="module")
def evaluations():
    """Models of digits, of points and of two domains: all that any metric needs."""
    options = EvaluationOptions(metrics=("all",), num_samples=40, cache_dir="")
    model = tiny_model("v_ade", conditional=True, **FAST)
    images = Evaluation(LoadedRun(model, model.config, None, 7), digits(), options)
    images.extractor = EXTRACTOR
    settings = dict(prior="codes", latent_size=12, **FAST)
    model = tiny_model("gan", **settings)
    codes = Evaluation(LoadedRun(model, model.config, None, 7), digits(), options)
    codes.extractor = EXTRACTOR
    settings = dict(flow_squeeze=False, actnorm="none", dataset="toy:ring")
    model = tiny_model("flow", classifier_weight=1.0, **FAST)
    hybrid = Evaluation(LoadedRun(model, model.config, None, 7), digits(), options)
    hybrid.extractor = EXTRACTOR
    config = tiny_config("flow", **{**FAST, **settings})
    model = build_model(config, (1, 1, 2), 0)
    points = Evaluation(
        LoadedRun(model, config, None, 7), load_dataset("toy:ring"), options
    )
    shapes = load_dataset("shapes")
    config = tiny_config("vae", dataset="shapes", **FAST)
    model = build_model(config, shapes.image_shape, shapes.levels)
    factors = Evaluation(LoadedRun(model, config, None, 7), shapes, options)
    factors.extractor = Extractor("pixels", "classifier", "0" * 64, 1, 256, 8, pixels)
    model = build_model(tiny_config("alignflow", **FAST), (8, 8, 1), 17)
    data = dataclasses.replace(digits(), domain_b=load_dataset("digits:bold"))
    model.initialize(*(own.train for own in data.domains))
    domains = Evaluation(LoadedRun(model, model.config, None, 7), data, options)
    for own in domains.domains:
        own.extractor = EXTRACTOR
    return images, hybrid, points, codes, factors, domains


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_writes_what_it_declares_or_says_what_it_needs(evaluations, name):
    computed = []
    for evaluation in evaluations:
        chosen, left_out = choose_metrics(evaluation)
        assert set(chosen).isdisjoint(left_out) and {*chosen, *left_out} == set(METRICS)
        if name in chosen:
            computed.append(score(evaluation, name, "test"))
        else:
            assert "needs " in left_out[name] and "Received: " in left_out[name]
    assert computed
    for records in computed:
        written = {record["metric"] for record in records}
        assert written == {output.key for output in METRICS[name].outputs}
        for record in records:
            assert math.isfinite(record["value"]) and record["name"]
            assert ("extractor" in record) <= bool(METRICS[name].extractor)
            json.dumps(record, allow_nan=False)
            assert record["name"] in describe_record(record)


def test_what_is_not_declared_is_not_written(evaluations):
    with pytest.raises(KeyError, match="beauty"):
        evaluations[0].record("beauty", 1.0, split="test", num_examples=3)


def test_names_are_unique_and_lines_complete():
    outputs = [output for metric in METRICS.values() for output in metric.outputs]
    assert len(OUTPUTS) == len(outputs)
    former = [metric.formerly for metric in METRICS.values() if metric.formerly]
    assert not {*former} & {*METRICS, *OUTPUTS}
    for metric in METRICS.values():
        assert set(metric.splits) <= set(SPLITS)
        assert metric.extractor in ("", "features", "probabilities", "labels")
        assert not metric.compares or metric.extractor
    for output in outputs:
        assert output.better in ("", "lower", "higher") and output.label


def test_records_of_before_are_read_under_the_new_name():
    record = {"metric": "reconstruction_error", "value": 1.0}
    assert renamed(record) == {"metric": "inversion_error", "value": 1.0}
    for other in ({"metric": "novelty", "value": 1.0}, {"value": 1.0}):
        assert renamed(other) == other


def test_the_table_and_the_options_import_nothing_heavy():
    code = (
        "import sys, ade_tf.config; before = {*sys.modules}\n"
        "import ade_tf.evaluation.options\n"
        "import ade_tf.evaluation.options\n"
        "heavy = {'tensorflow', 'keras', 'scipy', 'sklearn', 'matplotlib'}\n"
        "print(heavy & ({*sys.modules} - before))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert found.stdout == "set()\n"
