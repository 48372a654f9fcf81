"""Tests of memorisation: copies, near copies, new images, and the records."""

import json

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.evaluation.context import Evaluation
from ade_tf.evaluation.memorisation import evaluate_memorisation, memorisation
from ade_tf.evaluation.options import EvaluationOptions
from ade_tf.extractors import Extractor
from ade_tf.runs import load_run
from tests.helpers.models import digits


def sets():
    data = digits()
    return data.validation.images, data.test.images, data.train.images


def test_a_model_that_copies_is_seen():
    """Training images pose as samples."""
    _, held_out, train = sets()
    found = memorisation(train[:100], held_out, train)
    assert found.sample_median == found.ratio == found.ratio_error == 0
    assert found.near_share == 1


def test_a_model_that_copies_with_a_little_noise_is_seen():
    _, held_out, train = sets()
    noise = np.random.default_rng(0).integers(-1, 2, train[:200].shape)
    found = memorisation(np.clip(train[:200] + noise, 0, 16), held_out, train)
    assert 0 < found.ratio < 0.5
    assert found.near_share > 0.95


def test_new_real_images_are_as_far_as_new_real_images():
    new, held_out, train = sets()
    found = memorisation(new, held_out, train)
    assert abs(found.ratio - 1) < 4 * found.ratio_error < 0.25
    assert abs(found.near_share - 0.05) < 4 * max(found.near_share_error, 0.015)


def test_images_of_another_kind_are_further():
    _, held_out, train = sets()
    noise = np.random.default_rng(0).integers(0, 17, (50, 8, 8, 1))
    found = memorisation(noise, held_out, train)
    assert found.ratio > 1.5 and found.near_share == 0


def test_distances_are_those_of_the_nearest_training_images():
    new, held_out, train = sets()
    new, held_out, train = new[:20], held_out[:30], train[:50].astype(float)
    squares = np.square(new[:, None] - train).sum((2, 3, 4))
    real = np.sqrt(np.square(held_out[:, None] - train).sum((2, 3, 4)).min(1))
    found = memorisation(new, held_out, train)
    assert found.sample_median == pytest.approx(np.median(np.sqrt(squares.min(1))))
    assert found.real_median == pytest.approx(np.median(real))
    assert found.quantile == pytest.approx(np.quantile(real, 0.05))


def test_held_out_images_must_be_held_out():
    new, _, train = sets()
    with pytest.raises(ValueError, match="not among the training images"):
        memorisation(new, train[:100], train)


class Copying(Evaluation):
    """A run whose samples are training images; features are means of columns."""

    def samples(self):
        return self.split_images("train").images[:60]

    extractor = Extractor(
        name="means",
        kind="savedmodel",
        sha256="0" * 64,
        channels=1,
        feature_size=8,
        num_classes=None,
        function=lambda x: (tf.reduce_mean(tf.cast(x, tf.float32), [1, 3]), None),
    )


@pytest.fixture(scope="module", name="run")
def _run(v_ade_run):
    return load_run(v_ade_run)


def test_the_records_of_a_copying_model(run):
    options = EvaluationOptions(cache_dir="")
    records = evaluate_memorisation(Copying(run, digits(), options), "test")
    found = {(r["metric"], r["space"]): r for r in records}
    for space in ("pixels", "features"):
        assert found["memorisation_ratio", space]["value"] == 0
        assert found["memorisation_share", space]["value"] == 1
    for record in records:
        assert record["num_examples"] == 60 and record["num_held_out"] == 300
        assert record["num_reference"] == 1297 and record["split"] == "test"
        assert ("extractor" in record) == (record["space"] == "features")
        json.dumps(record, allow_nan=False)
    assert len({r["name"] for r in records}) == 4


def test_training_images_are_no_yardstick(run):
    evaluation = Evaluation(run, digits(), EvaluationOptions())
    with pytest.raises(ValueError, match="validation or test. Received: split='train'"):
        evaluate_memorisation(evaluation, "train")
