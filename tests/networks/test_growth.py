"""Growth by resolution: what a network is at the ends of each fade."""

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.networks import Decoder, Discriminator
from ade_tf.networks.growth import Growth, enlarge, halve
from tests.helpers.models import digits
from tests.networks.cases import perturb

SHAPE = (16, 16, 1)


def unit_digits(count=5):
    """Digits enlarged to the test's shape."""
    images = digits().train.images[:count] / 8.0 - 1.0
    return tf.image.resize(tf.constant(images, tf.float32), SHAPE[:2])


def at(growth, value):
    growth.value.assign(value)


def test_the_schedule():
    growth, found = Growth(2, 10), []
    for step in (0, 10, 15, 20, 30, 34, 40, 1000):
        growth.update(tf.constant(step, tf.int64))
        found.append(float(growth.value.numpy()))
    np.testing.assert_allclose(found, [0, 0, 0.5, 1, 1, 1.4, 2, 2], rtol=1e-5)
    assert growth.last_step == 40


def test_images_fade_in():
    growth, images = Growth(2, 10), unit_digits()
    coarse = enlarge(enlarge(halve(halve(images))))
    middle = enlarge(halve(images))
    for value, expected in ((0.0, coarse), (1.0, middle), (2.0, images)):
        at(growth, value)
        np.testing.assert_array_equal(growth.fade(images), expected)
    at(growth, 1.25)
    expected = 0.75 * middle + 0.25 * images
    np.testing.assert_allclose(growth.fade(images), expected, atol=1e-6)


@pytest.mark.parametrize("network", ["conv", "residual"])
def test_a_decoder_is_that_of_its_resolution(network):
    growth = Growth(2, 10)
    decoder = Decoder(SHAPE, 3, width=4, growth=growth, network=network)
    perturb(decoder)
    at(growth, 0.0)
    z = tf.random.stateless_normal([5, 3], [0, 1])

    def mean(value):
        at(growth, value)
        return decoder(z)[0].numpy()

    # At a whole number, the resolution below, enlarged, and nothing of what follows.
    for value, factor in ((0.0, 4), (1.0, 2)):
        small = mean(value)[:, ::factor, ::factor]
        blocks = np.repeat(np.repeat(small, factor, 1), factor, 2)
        np.testing.assert_array_equal(mean(value), blocks)
        assert small.std() > 1e-3
    # Grown, it is the decoder that never grew, of the same weights.
    plain = Decoder(SHAPE, 3, width=4, network=network)
    copy_named(decoder, plain)
    np.testing.assert_allclose(mean(2.0), plain(z)[0], atol=1e-6)
    between = 0.7 * mean(1.0) + 0.3 * mean(2.0)
    np.testing.assert_allclose(mean(1.3), between, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["dcgan", "residual"])
def test_a_discriminator_sees_what_has_grown(name):
    growth, images = Growth(2, 10), unit_digits()
    network = Discriminator(SHAPE, width=4, growth=growth, network=name)
    perturb(network)

    def logits(value, images=images):
        at(growth, value)
        return network(images).numpy()

    for value, coarse in ((0.0, halve(halve(images))), (1.0, halve(images))):
        while coarse.shape[1] < SHAPE[0]:
            coarse = enlarge(coarse)
        np.testing.assert_allclose(
            logits(value), logits(value, coarse), rtol=1e-4, atol=1e-5
        )
        assert np.abs(logits(value + 1.0) - logits(value)).max() > 1e-3
    plain = Discriminator(SHAPE, width=4, network=name)
    copy_named(network, plain)
    np.testing.assert_allclose(logits(2.0), plain(images), rtol=1e-4, atol=1e-5)


def copy_named(source, target):
    """Copies weights by their order; what only the source has stands behind it."""
    given = {}
    for attribute in (
        "_first",
        "_scales",
        "_mu",
        "_map",
        "_raw_sigma",
        "_body",
        "_last",
    ):
        parts = [getattr(source, attribute, None), getattr(target, attribute, None)]
        old, new = (flat_variables(part) for part in parts)
        assert [v.shape for v in old] == [v.shape for v in new]
        for here, there in zip(old, new, strict=True):
            there.assign(here)
            given[id(there)] = True
    assert all(id(v) in given for v in target.trainable_variables)


def flat_variables(part):
    if isinstance(part, tuple):
        return [v for own in part for v in flat_variables(own)]
    if hasattr(part, "trainable_variables"):
        return part.trainable_variables
    return [part] if hasattr(part, "assign") else []
