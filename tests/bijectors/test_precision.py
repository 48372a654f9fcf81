"""Flows whose networks compute in bfloat16."""

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.bijectors import FEATURE_MAPS, Coupling, channel_mask, checkerboard_mask
from ade_tf.networks import PRECISIONS
from tests.helpers.bijectors import (
    copy_weights,
    jacobian_log_det,
    perturb,
    round_trip,
)

SHAPE = (4, 4, 2)
MIXED = PRECISIONS["bfloat16"]
FLOWS = ("glow", "real_nvp")
SETTINGS = dict(width=8, position_maps=True, network_dtype=MIXED)


def multiscale(name, **settings):
    keywords = dict(steps=(2, 2), learned_prior=True, **{**SETTINGS, **settings})
    return FEATURE_MAPS[name](SHAPE, **keywords)


def images(batch=3):
    return tf.random.normal([batch, *SHAPE])


@pytest.mark.parametrize("direction", ["forward_and_log_det", "inverse_and_log_det"])
@pytest.mark.parametrize("transform", ["additive", "affine", "spline"])
@pytest.mark.parametrize("make_mask", [channel_mask, checkerboard_mask])
def test_a_couplings_log_det_is_that_of_its_jacobian(make_mask, transform, direction):
    coupling = Coupling(SHAPE, make_mask(SHAPE), transform=transform, **SETTINGS)
    run = getattr(perturb(coupling, 0.3), direction)
    x = images()
    y, log_det = run(x)
    assert y.dtype == log_det.dtype == tf.float32
    # No looser than in float32: the Jacobian is triangular, and its diagonal exact.
    expected = jacobian_log_det(lambda x, _: run(x)[0], x)
    np.testing.assert_allclose(log_det, expected, atol=1e-4)


@pytest.mark.parametrize("name", FLOWS)
def test_a_flows_log_det_is_that_of_its_jacobian(name):
    flow, x = perturb(multiscale(name), 0.1), images()
    y, log_det = flow.inverse_and_log_det(x)
    assert y.dtype == log_det.dtype == tf.float32
    expected = jacobian_log_det(lambda x, _: flow.inverse_and_log_det(x)[0], x)
    # Gradients on their way through all couplings are rounded; the log-det is not.
    np.testing.assert_allclose(log_det, expected, atol=0.03)


@pytest.mark.parametrize("name", FLOWS)
def test_only_the_networks_are_rounded(name):
    exact = perturb(multiscale(name, network_dtype=None), 0.1)
    mixed = copy_weights(exact, multiscale(name))
    assert {v.dtype for v in mixed.variables} == {tf.float32}
    x = images(64)
    found = [flow.inverse_and_log_det(x) for flow in (exact, mixed)]
    for there, here in zip(*found, strict=True):
        error = np.linalg.norm(here - there) / np.linalg.norm(there)
        assert 1e-5 < error < 0.03
    # As new, the networks are zero, and nothing is left to be rounded.
    new = [multiscale(name, network_dtype=dtype) for dtype in (None, MIXED)]
    copy_weights(*new)
    np.testing.assert_allclose(*(flow.inverse(x) for flow in new), atol=1e-6)


@pytest.mark.parametrize("first", ["inverse", "forward"])
@pytest.mark.parametrize("name", FLOWS)
def test_round_trips_are_off_by_what_the_coupling_says(name, first):
    exact = perturb(multiscale(name, network_dtype=None), 0.03)
    mixed = copy_weights(exact, multiscale(name))
    start = images(1000)
    assert round_trip(exact, start, first=first) < 1e-5
    assert round_trip(mixed, start, first=first) < 0.02


def test_float64_has_no_networks_in_bfloat16():
    for build in (
        lambda: Coupling(SHAPE, channel_mask(SHAPE), dtype="float64", **SETTINGS),
        lambda: multiscale("glow", dtype="float64"),
        lambda: multiscale("real_nvp", dtype="float64"),
    ):
        with pytest.raises(ValueError, match=r"Received: network_dtype='mixed_bf.*64"):
            build()
