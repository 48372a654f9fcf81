import numpy as np
import pytest
import tensorflow as tf
from sklearn.linear_model import LogisticRegression

from ade_tf.data import load_dataset
from ade_tf.evaluation import EvaluationOptions
from ade_tf.evaluation.context import Evaluation
from ade_tf.evaluation.evaluate import choose_metrics
from ade_tf.evaluation.label_accuracy import evaluate_label_accuracy
from ade_tf.evaluation.latent import codes, posterior_moments
from ade_tf.evaluation.point_density import log_prob_of_points
from ade_tf.extractors import Extractor
from ade_tf.models import build_model
from ade_tf.runs import LoadedRun
from tests.helpers.models import batch, digits, encode, sample, tiny_config, tiny_model

FAST = dict(network="mlp", coupling_network="mlp", flow_steps=(1,))


def evaluation_of(count=200, conditional=True, **more):
    model = tiny_model("v_ade", conditional=conditional, **FAST)
    options = EvaluationOptions(
        metrics=("label_accuracy",), num_samples=count, cache_dir="", **more
    )
    return Evaluation(LoadedRun(model, model.config, None, 7), digits(), options)


@pytest.fixture(scope="module")
def classifier():
    """A linear classifier of digits, in the place of the network that is trained."""
    data = digits()
    flat = data.train.images.reshape(-1, 64) / 16.0
    fit = LogisticRegression(max_iter=300).fit(flat, data.train.labels)
    weights, bias = (tf.constant(v, tf.float32) for v in (fit.coef_.T, fit.intercept_))

    def function(images):
        x = tf.reshape(tf.cast(images, tf.float32) / 255.0, [-1, 64])
        return x, tf.nn.softmax(x @ weights + bias)

    return Extractor("linear", "classifier", "0" * 64, 1, 64, 10, function, (8, 8))


def test_real_images_are_right_and_others_wrong(classifier):
    evaluation = evaluation_of(300)
    evaluation.extractor = classifier
    split = digits().test
    evaluation._samples = split.images
    evaluation.sample_labels = split.labels
    (record,) = evaluate_label_accuracy(evaluation, "test")
    assert record["value"] == record["real_accuracy"] > 0.9
    assert record["num_reference"] == 300
    evaluation.sample_labels = (split.labels + 1) % 10
    (record,) = evaluate_label_accuracy(evaluation, "test")
    assert record["value"] < 0.05 and record["real_accuracy"] > 0.9
    # Known to a digit: a class of its own is right, the rest is not.
    evaluation.sample_labels = np.where(split.labels == 0, 0, (split.labels + 1) % 10)
    (record,) = evaluate_label_accuracy(evaluation, "test")
    zeros = np.mean(split.labels == 0)
    assert record["value"] == pytest.approx(zeros, abs=0.03)
    error = np.sqrt(record["value"] * (1 - record["value"]) / 300)
    assert record["standard_error"] == pytest.approx(error)
    # Nines are now taken for zeros.
    share = zeros / (zeros + np.mean(split.labels == 9))
    assert record["by_class"][0] == pytest.approx(share, abs=0.1)
    assert record["by_class"][1] is None
    assert max(record["by_class"][2:]) < 0.1


def test_the_records_are_of_samples_of_the_labels(classifier):
    evaluation = evaluation_of(70, batch_size=32, seed=3)
    evaluation.extractor = classifier
    (record,) = evaluate_label_accuracy(evaluation, "test")
    labels = evaluation.sample_labels
    draw = tf.function(
        lambda labels: sample(evaluation.model, 70, 1.0, 3, labels=labels),
        autograph=False,
    )
    drawn = draw(tf.constant(labels)).numpy()
    np.testing.assert_array_equal(evaluation.samples(), drawn)
    found = classifier((drawn * (255 / 16) + 0.5).astype(np.uint8))[1]
    right = np.argmax(found, axis=1) == labels
    assert record["value"] == pytest.approx(right.mean())
    assert record["labels"] == "drawn from the frequencies of the training images"
    assert (record["num_examples"], record["seed"]) == (70, 3)


def test_samples_of_labels_are_apart_from_samples_of_p_of_x(classifier):
    evaluation = evaluation_of(40, conditional=False)
    model = tiny_model("vae", bound="multimodal", network="mlp")
    evaluation.model, evaluation.extractor = model, classifier
    labels = evaluation.sample_labels
    (record,) = evaluate_label_accuracy(evaluation, "test")
    drawn = model.sample(40, labels=labels)
    np.testing.assert_array_equal(evaluation.samples(), model.sample(40))
    assert np.any(evaluation.samples() != drawn) and not evaluation.of_samples
    found = classifier((drawn * (255 / 16) + 0.5).astype(np.uint8))[1]
    assert record["value"] == pytest.approx(np.mean(np.argmax(found, 1) == labels))
    assert record["labels"] == "drawn from the frequencies of the training images"


def test_labels_follow_the_training_frequencies_and_the_seed():
    evaluation = evaluation_of(20_000)
    labels = evaluation.sample_labels
    wanted = np.bincount(digits().train.labels, minlength=10) / 1297
    found = np.bincount(labels, minlength=10) / 20_000
    np.testing.assert_allclose(found, wanted, atol=5 * np.sqrt(0.1 * 0.9 / 20_000))
    # Independent of each other: equal neighbours are as rare as chance makes them.
    equal = np.mean(labels[1:] == labels[:-1])
    assert equal == pytest.approx(np.sum(wanted**2), abs=0.01)
    fewer = evaluation_of(50).sample_labels
    np.testing.assert_array_equal(fewer, labels[:50])
    assert np.any(evaluation_of(50, seed=1).sample_labels != fewer)


def test_it_needs_a_conditional_model_and_the_datas_classifier():
    message = "needs a conditional model, or bound `multimodal`. Received"
    with pytest.raises(ValueError, match=message):
        choose_metrics(evaluation_of(conditional=False))
    other = evaluation_of(extractor="savedmodel", extractor_path="nowhere")
    with pytest.raises(ValueError, match="classifier of the data's own labels.*saved"):
        choose_metrics(other)
    assert evaluation_of(conditional=False).sample_labels is None


def test_points_given_a_label_have_no_true_density_to_meet():
    settings = dict(flow_squeeze=False, actnorm="none", dataset="toy:ring")
    config = tiny_config("flow", conditional=True, **{**FAST, **settings})
    data = load_dataset("toy:ring")
    model = build_model(config, (1, 1, 2), 0, data.num_classes)
    options = EvaluationOptions(metrics=("toy_divergences",))
    with pytest.raises(ValueError, match="needs an unconditional model. Received"):
        choose_metrics(Evaluation(LoadedRun(model, config, None, 0), data, options))
    with pytest.raises(
        ValueError, match="density of points needs an unconditional model. Rec"
    ):
        log_prob_of_points(model, data.test.images[:3])


def test_codes_are_of_images_with_their_labels():
    model = evaluation_of().model
    images, labels = batch(7)["image"], batch(7)["label"]
    found = codes(model, images, labels, batch_size=3)
    np.testing.assert_allclose(found, encode(model, images, labels), atol=1e-5)
    means, _ = posterior_moments(model, images, labels, batch_size=4)
    np.testing.assert_allclose(means, found, atol=1e-5)
    with pytest.raises(ValueError, match="needs labels. Received: None"):
        codes(model, images)
