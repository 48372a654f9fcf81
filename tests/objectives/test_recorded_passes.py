import numpy as np
import tensorflow as tf

from ade_tf.objectives import PENALTIES, RecordedPasses


class Counted:
    """Logit scale / 2 ||x||^2, of gradient scale * x; counts its runs."""

    def __init__(self):
        self.scale = tf.Variable(1.5, dtype=tf.float64)
        self.runs = 0

    def __call__(self, images):
        self.runs += 1
        return self.scale / 2 * tf.reduce_sum(images**2, [1, 2, 3])


REAL, FAKE = map(tf.constant, np.random.default_rng(0).normal(size=[2, 5, 4, 3, 2]))
MIX = tf.fill([5, 1, 1, 1], tf.constant(0.5, tf.float64))


def losses(judge, penalty):
    """A loss of both logits and of the penalty, as a discriminator has it."""
    real, fake = judge(REAL), judge(FAKE)
    loss = tf.reduce_mean(tf.exp(0.01 * real)) + tf.reduce_mean(fake)
    return loss + PENALTIES[penalty](judge, REAL, FAKE, MIX)


def test_shared_passes_have_the_loss_and_the_gradients_of_separate_ones():
    runs = {}
    for penalty in ("r1", "r2", "r1_r2", "interpolates"):
        apart, shared = Counted(), Counted()
        found = []
        for network, judge in ((apart, apart), (shared, RecordedPasses(shared))):
            with tf.GradientTape() as tape:
                loss = losses(judge, penalty)
            found.append((loss, tape.gradient(loss, network.scale)))
        np.testing.assert_allclose(*found, rtol=1e-12)
        runs[penalty] = (apart.runs, shared.runs)
    assert runs == {"r1": (3, 2), "r2": (3, 2), "r1_r2": (4, 2), "interpolates": (3, 3)}


def test_images_are_constants():
    network = Counted()
    images = tf.identity(REAL)
    with tf.GradientTape() as tape:
        tape.watch(images)
        penalty = PENALTIES["r1"](RecordedPasses(network), images, FAKE, MIX)
    assert tape.gradient(penalty, images) is None


def test_a_pass_serves_one_gradient_and_another_is_made():
    network = Counted()
    passes = RecordedPasses(network)
    passes(REAL)
    for runs in (1, 2):
        np.testing.assert_allclose(passes.gradient(REAL), 1.5 * REAL, rtol=1e-12)
        assert network.runs == runs
