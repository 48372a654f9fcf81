import numpy as np
import pytest
import tensorflow as tf

from ade_tf.objectives import ADVERSARIES, MixedBatch, SeparateBatch

SEPARABLE = [name for name, a in ADVERSARIES.items() if not a.paired]
RNG = np.random.default_rng(0)
REAL, FAKE = (tf.constant(RNG.normal(size=[12, 2, 3, 1]) + s) for s in (10, -10))


def mixed(group, seed=0):
    uniform = np.random.default_rng(seed).uniform(size=[12, 2])
    return MixedBatch(tf.constant(uniform), group)


def shares(images, group):
    """Share of real images (they are positive) in each group."""
    return (images.numpy()[:, 0, 0, 0] > 0).reshape(-1, group).mean(1)


def test_every_image_is_used_once_and_groups_have_their_complement():
    images = mixed(4).join(REAL, FAKE)
    both = np.concatenate([REAL, FAKE]).reshape(24, -1)
    np.testing.assert_array_equal(
        np.unique(images.numpy().reshape(24, -1), axis=0), np.unique(both, axis=0)
    )
    first, second = shares(images[:12], 4), shares(images[12:], 4)
    np.testing.assert_allclose(first + second, 1.0)
    assert 0.0 < first.std()


def test_split_undoes_join():
    batch = mixed(4)
    logits = tf.reduce_sum(batch.join(REAL, FAKE), [1, 2, 3])
    for found, images in zip(batch.split(logits), (REAL, FAKE), strict=True):
        np.testing.assert_array_equal(found, tf.reduce_sum(images, [1, 2, 3]))


def test_the_parts_of_a_side_are_mixed_alike():
    z = tf.constant(np.arange(24.0).reshape(2, 12, 1))
    real, fake = (REAL, z[0]), (FAKE, z[1])
    for batch in (mixed(4), SeparateBatch()):
        images, codes = batch.join(real, fake)
        np.testing.assert_array_equal(images, batch.join(REAL, FAKE))
        for found, side in zip(batch.split(codes[:, 0]), z, strict=True):
            np.testing.assert_array_equal(found, side[:, 0])


@pytest.mark.parametrize("name", SEPARABLE)
def test_losses_by_the_share_of_real_images(name):
    adversary, batch = ADVERSARIES[name], mixed(4)
    images = batch.join(REAL, FAKE)
    logits = tf.constant(RNG.normal(size=24))
    share = np.repeat(shares(images, 4), 4)
    real, fake, generated = (
        f(logits).numpy() for f in (adversary.real, adversary.fake, adversary.generated)
    )
    real_logits, fake_logits = batch.split(logits)
    np.testing.assert_allclose(
        batch.discriminator_loss(adversary, real_logits, fake_logits),
        2 * np.mean(share * real + (1 - share) * fake),
    )
    np.testing.assert_allclose(
        batch.generator_loss(adversary, fake_logits, real_logits),
        2 * np.mean((1 - share) * generated),
    )


@pytest.mark.parametrize("name", SEPARABLE)
def test_groups_of_one_are_the_adversary_itself(name):
    adversary, batch = ADVERSARIES[name], mixed(1)
    real, fake = (tf.constant(RNG.normal(size=12)) for _ in range(2))
    np.testing.assert_allclose(
        batch.discriminator_loss(adversary, real, fake),
        adversary.discriminator_loss(real, fake),
    )
    np.testing.assert_allclose(
        batch.generator_loss(adversary, fake, real), adversary.generator_loss(fake)
    )


def test_the_best_guess_under_cross_entropy_is_the_ratio():
    ratio, t = 0.3, tf.Variable(np.log(0.3 / 0.7))
    adversary = ADVERSARIES["log_ratio"]
    with tf.GradientTape() as tape:
        loss = ratio * adversary.real(t) + (1 - ratio) * adversary.fake(t)
    assert abs(tape.gradient(loss, t)) < 1e-6


def test_all_counts_are_equally_likely():
    uniform = np.random.default_rng(1).uniform(size=[4 * 5000, 2])
    batch = MixedBatch(tf.constant(uniform), 4)
    ones = tf.ones([4 * 5000, 1, 1, 1])
    count = 4 * shares(batch.join(ones, -ones)[: 4 * 5000], 4)
    np.testing.assert_allclose(np.bincount(count.astype(int)) / 5000, 0.2, atol=0.02)
