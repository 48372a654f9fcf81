"""The improved GAN's three means (arXiv 1606.03498), each by a known answer."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.config import RunConfig
from ade_tf.objectives import ADVERSARIES
from ade_tf.randomness import BatchDraws
from tests.helpers.models import digits, gradients_of, term_of, tiny_model

pytestmark = pytest.mark.usefixtures("eager")

IMPROVED = dict(
    preset="gan",
    adversary="non_saturating",
    adversarial_weight=0.0,
    feature_matching_weight=1.0,
    minibatch_statistics="discrimination",
    label_smoothing=0.1,
)


def images(count=8):
    return digits().train.images[:count]


def test_features_of_equal_batches_match():
    model = tiny_model("gan", feature_matching_weight=1.0)
    (game,) = model.games
    batch = model.batch(images())
    same = dataclasses.replace(game, fake=game.real, real=game.real)
    # Without noise of its own, both sides are the very same images.
    model.dequantize = lambda batch, draws: BatchAsItIs(batch.images)
    loss, logs = same.feature_matching_loss(batch, BatchDraws(0, 8))
    assert float(loss) == 0.0 and set(logs) == {"feature_matching_loss"}
    loss, _ = game.feature_matching_loss(batch, BatchDraws(0, 8))
    (x,), draws = game.real(batch, None), BatchDraws(0, 8)
    (x_model,) = game.fake(batch, draws)
    h, h_model = (
        np.mean(model.discriminator(side, features=True), 0) for side in (x, x_model)
    )
    assert float(loss) == pytest.approx(np.sum((h - h_model) ** 2), rel=1e-4)
    assert float(loss) > 1e-3


@dataclasses.dataclass
class BatchAsItIs:
    value: tf.Tensor


def test_the_last_layer_judges_the_features():
    model = tiny_model("gan")
    x = tf.constant(images() / 8.0 - 1.0, tf.float32)
    h = model.discriminator(x, features=True)
    last = model.discriminator.trainable_variables[-2:]
    kernel, bias = sorted((v.numpy() for v in last), key=np.ndim, reverse=True)
    expected = h.numpy() @ kernel[:, 0] + bias
    np.testing.assert_allclose(model.discriminator(x), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["image", "pair"])
def test_feature_matching_trains_the_generators_side_alone(name):
    model = tiny_model(**{**IMPROVED, "games": (name,)}, average_decay=0.0)
    prefix = "" if name == "image" else "pair_"
    term = term_of(model, f"{prefix}feature_matching")
    names = [t.name for update in model.updates() for t in update.terms]
    assert f"{prefix}adversarial" not in names
    found = gradients_of(model, term.name, images())
    trained = {
        id(v)
        for part in term.trains
        if getattr(model, part)
        for v in getattr(model, part).trainable_variables
    }
    for variable, gradient in zip(model.generator_variables, found, strict=True):
        moved = gradient is not None and bool(np.any(gradient))
        # sigma takes no part in samples.
        assert moved == (id(variable) in trained and "sigma" not in variable.path)
    before = [v.numpy() for v in model.games[0].discriminator.trainable_variables]
    model.gradients(term, model.batch(images()), {})
    after = model.games[0].discriminator.trainable_variables
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(old, new.numpy())


@pytest.mark.parametrize("name", ["log_ratio", "saturating", "non_saturating"])
def test_the_best_smoothed_discriminator_on_two_points(name):
    """D* = (1 - s) p / (p + q), and the generator's loss is as it was."""
    p, q, smoothing = np.array([0.8, 0.2]), np.array([0.3, 0.7]), 0.1
    adversary = ADVERSARIES[name].smoothed(smoothing)
    logits = tf.Variable(np.zeros(2))
    for _ in range(200):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(
                p * adversary.real(logits) + q * adversary.fake(logits)
            )
        logits.assign_sub(2.0 * tape.gradient(loss, logits))
    expected = (1.0 - smoothing) * p / (p + q)
    np.testing.assert_allclose(tf.sigmoid(logits), expected, atol=1e-6)
    t = tf.constant([0.3, -2.0])
    assert adversary.generator_loss(t) == ADVERSARIES[name].generator_loss(t)
    assert ADVERSARIES[name].smoothed() is ADVERSARIES[name]


def test_settings_act_in_the_model():
    plain, smooth = (
        tiny_model("gan", adversary="non_saturating", label_smoothing=s)
        for s in (0.0, 0.5)
    )
    batch, losses = plain.batch(images()), []
    for model in (plain, smooth):
        (game,) = model.games
        draws = BatchDraws(0, 8)
        sides = game.real(batch, draws), game.fake(batch, draws)
        losses.append(float(game.discriminator_loss(*sides, batch, draws)[0]))
    assert abs(losses[0] - losses[1]) > 1e-3


@pytest.mark.parametrize("share_samples", [False, True])
def test_sides_are_sets_of_their_own(share_samples):
    """Statistics of real images are not mixed with those of samples."""
    model = tiny_model("gan", minibatch_statistics="stddev")
    (game,) = model.games
    batch, draws = model.batch(images()), BatchDraws(0, 8)
    real, fake = game.real(batch, draws), game.fake(batch, draws)
    loss, logs = game.discriminator_loss(real, fake, batch, draws)
    if share_samples:
        (_, loss), logs = game.shared_losses(batch, BatchDraws(0, 8))
    apart = [model.discriminator(*side) for side in (real, fake)]
    expected = game.adversary.discriminator_loss(*apart)
    np.testing.assert_allclose(loss, expected, rtol=1e-5)
    np.testing.assert_allclose(logs["real_logit"], np.mean(apart[0]), rtol=1e-4)


@pytest.mark.parametrize("penalty", ["none", "r1", "interpolates"])
def test_an_improved_gan_trains_and_goes_on_from_a_checkpoint(tmp_path, penalty):
    settings = {**IMPROVED, "penalty": penalty}
    model = tiny_model(**settings)
    data = digits().train.images
    history = model.fit(data, steps_per_epoch=2, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    assert "feature_matching_loss" in history and "adversarial_loss" not in history
    path = tf.train.Checkpoint(model=model).save(tmp_path / "checkpoint")
    other = tiny_model(**settings, perturbed=False)
    tf.train.Checkpoint(model=other).restore(path).assert_consumed()
    for one in (model, other):
        one.fit(data, steps_per_epoch=2, verbose=0)
    for here, there in zip(model.variables, other.variables, strict=True):
        np.testing.assert_array_equal(here.numpy(), there.numpy(), err_msg=here.path)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (dict(preset="gan", adversary="hinge", label_smoothing=0.1), "needs adversary"),
        (dict(preset="flow", feature_matching_weight=1.0), "a preset with an adv"),
        (
            dict(
                preset="gan",
                discriminator_batch="mixed",
                minibatch_statistics="stddev",
            ),
            "must be none. Received: minibatch_statistics='stddev'",
        ),
        (dict(preset="gan", minibatch_statistics="mean"), "must be one of"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        RunConfig.from_flat(settings)
