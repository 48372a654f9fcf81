"""Tests of a game whose sides are pairs: its losses, logs and what its passes cost."""

import dataclasses
from typing import NamedTuple

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.objectives import ADVERSARIES, PENALTIES, Game
from ade_tf.randomness import BatchDraws
from tests.helpers.models import digits, tiny_model

RNG = np.random.default_rng(0)
REAL = (
    tf.constant(RNG.normal(size=[8, 2, 2, 1])),
    tf.constant(RNG.normal(size=[8, 3])),
)
FAKE = tuple(0.5 * part + 1.0 for part in REAL)


class Given(NamedTuple):
    condition: tf.Tensor | None = None


class Judge:
    """t(x, z, c) = sum x + w sum z^2 + sum c, which counts its passes."""

    def __init__(self):
        self.weight = tf.Variable(0.7, dtype=tf.float64)
        self.rows = []

    def __call__(self, x, z, condition=None):
        self.rows.append(x.shape[0])
        logits = tf.reduce_sum(x, [1, 2, 3]) + self.weight * tf.reduce_sum(z**2, 1)
        return logits if condition is None else logits + tf.reduce_sum(condition, 1)


def game_of(name="log_ratio", **settings):
    return Game(
        "joint",
        Judge(),
        real=lambda batch, draws: REAL,
        fake=lambda batch, draws: FAKE,
        adversary=ADVERSARIES[name],
        **settings,
    )


def draws():
    class Float64(BatchDraws):
        def uniform(self, shape, dtype=tf.float64):
            return super().uniform(shape, dtype)

    return Float64(0, 8)


@pytest.mark.parametrize("name", ADVERSARIES)
def test_losses_are_the_adversarys_of_both_parts(name):
    game = game_of(name)
    real, fake = (Judge()(*side) for side in (REAL, FAKE))
    loss, logs = game.discriminator_loss(REAL, FAKE, Given(), draws())
    expected = ADVERSARIES[name].discriminator_loss(real, fake)
    np.testing.assert_allclose(loss, expected, rtol=1e-12)
    np.testing.assert_allclose(logs["joint_real_logit"], np.mean(real), rtol=1e-12)
    loss, logs = game.generator_loss(Given(), draws())
    expected = ADVERSARIES[name].generator_loss(fake, real)
    np.testing.assert_allclose(loss, expected, rtol=1e-12)
    assert set(logs) == {"joint_adversarial_loss"}


@pytest.mark.parametrize("name", sorted({*PENALTIES} - {"none"}))
def test_a_penalty_counts_by_its_weight_and_shares_the_passes(name):
    losses = {}
    for weight in (0.0, 1.0, 3.0):
        game = game_of(penalty=PENALTIES[name], penalty_weight=weight)
        losses[weight], logs = game.discriminator_loss(REAL, FAKE, Given(), draws())
    slope = float(losses[1.0] - losses[0.0])
    assert slope == pytest.approx(float(logs["joint_penalty"]))
    assert float(losses[3.0] - losses[0.0]) == pytest.approx(3.0 * slope)
    assert len(game.discriminator.rows) == (3 if name == "interpolates" else 2)


def test_without_a_penalty_both_sides_are_one_pass():
    game = game_of()
    game.discriminator_loss(REAL, FAKE, Given(), draws())
    assert game.discriminator.rows == [16]


def test_both_sides_have_the_condition_of_their_position():
    condition = tf.constant(RNG.normal(size=[8, 2]))
    _, logs = game_of().discriminator_loss(REAL, FAKE, Given(condition), draws())
    _, plain = game_of().discriminator_loss(REAL, FAKE, Given(), draws())
    for side in ("joint_real_logit", "joint_fake_logit"):
        difference = logs[side] - plain[side]
        expected = np.sum(condition) / 8
        np.testing.assert_allclose(difference, expected, rtol=1e-9)


def test_mixed_groups_are_of_pairs():
    game = game_of(group=4)
    loss, _ = game.discriminator_loss(REAL, FAKE, Given(), draws())
    generator, _ = game.generator_loss(Given(), draws())
    assert game.discriminator.rows == [16, 16]
    assert np.isfinite(loss) and np.isfinite(generator)


def test_the_image_game_has_the_plain_names():
    game = game_of()
    assert game.label("penalty") == "joint_penalty"
    image = Game("image", None, None, None, ADVERSARIES["hinge"])
    assert image.label("penalty") == "penalty"


@pytest.mark.parametrize("name", ["r1", "r1_r2", "interpolates"])
def test_a_lazy_penalty_counts_for_the_steps_that_it_rests(name):
    """With every k-th step penalised k times over, gradients agree in the mean."""
    model = tiny_model("gan", penalty=name)
    batch = model.batch(digits().train.images[:8])
    (game,) = model.games
    lazy = dataclasses.replace(game, penalty_every=4)
    none = dataclasses.replace(game, penalty=None)
    variables = [v.value for v in model.discriminator.trainable_variables]
    real, fake = (side(batch, BatchDraws(0, 8)) for side in (game.real, game.fake))

    def gradients(game, step):
        with tf.GradientTape() as tape:
            loss, _ = game.discriminator_loss(real, fake, batch, BatchDraws(1, 8), step)
        return tape.gradient(loss, variables)

    first = tf.constant(0, tf.int64)
    always, never = gradients(game, first), gradients(none, first)
    # One graph for all steps.
    of_step = tf.function(lambda step: gradients(lazy, step))
    steps = [of_step(first + step) for step in range(4)]
    for place in range(len(variables)):
        mean = sum(found[place] for found in steps) / 4
        np.testing.assert_allclose(mean, always[place], rtol=2e-4, atol=1e-6)
        np.testing.assert_allclose(steps[1][place], never[place], rtol=2e-4, atol=1e-6)
