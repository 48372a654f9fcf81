import numpy as np
import pytest
import tensorflow as tf

from ade_tf.bijectors import Coupling
from ade_tf.bijectors.masks import channel_mask, checkerboard_mask
from ade_tf.config.flows import COUPLINGS
from tests.helpers.bijectors import perturb

SHAPE = (4, 3, 3)
MASKS = {
    f"{make.__name__}-{parity}": make(SHAPE, parity)
    for make in (channel_mask, checkerboard_mask)
    for parity in (0, 1)
}
every_mask = pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
every_transform = pytest.mark.parametrize("transform", COUPLINGS)


def make(mask, transform, **settings):
    return perturb(Coupling(SHAPE, mask, transform=transform, width=8, **settings), 0.3)


def with_constant_output(mask, transform, values, **settings):
    """A coupling whose network gives `values` everywhere, whatever it sees."""
    coupling = Coupling(SHAPE, mask, transform=transform, width=8, **settings)
    coupling.keras_layers[0].weights[-1].assign(values)
    return coupling


def images(batch=5):
    return tf.random.normal([batch, *SHAPE])


@every_mask
@every_transform
def test_keeps_one_part_and_changes_the_other(mask, transform):
    coupling, x = make(mask, transform), images()
    for y, _ in (coupling.inverse_and_log_det(x), coupling.forward_and_log_det(x)):
        np.testing.assert_array_equal(y.numpy()[:, mask], x.numpy()[:, mask])
        assert np.all(y.numpy()[:, ~mask] != x.numpy()[:, ~mask])


@every_mask
def test_the_network_sees_the_kept_part_only(mask):
    coupling, x = make(mask, "affine"), images()
    moved = tf.where(mask, x, x + 1.0)
    y, log_det = coupling.inverse_and_log_det(x)
    y_moved, log_det_moved = coupling.inverse_and_log_det(moved)
    np.testing.assert_array_equal(log_det, log_det_moved)
    # Had the shift changed, this ratio (the scales) would not give the log-det.
    log_scales = np.log((y_moved - y).numpy()[:, ~mask])
    np.testing.assert_allclose(log_scales.sum(1), log_det, atol=1e-4)


@every_mask
@pytest.mark.parametrize("transform", [t for t in COUPLINGS if t != "sigmoidal"])
def test_starts_as_the_identity(mask, transform):
    x = images()
    y, log_det = Coupling(SHAPE, mask, transform=transform).inverse_and_log_det(x)
    np.testing.assert_allclose(y, x, atol=2e-6)
    np.testing.assert_allclose(log_det, 0, atol=1e-5)


@every_mask
def test_additive_has_log_det_zero(mask):
    coupling, x = make(mask, "additive"), images()
    for _, log_det in (
        coupling.inverse_and_log_det(x),
        coupling.forward_and_log_det(x),
    ):
        np.testing.assert_array_equal(log_det, np.zeros(5))


@every_mask
def test_affine_formula(mask):
    changed = int((~mask[0, 0]).sum()) if np.all(mask == mask[0, 0]) else SHAPE[-1]
    shift, r = 0.7, -1.1
    coupling = with_constant_output(
        mask, "affine", [shift] * changed + [r] * changed, log_scale_bound=1.5
    )
    x = images()
    y, log_det = coupling.inverse_and_log_det(x)
    log_scale = 1.5 * np.tanh(r / 1.5)
    np.testing.assert_allclose(
        y.numpy()[:, ~mask],
        (x.numpy()[:, ~mask] + shift) * np.exp(log_scale),
        rtol=1e-5,
    )
    np.testing.assert_allclose(log_det, [log_scale * (~mask).sum()] * 5, rtol=1e-5)


@every_mask
@pytest.mark.parametrize("transform", ["affine", "spline"])
@pytest.mark.parametrize("size", [1e3, -1e3])
def test_huge_network_outputs_stay_bounded(mask, transform, size):
    coupling = make(mask, transform)
    output_bias = coupling.keras_layers[0].weights[-1]
    output_bias.assign(tf.fill(output_bias.shape, size))
    per_entry = 2.0 if transform == "affine" else 2.0 + 4.0 + 2.0
    x = images()
    for direction in (coupling.inverse_and_log_det, coupling.forward_and_log_det):
        y, log_det = direction(x)
        assert np.all(np.isfinite(y))
        assert np.all(np.abs(log_det) <= per_entry * (~mask).sum() + 1e-3)
        assert np.any(np.abs(log_det) > 1.0)


@every_mask
def test_a_condition_changes_the_output(mask):
    coupling, x = make(mask, "affine", condition_shape=(2,)), images()
    y = [coupling.inverse(x, condition=tf.fill([5, 2], value)) for value in (0.0, 1.0)]
    assert np.max(np.abs(y[0] - y[1])) > 1e-3


@pytest.mark.parametrize("direction", ["inverse_and_log_det", "forward_and_log_det"])
def test_the_network_runs_once(direction):
    coupling = make(channel_mask(SHAPE), "affine")
    graph = tf.function(getattr(coupling, direction)).get_concrete_function(
        tf.TensorSpec([None, *SHAPE])
    )
    kinds = [operation.type for operation in graph.graph.get_operations()]
    assert kinds.count("Conv2D") == len(
        [v for v in coupling.trainable_variables if v.shape.rank == 4]
    )


def test_channel_networks_are_no_larger_than_the_kept_half():
    kernels = make(channel_mask(SHAPE), "affine").trainable_variables
    assert kernels[0].shape == (3, 3, 2, 8)
    assert kernels[-2].shape == (3, 3, 8, 2)


@pytest.mark.parametrize(
    ("mask", "settings", "message"),
    [
        (
            channel_mask((4, 3, 2)),
            {},
            r"shape \(4, 3, 3\). Received: shape=\(4, 3, 2\)",
        ),
        (np.ones(SHAPE), {}, r"bool array .* Received: .* dtype=float64"),
        (np.ones(SHAPE, bool), {}, r"change the others. Received: 36 kept of 36"),
        (
            np.broadcast_to([True, False, True], SHAPE),
            {},
            r"a first and a last group.* Received: a mask that keeps 24 of 36",
        ),
        (
            channel_mask(SHAPE),
            {"transform": "cubic"},
            r"one of \['additive', 'affine', 'sigmoidal', 'spline'\]. "
            "Received: transform=cubic",
        ),
        (
            channel_mask(SHAPE),
            {"network": "big"},
            r"`network` must be one of .*'conv'.* Received: network=big",
        ),
        (
            channel_mask(SHAPE),
            {"log_scale_bound": 0.0},
            r"must be positive. Received: log_scale_bound=0.0",
        ),
        (
            channel_mask(SHAPE),
            {"transform": "spline", "spline_bins": 1},
            r"at least two bins .*Received: spline_bins=1",
        ),
    ],
)
def test_refusals(mask, settings, message):
    with pytest.raises(ValueError, match=message):
        Coupling(SHAPE, mask, **settings)


@pytest.mark.parametrize(
    "settings", [{"spline_bins": 4}, {"transform": "additive", "log_scale_bound": 1.0}]
)
def test_a_transform_gets_its_own_settings_only(settings):
    with pytest.raises(TypeError, match=list(settings)[-1]):
        Coupling(SHAPE, channel_mask(SHAPE), **settings)
