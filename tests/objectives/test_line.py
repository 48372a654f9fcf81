"""The line example: data on the line x = 0, samples on x = theta, no overlap.

Wasserstein-1 is |theta| and has a slope; Jensen-Shannon is ln 2 whatever theta is.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ade_tf.networks import DISCRIMINATORS
from ade_tf.objectives import ADVERSARIES, interpolates


def points(theta, count=256):
    """Points of the line as `[1, 1, 2]` images, at random heights."""
    height = np.random.default_rng(0).uniform(size=[2, count])
    real, fake = (
        np.stack([np.full(count, x), y], 1).reshape(-1, 1, 1, 2).astype("float32")
        for x, y in zip((0.0, theta), height, strict=True)
    )
    return tf.constant(real), tf.constant(fake)


def trained(name, theta, steps, penalty_weight=0.0):
    """Returns the last losses of discriminator and generator, and theta's slope."""
    adversary = ADVERSARIES[name]
    network = DISCRIMINATORS["mlp"]((1, 1, 2), width=16)
    optimizer = keras.optimizers.Adam(0.01, beta_1=0.5)
    optimizer.build(network.trainable_variables)
    real, fake = points(theta)
    mix = tf.random.stateless_uniform([256, 1, 1, 1], [1, 2])

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = adversary.discriminator_loss(network(real), network(fake))
            total = loss
            if penalty_weight:
                total += penalty_weight * interpolates(network, real, fake, mix)
        variables = network.trainable_variables
        gradients = tape.gradient(total, [v.value for v in variables])
        optimizer.apply(gradients, variables)
        return loss

    for _ in range(steps):
        loss = step()
    shift = tf.Variable(0.0)
    with tf.GradientTape() as tape:
        moved = fake + tf.constant([1.0, 0.0]) * shift
        generator = adversary.generator_loss(network(moved))
    return float(loss), float(tape.gradient(generator, shift))


@pytest.mark.parametrize("theta", [1.0, -0.5])
def test_the_wasserstein_critic_finds_the_distance_and_the_way(theta):
    """With weight c the penalised critic's slope is 1 + |theta| / (2 c)."""
    loss, slope = trained("wasserstein", theta, 200, penalty_weight=10.0)
    steep = 1 + abs(theta) / 20
    assert -loss == pytest.approx(abs(theta) * steep, rel=0.05)
    assert slope == pytest.approx(np.sign(theta) * steep, rel=0.1)


def test_the_cross_entropy_finds_ln_two_and_no_way():
    loss, slope = trained("saturating", 1.0, 200)
    jensen_shannon = np.log(2) - loss / 2
    assert jensen_shannon == pytest.approx(np.log(2), abs=2e-3)
    assert abs(slope) < 0.03


def test_a_linear_critic_of_slope_one_is_the_distance():
    for theta in (-2.0, 0.3, 5.0):
        real, fake = points(theta)
        logits = [-np.sign(theta) * x[:, 0, 0, 0] for x in (real, fake)]
        loss = ADVERSARIES["wasserstein"].discriminator_loss(*logits)
        np.testing.assert_allclose(-loss, abs(theta), rtol=1e-6)
