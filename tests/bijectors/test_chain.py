"""FusedChain against TFP's chain, and what it refuses."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from ade_tf import bijectors as adb
from tests.helpers.bijectors import perturb

tfb = tfp.bijectors

SHAPE = (2, 2, 3)


def parts():
    coupling = perturb(adb.Coupling(SHAPE, adb.channel_mask(SHAPE), width=4))
    norm = perturb(adb.ActNorm(SHAPE), seed=1)
    return [tfb.Scale(-2.0), coupling, tfb.Invert(norm)]


def images():
    return tf.constant(np.random.default_rng(5).normal(size=(3, *SHAPE)), "float32")


def test_it_equals_tfps_chain_in_a_graph():
    bijectors = parts()
    fused, plain = adb.FusedChain(bijectors), tfb.Chain(bijectors)
    assert fused.bijectors == tuple(bijectors)

    @tf.function
    def by_tfp(x):
        return [
            plain.inverse(x),
            plain.inverse_log_det_jacobian(x, event_ndims=3),
            plain.forward(x),
            plain.forward_log_det_jacobian(x, event_ndims=3),
        ]

    x = images()
    expected = [*fused.inverse_and_log_det(x), *fused.forward_and_log_det(x)]
    for value, other in zip(by_tfp(x), expected, strict=True):
        np.testing.assert_allclose(value, other, rtol=1e-5, atol=1e-5)


def test_foreign_variables_are_read_anew():
    scale = tf.Variable(2.0)
    chain = adb.FusedChain([tfb.Chain([tfb.Scale(scale)])])
    x = images()
    chain.inverse_and_log_det(x)
    scale.assign(4.0)
    y, log_det = chain.inverse_and_log_det(x)
    np.testing.assert_allclose(y, x / 4.0)
    np.testing.assert_allclose(log_det, np.full(3, -12 * np.log(4.0)), rtol=1e-6)


def test_initialisation_goes_from_the_image_on():
    first, second = adb.ActNorm(SHAPE), adb.ActNorm(SHAPE)
    chain = adb.FusedChain([first, tfb.Scale(3.0), adb.FusedChain([second])])
    y = chain.initialize(5.0 * images() - 2.0)
    assert first.initialized == second.initialized == 1
    np.testing.assert_allclose(np.mean(y, (0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(np.std(y, (0, 1, 2)), 1, atol=1e-5)
    middle = first.inverse(5.0 * images() - 2.0)
    np.testing.assert_allclose(np.std(middle, (0, 1, 2)), 1, atol=1e-5)


def test_the_jacobian_is_constant_if_all_are():
    assert adb.FusedChain([adb.ActNorm(SHAPE), tfb.Scale(2.0)]).is_constant_jacobian
    assert not adb.FusedChain(parts()).is_constant_jacobian


def test_errors_state_the_rule():
    with pytest.raises(TypeError, match="made of tfb.Bijectors. Received: .*str"):
        adb.FusedChain(["scale"])
    with pytest.raises(ValueError, match="one dtype. Received: dtype=float32, float64"):
        adb.FusedChain([adb.ActNorm(SHAPE), adb.ActNorm(SHAPE, dtype="float64")])
