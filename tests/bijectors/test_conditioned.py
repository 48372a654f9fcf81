import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from ade_tf import bijectors as adb
from tests.helpers.bijectors import jacobian_log_det, perturb

tfd = tfp.distributions
SHAPE = (4, 4, 1)
FLOWS = {
    "glow": dict(steps=(1, 1), learned_prior=True),
    "real_nvp": dict(steps=(1,), actnorm="none"),
    "spline": dict(steps=(1,), coupling="spline", network="mlp"),
}


def flow_of(name, classes=3):
    make = adb.real_nvp if name == "real_nvp" else adb.glow
    flow = make(
        SHAPE, width=4, condition_shape=(classes,), dtype="float64", **FLOWS[name]
    )
    return perturb(flow, scale=0.3)


def draws(count, seed=0):
    return tf.constant(np.random.default_rng(seed).normal(size=(count, *SHAPE)))


def one_hot(*labels):
    return tf.one_hot(labels, 3, dtype=tf.float64)


@pytest.mark.parametrize("name", FLOWS)
def test_the_log_det_given_a_class_is_that_of_the_jacobian(name):
    flow, labels = flow_of(name), one_hot(0, 2)
    # The same image under two classes.
    x = tf.repeat(draws(1), 2, axis=0)
    features = flow.inverse(x, condition=labels)
    log_det = flow.inverse_log_det_jacobian(x, event_ndims=3, condition=labels)
    expected = jacobian_log_det(lambda x, c: flow.inverse(x, condition=c), x, labels)
    np.testing.assert_allclose(log_det, expected, rtol=1e-7, atol=1e-9)
    assert abs(expected[0] - expected[1]) > 1e-3
    assert np.abs(features[0] - features[1]).max() > 1e-3
    # A new tensor, which no cache has met.
    back = flow.forward(tf.identity(features), condition=labels)
    np.testing.assert_allclose(back, x, atol=1e-6)
    down = flow.forward_log_det_jacobian(
        tf.identity(features), event_ndims=3, condition=labels
    )
    np.testing.assert_allclose(down, -expected, rtol=1e-6, atol=1e-6)


def test_a_distribution_of_a_conditioned_flow_is_one_given_each_class():
    flow, labels = flow_of("glow"), one_hot(1, 0, 2)
    base = tfd.Independent(tfd.Normal(tf.zeros([3, *SHAPE], tf.float64), 1.0), 3)
    density = tfd.TransformedDistribution(base, adb.Conditioned(flow, labels))
    x = draws(3)
    y = flow.inverse(x, condition=labels).numpy()
    gaussian = -0.5 * np.sum(y**2 + np.log(2 * np.pi), axis=(1, 2, 3))
    jacobian = jacobian_log_det(lambda x, c: flow.inverse(x, condition=c), x, labels)
    np.testing.assert_allclose(density.log_prob(x), gaussian + jacobian, rtol=1e-9)
    # Samples have a leading dimension, over which the classes are repeated.
    many = density.sample(2, seed=1)
    assert many.shape == (2, 3, *SHAPE)
    apart = [flow.inverse(part, condition=labels) for part in many]
    one_by_one = [density.log_prob(part) for part in many]
    np.testing.assert_allclose(density.log_prob(many), one_by_one, rtol=1e-9)
    assert np.std(apart) == pytest.approx(1.0, abs=0.2)


def test_its_parameters_are_the_bijectors():
    flow = flow_of("real_nvp")
    held = adb.Conditioned(flow, one_hot(0))
    assert {id(v) for v in held.trainable_variables} == {
        id(v) for v in flow.trainable_variables
    }
    before = held.inverse(draws(1)).numpy()
    for variable in flow.trainable_variables:
        variable.assign_add(0.1 * tf.ones_like(variable))
    assert np.abs(held.inverse(draws(1)) - before).max() > 1e-4


def test_a_second_condition_is_refused():
    held = adb.Conditioned(flow_of("real_nvp"), one_hot(0))
    with pytest.raises(ValueError, match=r"given no other. Received.*\(1, 3\)"):
        held.inverse(draws(1), condition=one_hot(1))
