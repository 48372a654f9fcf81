"""Copies of trained bijectors: which share their variables, and which hold values."""

import copy
import pickle

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from ade_tf import bijectors
from ade_tf.bijectors import (
    ActNorm,
    Coupling,
    FusedChain,
    InvertibleConv,
    Residual,
    channel_mask,
)

SHAPE = (4, 4, 4)
X = np.random.default_rng(0).normal(size=(8, *SHAPE)).astype(np.float32) * 3 + 1
MAKERS = {
    "actnorm": lambda: ActNorm(SHAPE),
    "per position": lambda: ActNorm(SHAPE, "position"),
    "plu": lambda: InvertibleConv(4),
    "dense": lambda: InvertibleConv(4, "dense"),
    "coupling": lambda: Coupling(SHAPE, channel_mask(SHAPE), width=8),
    "spline": lambda: Coupling(
        SHAPE, channel_mask(SHAPE), transform="spline", width=8, position_maps=True
    ),
    "residual": lambda: Residual(SHAPE, width=8),
    "chain": lambda: FusedChain([ActNorm(SHAPE), InvertibleConv(4)]),
}


def perturb(bijector, seed):
    generator = np.random.default_rng(seed)
    for variable in bijector.trainable_variables:
        variable.assign_add(generator.normal(0.0, 0.1, variable.shape))


def trained(name):
    bijector = MAKERS[name]()
    bijector.initialize(X)
    perturb(bijector, 1)
    return bijector


def answers(bijector):
    return [
        *bijector.inverse_and_log_det(X),
        bijector.forward(X),
        bijector.forward_log_det_jacobian(X, 3),
    ]


def check_equal(first, second):
    for one, other in zip(answers(first), answers(second), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", MAKERS)
def test_a_copy_shares_what_is_learnt(name):
    bijector = trained(name)
    for found in (bijector.copy(), copy.copy(bijector), bijector.copy(name="other")):
        assert type(found) is type(bijector) and found is not bijector
        check_equal(found, bijector)
        perturb(bijector, 2)
        check_equal(found, bijector)
        assert [v.ref() for v in found.variables] == [
            v.ref() for v in bijector.variables
        ]
    assert found.name == "other" != bijector.name
    assert found.parameters["name"] == "other"


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("way", ["deepcopy", "pickle"])
def test_a_deep_copy_has_the_values_of_the_moment(name, way):
    bijector = trained(name)
    if way == "deepcopy":
        found = copy.deepcopy(bijector)
    else:
        found = pickle.loads(pickle.dumps(bijector))
    before = [np.array(value) for value in answers(bijector)]
    perturb(bijector, 2)
    for one, other in zip(answers(found), before, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)
    assert not np.allclose(answers(bijector)[0], before[0], atol=1e-3)
    perturb(found, 2)
    check_equal(found, bijector)


def test_a_tfp_bijector_of_variables_is_copied_alike():
    """What users of TFP know: a copy shares, a deep copy does not."""
    shift = tfp.bijectors.Shift(tf.Variable(1.0))
    shared, own = shift.copy(), copy.deepcopy(shift)
    shift.shift.assign(3.0)
    assert (float(shared.forward(0.0)), float(own.forward(0.0))) == (3.0, 1.0)


@pytest.mark.parametrize("name", ["glow", "real_nvp"])
@pytest.mark.parametrize(
    "way", [copy.deepcopy, lambda b: pickle.loads(pickle.dumps(b))]
)
def test_a_whole_flow_is_copied(name, way):
    settings = dict(steps=(1, 1), width=8)
    flow = getattr(bijectors, name)(SHAPE, **settings)
    flow.initialize(X)
    perturb(flow, 1)
    found = way(flow)
    assert len(found.variables) == len(flow.variables) > 8
    check_equal(found, flow)
    for one, other in zip(found.variables, flow.variables, strict=True):
        assert one is not other


@pytest.mark.parametrize("name", ["actnorm", "plu", "coupling"])
def test_a_copy_with_other_arguments_is_refused(name):
    bijector = trained(name)
    with pytest.raises(ValueError, match="only `name` may change.*Received: dtype"):
        bijector.copy(dtype="float64")
