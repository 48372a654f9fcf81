"""Tests of differentiable augmentation on real digits."""

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.config.games import AUGMENTATIONS
from ade_tf.objectives.augmentation import DifferentiableAugmentation
from ade_tf.randomness import BatchDraws
from tests.helpers.models import digits, gradients_of, tiny_config, tiny_model

POLICIES = [name for name in AUGMENTATIONS if name != "none"]
ALL = ("colour", "translation", "cutout")


def images(count=64):
    """Returns digits beside their mirror images and squares, `[B, 8, 8, 3]`."""
    x = digits().train.images[:count].astype(np.float32) / 8.5 - 1.0
    return np.concatenate([x, x[:, :, ::-1], x**2], 3)


def changed(changes, x, strength=1.0, seed=0, shard=(0, 1)):
    augment = DifferentiableAugmentation(x.shape[1:], changes, strength)
    return augment(tf.constant(x), BatchDraws(seed, len(x), shard)).numpy()


@pytest.mark.parametrize("name", POLICIES)
def test_strength_zero_is_the_identity(name):
    x = images()
    augment = AUGMENTATIONS[name](x.shape[1:], strength=0.0)
    np.testing.assert_allclose(augment(tf.constant(x), BatchDraws(0, 64)), x, atol=1e-6)
    augment = AUGMENTATIONS[name](x.shape[1:], strength=1.0)
    moved = np.abs(augment(tf.constant(x), BatchDraws(0, 64)) - x)
    assert np.mean(moved.max((1, 2, 3)) > 0.1) > 0.8


def test_translations_are_all_those_of_up_to_an_eighth_equally_often():
    x = images()[:1].repeat(3000, 0)
    found = changed(("translation",), x)
    padded = np.pad(x[0], ((1, 1), (1, 1), (0, 0)))
    counts = []
    for row in range(3):
        for column in range(3):
            moved = padded[row : row + 8, column : column + 8]
            counts.append(np.sum(np.all(found == moved, (1, 2, 3))))
    assert sum(counts) == 3000
    # Five standard deviations of a binomial with p = 1/9.
    assert np.abs(np.array(counts) - 3000 / 9).max() < 5 * np.sqrt(3000 * 8) / 9


def test_cut_out_is_one_rectangle_of_half_a_side_or_what_the_edge_leaves_of_it():
    x = np.ones([2000, 8, 6, 3], np.float32)
    found = changed(("cutout",), x) == 0
    assert np.all(found == found[..., :1])
    rows, columns = found[..., 0].any(2), found[..., 0].any(1)
    np.testing.assert_array_equal(found[..., 0], rows[:, :, None] & columns[:, None, :])
    # Of 8, a middle in 0 .. 8 leaves 2, 3 or 4 rows; of 6, one in 0 .. 5 leaves 2 or 3.
    assert set(rows.sum(1)) == {2, 3, 4} and set(columns.sum(1)) == {2, 3}
    assert np.mean(rows.sum(1) == 4) == pytest.approx(5 / 9, abs=0.06)
    assert np.mean(columns.sum(1) == 3) == pytest.approx(4 / 6, abs=0.06)


def test_colours_are_changed_about_the_means():
    x = images()
    found = changed(("colour",), x)
    mean, before = found.mean((1, 2, 3)), x.mean((1, 2, 3))
    assert np.abs(mean - before).max() <= 0.5 and np.std(mean - before) > 0.2
    grey, grey_before = found.mean(3), x.mean(3)
    contrast = np.std(grey, (1, 2)) / np.std(grey_before, (1, 2))
    assert 0.5 <= contrast.min() < 0.6 and 1.4 < contrast.max() <= 1.5
    spread = (found - grey[..., None]).std((1, 2, 3))
    saturation = spread / (x - grey_before[..., None]).std((1, 2, 3)) / contrast
    assert 0 <= saturation.min() < 0.2 and 1.8 < saturation.max() <= 2.0001
    # Of one channel there is no saturation.
    single = changed(("colour",), x[..., :1])
    assert np.isfinite(single).all() and np.any(single != x[..., :1])


