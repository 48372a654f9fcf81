"""Statistics of a discriminator's batch against their formulas, set by set."""

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.networks import DISCRIMINATORS
from ade_tf.networks.minibatch import (
    STATISTICS,
    MinibatchDiscrimination,
    MinibatchStddev,
)
from tests.helpers.models import digits
from tests.networks.cases import perturb


def unit_digits(start, count):
    images = digits().train.images[start : start + count]
    return tf.constant(images / 8.0 - 1.0, tf.float32)


def test_the_formulas():
    h = np.random.default_rng(0).normal(size=[2, 5, 7]).astype(np.float32)
    found = MinibatchStddev(7)(h)
    assert found.shape == (2, 5, 1)
    np.testing.assert_allclose(found[:, 3, 0], h.std(axis=1).mean(-1), rtol=1e-5)
    layer = MinibatchDiscrimination(7)
    rows = layer.projection(h).numpy().reshape(2, 5, 32, 4)
    expected = np.zeros([2, 5, 32])
    for s, i, j in np.ndindex(2, 5, 5):
        if i != j:
            expected[s, i] += np.exp(-np.abs(rows[s, i] - rows[s, j]).sum(-1)) / 4
    np.testing.assert_allclose(layer(h), expected, rtol=1e-4, atol=1e-6)
    # Copies are as near as can be.
    copies = tf.repeat(tf.constant(h[:, :1]), 5, axis=1)
    np.testing.assert_allclose(layer(copies), 1.0, rtol=1e-5)


@pytest.mark.parametrize("kind", STATISTICS)
@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_an_image_is_judged_by_its_set(name, kind):
    network = DISCRIMINATORS[name]((8, 8, 1), width=4, minibatch_statistics=kind)
    perturb(network)
    first, second = unit_digits(0, 6), unit_digits(6, 6)
    # Two sets at once are two sets one by one; as one set they are another thing.
    both = network(tf.concat([first, second], 0), set_size=6)
    apart = tf.concat([network(first), network(second)], 0)
    np.testing.assert_allclose(both, apart, rtol=1e-4, atol=1e-5)
    assert np.abs(network(tf.concat([first, second], 0)) - apart).max() > 1e-4
    # One image among copies of itself is judged otherwise than among others.
    copies = tf.repeat(first[:1], 6, axis=0)
    assert abs(float(network(copies)[0] - network(first)[0])) > 1e-4
    turned = network(first[::-1])[::-1]
    np.testing.assert_allclose(network(first), turned, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", STATISTICS)
def test_a_batch_of_copies_has_finite_gradients(kind):
    network = DISCRIMINATORS["dcgan"]((8, 8, 1), width=4, minibatch_statistics=kind)
    copies = tf.repeat(unit_digits(0, 1), 4, axis=0)
    with tf.GradientTape() as tape:
        tape.watch(copies)
        logits = network(copies)
    assert np.isfinite(tape.gradient(logits, copies)).all()
    names = [v.path for v in network.trainable_variables]
    assert len(names) == len(set(names))
    projection = 32 * 4 * (2 * 2 * 16 + 1)
    added = (
        network.count_params()
        - DISCRIMINATORS["dcgan"]((8, 8, 1), width=4).count_params()
    )
    assert added == (1 if kind == "stddev" else projection + 32)
