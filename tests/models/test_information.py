"""Codes that are read off samples (InfoGAN): bound, prior, training, clusters."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from ade_tf.config import RunConfig
from ade_tf.data import load_dataset
from ade_tf.distributions.code_prior import CodePrior
from ade_tf.evaluation import EvaluationOptions, evaluate_run
from ade_tf.evaluation.clusters import clustering_accuracy
from ade_tf.models import read_codes
from ade_tf.objectives.information import code_log_prob
from ade_tf.randomness import BatchDraws
from ade_tf.samples import draw
from ade_tf.training import train
from tests.helpers.models import (
    digits,
    gradients_of,
    sample,
    term_of,
    tiny_config,
    tiny_model,
)

INFOGAN = dict(preset="gan", prior="codes", latent_size=8, code_classes=4, code_dims=2)


def test_the_bound_on_two_points_is_their_information_where_q_is_right():
    """x = k, turned over with probability e: I(k; x) = ln 2 - H(e)."""
    flip = 0.1
    joint = np.array([[1.0 - flip, flip], [flip, 1.0 - flip]]) / 2.0
    category, x = (np.ravel(part) for part in np.indices([2, 2]))

    def bound(belief):
        """The bound where q(k = x | x) is the belief."""
        logits = np.log([belief, 1.0 - belief])
        outputs = np.where(x[:, None] == 0, logits, logits[::-1]).astype(np.float32)
        log_q = code_log_prob(outputs, category, tf.zeros([4, 0]))
        prior = CodePrior((2,), code_classes=2, code_dims=0)
        return prior.entropy + np.sum(joint.ravel() * log_q)

    information = np.log(2.0) + flip * np.log(flip) + (1 - flip) * np.log(1 - flip)
    assert bound(1.0 - flip) == pytest.approx(information, abs=1e-6)
    assert bound(0.5) == pytest.approx(0.0, abs=1e-6)
    for belief in (0.6, 0.8, 0.95):
        assert bound(belief) < information - 1e-3


def test_the_bound_on_a_gaussian_channel_is_below_its_information():
    """x = v + e, both Gaussian: v given x has the variance r = s^2 / (1 + s^2)."""
    spread, count = 0.5, 200_000
    generator = np.random.default_rng(0)
    v = generator.normal(size=[count, 1])
    x = v + spread * generator.normal(size=[count, 1])
    rest = spread**2 / (1.0 + spread**2)
    outputs = np.concatenate([np.zeros([count, 2]), x * (1.0 - rest)], 1)
    outputs, v = (tf.constant(part, tf.float32) for part in (outputs, v))
    prior = CodePrior((3,), code_classes=2, code_dims=1)
    log_q = code_log_prob(outputs, np.zeros(count, int), v)
    found = prior.entropy + np.mean(log_q, dtype=np.float64)
    # Of the category nothing is known; of v a Gaussian of scale 1 is believed.
    assert found == pytest.approx((1.0 - rest) / 2.0, abs=0.01)
    assert found < -0.5 * np.log(rest)


def test_the_prior_draws_what_it_says():
    prior, count = CodePrior((7,), code_classes=3, code_dims=2), 30_000
    drawn = prior.density().draw(BatchDraws(0, count))
    category, continuous = prior.codes(drawn.value)
    assert continuous.shape == (count, 2)
    share = np.bincount(category) / count
    np.testing.assert_allclose(share, 1.0 / 3.0, atol=0.012)
    normal = drawn.value[:, 3:]
    np.testing.assert_allclose(np.cov(normal, rowvar=False), np.eye(4), atol=0.04)
    np.testing.assert_array_equal(prior.join(category, normal), drawn.value)
    expected = -np.log(3.0) - 0.5 * np.sum(normal**2, 1) - 2.0 * np.log(2.0 * np.pi)
    np.testing.assert_allclose(drawn.log_prob, expected, rtol=1e-5)
    cold = prior.density().draw(BatchDraws(0, 50), temperature=0.0).value
    np.testing.assert_array_equal(cold[:, 3:], 0.0)


def test_decoder_and_reader_follow_the_information():
    model, logs = tiny_model(**INFOGAN), {}
    images = digits().train.images[:16]
    assert term_of(model, "information").trains == ("decoder", "code_reader")
    found = gradients_of(model, "information", images, logs=logs)
    trained = model._variables_of(("decoder", "code_reader"))
    for variable, gradient in zip(model.generator_variables, found, strict=True):
        own = any(variable is other for other in trained)
        # sigma takes no part in samples.
        moved = gradient is not None and bool(np.any(gradient))
        assert moved == (own and "sigma" not in variable.path), variable.path
    assert logs["information"] < model.prior.entropy + 10.0
    heavy = tiny_model(**INFOGAN, information_weight=3.0)
    again = gradients_of(heavy, "information", images)
    for here, there in zip(found, again, strict=True):
        if here is not None:
            np.testing.assert_allclose(3.0 * here, there, rtol=1e-3, atol=1e-5)


def test_training_from_a_checkpoint_goes_on_as_without(tmp_path):
    images = digits().train.images
    model = tiny_model(**INFOGAN)
    model.fit(images, steps_per_epoch=2, verbose=0)
    path = tf.train.Checkpoint(model=model).save(tmp_path / "checkpoint")
    other = tiny_model(**INFOGAN, perturbed=False)
    tf.train.Checkpoint(model=other).restore(path).assert_consumed()
    for one in (model, other):
        one.fit(images, steps_per_epoch=2, verbose=0)
    assert int(model.step.numpy()) == int(other.step.numpy()) == 4
    for here, there in zip(model.variables, other.variables, strict=True):
        np.testing.assert_array_equal(here.numpy(), there.numpy(), err_msg=here.path)


def test_categories_are_matched_to_classes_one_to_one():
    labels = np.array([0, 0, 1, 1, 2, 2, 2, 2])
    assert clustering_accuracy(np.array([2, 2, 0, 0, 1, 1, 1, 1]), labels) == 1.0
    # One category for all: it is matched to the largest class alone.
    assert clustering_accuracy(np.zeros(8, int), labels) == 0.5
    # More categories than classes: the second category of a class counts for nothing.
    assert clustering_accuracy(np.array([0, 0, 1, 1, 2, 2, 3, 3]), labels) == 0.75


def test_a_run_is_scored_and_drawn(tmp_path):
    run = tmp_path / "run"
    train(tiny_config(**INFOGAN), run)
    (record,) = evaluate_run(run, EvaluationOptions(metrics=("clustering_accuracy",)))
    assert record["num_categories"] == 4 and record["num_examples"] == 300
    assert 0.1 < record["value"] < 0.5
    path = draw(run, mode="codes", out=str(tmp_path / "a.npz"), num_samples=3)
    with np.load(path) as found:
        assert found["images"].shape == (3 * 2 * 5, 8, 8, 1)
    path = draw(run, mode="codes", out=str(tmp_path / "a.png"))
    with Image.open(path) as picture:
        assert picture.width < 1200 and picture.height < 800


def test_the_reader_says_what_images_are_made_of():
    model = tiny_model(**INFOGAN)
    images = sample(model, 5, 1.0, 0)
    probabilities, mean = read_codes(model, model.batch(images))
    np.testing.assert_allclose(np.sum(probabilities, 1), 1.0, rtol=1e-5)
    assert mean.shape == (5, 2)
    with pytest.raises(
        ValueError, match="needs prior `codes`. Received: prior='normal"
    ):
        read_codes(tiny_model("vae"), model.batch(load_dataset("digits").test.images))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (dict(preset="vae", prior="codes"), "needs preset `gan`.*preset='vae'"),
        (dict(preset="flow", prior="codes"), "needs preset `gan`.*preset='flow'"),
        (dict(preset="gan", prior="codes", games=("pair",)), "games=pair"),
        (dict(preset="gan", information_weight=2.0), "needs prior `codes`"),
        (dict(preset="gan", code_dims=3), "needs prior `codes`"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        RunConfig.from_flat(settings)


def test_codes_fit_into_z():
    with pytest.raises(ValueError, match="Received: latent_size=4, code_classes=10"):
        CodePrior((4,))
