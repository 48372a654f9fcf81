"""Tests of players that learn from the same samples: each as it would from its own."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.objectives import ADVERSARIES, PENALTIES
from ade_tf.randomness import BatchDraws
from tests.helpers.models import digits, gradients_of, tiny_config, tiny_model
from tests.objectives.test_two_sides import FAKE, REAL, Given, draws, game_of

GAMES = {
    "image": dict(preset="gan"),
    "projection": dict(preset="gan", conditional=True),
    "pair": dict(preset="gan", games=("pair",)),
    "code": dict(preset="av_gde", games=("code",)),
    "mixed": dict(preset="gan", discriminator_batch="mixed", mixed_group=4),
}


@pytest.mark.parametrize(
    ("name", "penalty", "both_sides"),
    [*itertools.product(ADVERSARIES, PENALTIES, (False, True))],
)
def test_losses_are_those_of_players_apart(name, penalty, both_sides):
    game = game_of(name, penalty=PENALTIES[penalty], both_sides=both_sides)
    # Behind the sides' draws, which are none here, both read the same stream.
    (loss, against), logs = game.shared_losses(Given(), draws())
    expected, others = game.discriminator_loss(REAL, FAKE, Given(), draws())
    np.testing.assert_allclose(against, expected, rtol=1e-12)
    for word, value in others.items():
        np.testing.assert_allclose(logs[word], value, rtol=1e-12)
    expected, _ = game.generator_loss(Given(), draws())
    np.testing.assert_allclose(loss, expected, rtol=1e-12)


def test_samples_are_judged_once():
    game = game_of(penalty=PENALTIES["r1"])
    game.shared_losses(Given(), draws())
    assert game.discriminator.rows == [8, 8]


@pytest.mark.parametrize("name", GAMES)
@pytest.mark.parametrize("adversary", ["log_ratio", "relativistic"])
def test_gradients_are_those_of_players_apart(name, adversary):
    if name == "mixed" and adversary == "relativistic":
        pytest.skip("Mixed groups are for adversaries of single images.")
    penalty = "none" if name == "mixed" else "r1"
    model = tiny_model(
        **GAMES[name], adversary=adversary, share_samples=True, penalty=penalty
    )
    images = digits().train.images[:8]
    labels = digits().train.labels[:8] if model.num_classes else None
    batch = model.batch(images, labels)
    (game,) = model.games
    generator = [v.value for v in model.generator_variables]
    opponent = [v.value for v in game.discriminator.trainable_variables]
    with tf.GradientTape(persistent=True) as tape:
        (loss, against), _ = game.shared_losses(batch, BatchDraws(0, 8))
    found = tape.gradient(loss, generator), tape.gradient(against, opponent)
    sides = BatchDraws(0, 8)
    real, fake = game.real(batch, sides), game.fake(batch, sides)
    with tf.GradientTape() as tape:
        against, _ = game.discriminator_loss(real, fake, batch, sides)
    apart = tape.gradient(against, opponent)
    for here, there in zip(found[1], apart, strict=True):
        np.testing.assert_allclose(here, there, rtol=2e-4, atol=1e-6)
    # The generator, with the sides in the order that `shared_losses` draws them in.
    with tf.GradientTape() as tape:
        sides = BatchDraws(0, 8)
        real, fake = game.real(batch, sides), game.fake(batch, sides)
        judged = game._layout(sides).join(real, fake)
        layout = game._layout(_rewound(game, batch))
        condition = batch.condition
        if condition is not None:
            condition = tf.concat([condition, condition], 0)
        logits = layout.split(game.discriminator(*judged, condition=condition))
        loss = layout.generator_loss(game.adversary, logits[1], logits[0])
        if game.both_sides and not game.adversary.paired:
            loss += game.adversary.encoder_loss(logits[0])
    for here, there in zip(found[0], tape.gradient(loss, generator), strict=True):
        if game.both_sides or game.name == "code" or here is not None:
            assert (here is None) == (there is None)
        if here is not None:
            np.testing.assert_allclose(here, there, rtol=2e-3, atol=1e-5)


def _rewound(game, batch):
    """Returns the draws that stand behind those of the sides."""
    sides = BatchDraws(0, 8)
    game.real(batch, sides)
    game.fake(batch, sides)
    return sides


@pytest.mark.parametrize("update", ["alternating", "joint"])
def test_a_step_moves_both_players(update):
    model = tiny_model(
        "av_ade",
        share_samples=True,
        update=update,
        penalty="r1",
        penalty_every=2,
        average_decay=0.0,
        spectral_norm=True,
    )
    before = {
        name: [v.numpy() for v in getattr(model, name).trainable_variables]
        for name in ("discriminator", "decoder", "posterior", "feature_map")
    }
    history = model.fit(digits().train.images, steps_per_epoch=3, verbose=0).history
    assert {"discriminator_loss", "penalty", "adversarial_loss"} <= set(history)
    assert all(np.isfinite(values).all() for values in history.values())
    for name, values in before.items():
        now = getattr(model, name).trainable_variables
        assert any(
            np.any(old != v.numpy()) for old, v in zip(values, now, strict=True)
        ), name


def test_what_a_term_returns_is_the_generators_alone():
    model = tiny_model("gan", share_samples=True)
    found = gradients_of(model, "adversarial", digits().train.images[:8])
    assert len(found) == len(model.generator_variables)
    assert any(gradient is not None for gradient in found)


def test_more_discriminator_updates_need_samples_of_their_own():
    with pytest.raises(ValueError, match="Received: discriminator_steps=2"):
        tiny_config("gan", share_samples=True, discriminator_steps=2)
