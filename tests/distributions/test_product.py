"""The product of experts, in closed form and pointwise."""

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.distributions import DiagonalGaussian, Normal
from ade_tf.distributions.product import ProductEncoder, product_with_prior
from tests.helpers.models import digits, perturb

GENERATOR = np.random.default_rng(0)


def test_one_expert_and_the_prior_are_the_closed_form():
    mean, scale = GENERATOR.normal(size=[4, 3]), GENERATOR.uniform(0.2, 3, [4, 3])
    found = product_with_prior([(tf.constant(mean), tf.constant(scale**-2.0))])
    np.testing.assert_allclose(found.mean(), mean / (1 + scale**2), rtol=1e-12)
    expected = scale / np.sqrt(1 + scale**2)
    np.testing.assert_allclose(found.stddev(), expected, rtol=1e-12)


def test_the_product_is_that_of_the_densities_but_for_a_constant():
    experts = [
        (
            tf.constant(GENERATOR.normal(size=[1, 2])),
            tf.constant([[0.5, 4.0]], "double"),
        )
        for _ in range(2)
    ]
    z = tf.constant(GENERATOR.normal(size=[20, 2]))
    log_p = Normal(tf.zeros([1, 2], "double"), tf.ones([], "double")).log_prob(z)
    for mean, precision in experts:
        log_p += Normal(mean, precision**-0.5).log_prob(z)
    difference = (product_with_prior(experts).log_prob(z) - log_p).numpy()
    np.testing.assert_allclose(difference, difference[0], rtol=1e-9)


@pytest.fixture(scope="module")
def encoder():
    layer = ProductEncoder((8, 8, 1), DiagonalGaussian(3), 10, width=8)
    perturb(layer, 0.3)
    return layer


def test_what_is_missing_has_no_say(encoder):
    images = digits().train.images[:4].astype(np.float32) / 8.5 - 1.0
    labels = tf.one_hot([3, -1, 7, -1], 10)
    both, image = encoder.density(images, labels), encoder.density(images)
    label = encoder.density(condition=labels)
    for here, there in ((both, image), (label, Normal(tf.zeros([4, 3]), 1.0))):
        for one, other in (
            (here.mean(), there.mean()),
            (here.stddev(), np.broadcast_to(there.stddev(), [4, 3])),
        ):
            same = np.isclose(one, other, rtol=1e-6).all(1)
            assert same.tolist() == [False, True, False, True]
    precision = both.stddev() ** -2.0
    expected = image.stddev() ** -2.0 + label.stddev() ** -2.0 - 1.0
    np.testing.assert_allclose(precision, expected, rtol=1e-4)


def test_the_whole_evidence_is_narrower_than_its_parts(encoder):
    images = np.zeros([10, 8, 8, 1], np.float32)
    labels = tf.eye(10)
    both = encoder.density(images, labels).stddev().numpy()
    for part in (encoder.density(images), encoder.density(condition=labels)):
        assert np.all(both < part.stddev())
        assert np.all(part.stddev() < 1.0)