def test_an_example_is_changed_by_its_position_in_the_global_batch():
    x = images(16)
    parts = [changed(ALL, part, shard=(i, 2)) for i, part in enumerate((x[:8], x[8:]))]
    np.testing.assert_array_equal(np.concatenate(parts), changed(ALL, x))
    assert not np.array_equal(changed(ALL, x), changed(ALL, x, seed=1))


def test_gradients_pass_through():
    x = tf.Variable(images(16))
    augment = DifferentiableAugmentation((8, 8, 3), ALL)

    def total():
        return tf.reduce_sum(tf.square(augment(x, BatchDraws(0, 16))))

    with tf.GradientTape() as tape:
        value = total()
    gradient = tape.gradient(value, x)
    step = 1e-3 * tf.random.stateless_normal(x.shape, [0, 1])
    start = x.numpy()
    x.assign(start + step)
    above = total()
    x.assign(start - step)
    expected = (above - total()) / 2
    np.testing.assert_allclose(tf.reduce_sum(gradient * step), expected, rtol=2e-2)
    assert np.all(np.any(gradient.numpy() != 0, (1, 2, 3)))


@pytest.mark.parametrize("games", [("image",), ("pair",)])
def test_both_sides_are_changed_by_one_law_and_draws_of_their_own(games):
    settings = dict(games=games, augmentation="translation_cutout")
    model, plain = (tiny_model("gan", **s) for s in (settings, dict(games=games)))
    batch = model.batch(digits().train.images[:8])
    (game,), (before,) = model.games, plain.games
    augment = AUGMENTATIONS["translation_cutout"]((8, 8, 1))
    kept = []
    for name in ("real", "fake"):
        draws = BatchDraws(0, 8)
        x, *others = getattr(game, name)(batch, draws)
        again = BatchDraws(0, 8)
        clean, *same = getattr(before, name)(batch, again)
        # Behind the side's own draws stand those of the changes.
        np.testing.assert_array_equal(x, augment(clean, again))
        for here, there in zip(others, same, strict=True):
            np.testing.assert_array_equal(here, there)
        assert np.any(x != clean)
        kept.append(x.numpy() != 0)
    draws = BatchDraws(0, 8)
    real, fake = game.real(batch, draws)[0], game.fake(batch, draws)[0]
    assert np.any((real.numpy() != 0) != (fake.numpy() != 0))


@pytest.mark.parametrize("share", [False, True])
def test_the_generator_learns_through_the_changes(share):
    found = {}
    for name in ("none", "colour_translation_cutout"):
        model = tiny_model("gan", augmentation=name, share_samples=share)
        gradients = gradients_of(model, "adversarial", digits().train.images[:8])
        gradients = [np.ravel(g) for g in gradients if g is not None]
        found[name] = np.concatenate(gradients)
        assert np.isfinite(found[name]).all() and np.any(found[name])
    assert not np.allclose(*found.values())


def test_a_penalty_is_at_the_changed_images():
    """A linear t has gradient w at what it sees, also where pixels were cut out."""
    model = tiny_model("gan", augmentation="translation_cutout", penalty="r1")
    weight = tf.random.stateless_normal([8, 8, 1], [0, 1])
    (game,) = model.games
    object.__setattr__(
        game, "discriminator", lambda x, condition: tf.reduce_sum(weight * x, [1, 2, 3])
    )
    batch, draws = model.batch(digits().train.images[:8]), BatchDraws(0, 8)
    real, fake = game.real(batch, draws), game.fake(batch, draws)
    _, logs = game.discriminator_loss(real, fake, batch, draws)
    expected = 0.5 * tf.reduce_sum(weight**2)
    np.testing.assert_allclose(logs["penalty"], expected, rtol=1e-5)


def test_points_are_refused():
    with pytest.raises(ValueError, match=r"Received: image_shape=\(1, 1, 2\)"):
        DifferentiableAugmentation((1, 1, 2), ALL)


def test_a_game_of_codes_shows_no_images():
    with pytest.raises(ValueError, match="^augmentation needs .*games=.'code'"):
        tiny_config("av_gde", games=("code",)).replace(augmentation="translation")
