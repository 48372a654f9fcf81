"""ActNorm inside of the matrix of the convolution behind it."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from ade_tf import bijectors as adb
from ade_tf.bijectors.normalized_conv import NormalizedConv, folded
from tests.helpers.bijectors import perturb

SHAPE = (3, 2, 5)


def images(seed=5):
    return tf.constant(np.random.default_rng(seed).normal(size=(4, *SHAPE)))


def parts(parametrization="plu", per="channel"):
    norm = perturb(adb.ActNorm(SHAPE, per, dtype="float64"))
    conv = adb.InvertibleConv(SHAPE[-1], parametrization, dtype="float64")
    return [norm, perturb(conv, seed=1)]


@pytest.mark.parametrize("parametrization", ["plu", "dense"])
def test_it_is_one_after_the_other(parametrization):
    norm, conv = parts(parametrization)
    both = NormalizedConv(norm, conv)
    x = images()
    between, first = norm.inverse_and_log_det(x)
    y, second = conv.inverse_and_log_det(between)
    assert np.abs(y - x).max() > 0.5 and np.abs(first + second).max() > 0.5
    found, log_det = both.inverse_and_log_det(x)
    np.testing.assert_allclose(found, y, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(log_det, first + second, rtol=1e-10)
    back, log_det = both.forward_and_log_det(y)
    np.testing.assert_allclose(back, x, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(log_det, -first - second, rtol=1e-10)


def test_log_det_is_that_of_the_jacobian():
    both, x = NormalizedConv(*parts()), images()[:1]
    with tf.GradientTape() as tape:
        tape.watch(x)
        y, log_det = both.inverse_and_log_det(x)
    size = np.prod(SHAPE)
    jacobian = tf.reshape(tape.jacobian(y, x), [size, size])
    expected = tf.linalg.slogdet(jacobian)[1]
    np.testing.assert_allclose(log_det, [expected], rtol=1e-10)


def test_a_chain_folds_what_belongs_together():
    norm, conv = parts()
    other = parts()[0]
    assert folded([norm, conv]) == [NormalizedConv(norm, conv)]
    assert folded([conv, norm]) == [conv, norm]
    assert folded([other, norm, conv]) == [other, NormalizedConv(norm, conv)]
    assert folded([]) == []
    # The scale of a position does not go into a matrix of channels.
    assert folded(parts(per="position"))[0].per_channel is False
    inverted = tfp.bijectors.Invert(conv)
    assert folded([norm, inverted]) == [norm, inverted]


@pytest.mark.parametrize("direction", ["inverse", "forward"])
def test_images_of_other_sides_are_refused(direction):
    chain = adb.FusedChain(parts())
    run = getattr(chain, f"{direction}_and_log_det")
    with pytest.raises(ValueError, match="takes events of shape.*Received"):
        run(tf.zeros([4, 6, 2, SHAPE[-1]], "float64"))


@pytest.mark.parametrize("direction", ["inverse", "forward"])
def test_gradients_of_a_chain_are_those_of_the_parts(direction):
    chain = adb.FusedChain([*parts(), *parts("dense"), *parts(per="position")])
    x, weights = images(), images(6)

    def gradients(run):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y, log_det = run(x)
            loss = tf.reduce_sum(weights * y) + tf.reduce_sum(log_det)
        return [y, log_det, *tape.gradient(loss, [x, *chain.trainable_variables])]

    def one_by_one(x):
        total = 0.0
        way = iter if direction == "inverse" else reversed
        for bijector in way(chain.bijectors):
            x, log_det = getattr(bijector, f"{direction}_and_log_det")(x)
            total += log_det
        return x, total

    found = gradients(getattr(chain, f"{direction}_and_log_det"))
    for here, there in zip(found, gradients(one_by_one), strict=True):
        np.testing.assert_allclose(here, there, rtol=1e-9, atol=1e-9)
