"""Every bijector in several configurations; a new one is tested by one line here."""

import functools

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from ade_tf import bijectors as adb
from ade_tf.config.flows import CONDITIONERS
from tests.helpers.bijectors import (
    Case,
    copy_weights,
    jacobian_log_det,
    perturb,
    round_trip,
)

tfb, tfd = tfp.bijectors, tfp.distributions

SMALL = {"width": 6}


def coupling(shape, mask, parity=0, **settings):
    def make(dtype):
        kept = mask(shape, parity)
        return adb.Coupling(shape, kept, dtype=dtype, **SMALL, **settings)

    return Case(make, shape, settings.get("condition_shape"))


def flow(builder, shape, **settings):
    def make(dtype):
        return builder(shape, dtype=dtype, **SMALL, **settings)

    return Case(make, shape, settings.get("condition_shape"))


def image_space(levels, **settings):
    return Case(
        lambda dtype: adb.ImageSpace(levels, dtype=dtype, **settings),
        (2, 3, 1),
        levels=levels,
    )


def chain(dtype):
    """Image space, a squeeze undone by a tfb.Invert, and a foreign bijector."""
    shape = (2, 2, 4)
    return adb.FusedChain(
        [
            adb.ImageSpace(16, dtype=dtype),
            adb.Squeeze(dtype=dtype),
            adb.Coupling(shape, adb.channel_mask(shape), dtype=dtype, **SMALL),
            tfb.Invert(adb.ActNorm(shape, dtype=dtype)),
            tfb.Scale(tf.constant(-1.5, dtype)),
            tfb.Invert(adb.Squeeze(dtype=dtype)),
        ]
    )


def factor_out(shape, prior=False, condition_shape=None):
    def make(dtype):
        kept = (*shape[:2], shape[2] - shape[2] // 2)
        network = None
        if prior:
            network = CONDITIONERS["conv"](
                kept,
                2 * (shape[2] // 2),
                condition_shape=condition_shape,
                dtype=dtype,
                **SMALL,
            )
        inner = adb.ActNorm(kept, dtype=dtype)
        return adb.FactorOut(shape, inner, prior_network=network, dtype=dtype)

    return Case(make, shape, condition_shape)


CHANNEL, BOARD = adb.channel_mask, adb.checkerboard_mask

TABLE = {
    "additive": coupling((3, 2, 3), CHANNEL, transform="additive"),
    "affine": coupling((2, 3, 4), CHANNEL, transform="affine"),
    "affine_odd_channels": coupling((2, 3, 3), CHANNEL, 1),
    "affine_checkerboard": coupling((3, 4, 1), BOARD, 1),
    "affine_vector_condition": coupling((2, 2, 3), CHANNEL, condition_shape=(2,)),
    "affine_map_condition": coupling((2, 4, 2), BOARD, condition_shape=(4, 8, 2)),
    "affine_residual": coupling(
        (2, 3, 2), CHANNEL, network="residual", position_maps=True
    ),
    "affine_mlp": coupling((1, 1, 2), CHANNEL, 1, network="mlp"),
    "additive_checkerboard": coupling((2, 3, 2), BOARD, transform="additive"),
    "spline": coupling((2, 2, 3), CHANNEL, transform="spline"),
    "spline_narrow": coupling(
        (2, 2, 2), CHANNEL, 1, transform="spline", spline_bins=3, spline_range=1.0
    ),
    "spline_checkerboard_condition": coupling(
        (2, 3, 1), BOARD, transform="spline", condition_shape=(3,)
    ),
    "sigmoidal": coupling((2, 2, 3), CHANNEL, transform="sigmoidal", sigmoidal_units=3),
    "made_affine": flow(adb.autoregressive_flow, (2, 3, 2), steps=2),
    "made_spline_condition": flow(
        adb.autoregressive_flow,
        (1, 1, 4),
        steps=1,
        coupling="spline",
        spline_bins=3,
        condition_shape=(3,),
    ),
    "made_sigmoidal": flow(
        adb.autoregressive_flow, (1, 2, 2), steps=2, coupling="sigmoidal"
    ),
    "pixel_cnn_affine": flow(
        adb.autoregressive_flow,
        (2, 3, 2),
        steps=2,
        network="pixel_cnn",
        position_maps=True,
        condition_shape=(2,),
    ),
    "actnorm": Case(lambda d: adb.ActNorm((2, 3, 3), dtype=d), (2, 3, 3)),
    "actnorm_position": Case(
        lambda d: adb.ActNorm((2, 3, 2), "position", dtype=d), (2, 3, 2)
    ),
    "conv_plu": Case(lambda d: adb.InvertibleConv(5, dtype=d), (2, 3, 5)),
    "conv_dense": Case(lambda d: adb.InvertibleConv(4, "dense", dtype=d), (2, 3, 4)),
    "squeeze": Case(
        lambda d: adb.Squeeze(dtype=d), (4, 6, 3), feature_shape=(2, 3, 12)
    ),
    "squeeze_by_3": Case(
        lambda d: adb.Squeeze(3, dtype=d), (3, 6, 1), feature_shape=(1, 2, 9)
    ),
    "image_space_logit": image_space(256),
    "image_space_wide_logit": image_space(17, alpha=1e-3),
    "image_space_scaling": image_space(256, alpha=0),
    "image_space_continuous": image_space(0),
    "factor_out": factor_out((2, 3, 5)),
    "factor_out_prior": factor_out((2, 2, 5), prior=True),
    "factor_out_prior_condition": factor_out((2, 2, 4), True, condition_shape=(2,)),
    "identity": Case(lambda d: adb.identity((2, 3, 1), dtype=d), (2, 3, 1)),
    "chain": Case(chain, (4, 4, 1), levels=16),
    "glow": flow(adb.glow, (4, 8, 1), steps=(2, 1), learned_prior=True),
    "glow_all": flow(
        adb.glow,
        (4, 4, 3),
        steps=(1, 1),
        coupling="spline",
        mixing="dense",
        factor_out=False,
        condition_shape=(3,),
    ),
    "glow_alternating": flow(
        adb.glow, (4, 4, 1), steps=(3, 1), mixing="none", actnorm="position"
    ),
    "glow_toy": flow(
        adb.glow, (1, 1, 2), steps=(3,), squeeze=False, network="mlp", actnorm="none"
    ),
    "real_nvp": flow(adb.real_nvp, (4, 6, 1), steps=(2, 1), condition_shape=(4, 6, 1)),
    "real_nvp_prior": flow(
        adb.real_nvp, (4, 4, 3), steps=(1, 1), learned_prior=True, coupling="additive"
    ),
    "residual": flow(adb.residual_flow, (2, 3, 2), blocks=2, position_maps=True),
    "residual_vector_condition": flow(
        adb.residual_flow, (3, 2, 1), blocks=1, actnorm="none", condition_shape=(2,)
    ),
    "residual_map_condition": flow(
        adb.residual_flow, (2, 2, 3), blocks=1, condition_shape=(4, 4, 2)
    ),
    "tfb_chain": Case(
        lambda d: tfb.Chain(
            [adb.ImageSpace(8, dtype=d), adb.ActNorm((2, 3, 2), dtype=d)]
        ),
        (2, 3, 2),
        levels=8,
    ),
    "tfb_invert": Case(
        lambda d: tfb.Invert(
            adb.Coupling((2, 2, 3), CHANNEL((2, 2, 3)), dtype=d, **SMALL)
        ),
        (2, 2, 3),
    ),
}


@functools.cache
def in_both_types(name):
    """Returns a perturbed bijector in float64 and in float32; tests leave them so."""
    wide = perturb(TABLE[name].make("float64"))
    return wide, copy_weights(wide, TABLE[name].make("float32"))


each_case = pytest.mark.parametrize("name", TABLE)


@each_case
def test_each_direction_undoes_the_other(name):
    case = TABLE[name]
    wide, narrow = in_both_types(name)
    for bijector, dtype, tolerance in (
        (wide, "float64", 1e-10),
        (narrow, "float32", 1e-5),
    ):
        condition = case.condition(3, dtype)
        images, features = case.images(3, dtype), case.features(3, dtype)
        assert round_trip(bijector, images, condition) < tolerance
        error = round_trip(bijector, features, condition, first="forward")
        assert error < tolerance


@each_case
@pytest.mark.parametrize("direction", ["inverse", "forward"])
def test_log_det_is_that_of_the_automatic_jacobian(name, direction):
    case = TABLE[name]
    apply = {
        "inverse": adb.inverse_and_log_det,
        "forward": adb.forward_and_log_det,
    }[direction]
    draw = case.images if direction == "inverse" else case.features
    wide, narrow = in_both_types(name)
    x, condition = draw(2), case.condition(2)
    expected = jacobian_log_det(lambda x, c: apply(wide, x, c)[0], x, condition)
    scale = np.maximum(1, np.abs(expected))

    _, log_det = apply(wide, x, condition)
    assert log_det.shape == (2,)
    np.testing.assert_array_less(np.abs(log_det - expected) / scale, 1e-8)

    _, log_det = apply(narrow, draw(2, "float32"), case.condition(2, "float32"))
    assert log_det.dtype == tf.float32
    np.testing.assert_array_less(np.abs(log_det - expected) / scale, 1e-4)


@each_case
def test_one_graph_serves_any_batch_and_agrees_with_eager(name):
    case = TABLE[name]
    _, bijector = in_both_types(name)
    specs = [tf.TensorSpec([None, *case.shape])]
    if case.condition_shape:
        specs.append(tf.TensorSpec([None, *case.condition_shape]))

    @tf.function(input_signature=specs)
    def both(x, condition=None):
        y, inverse_log_det = adb.inverse_and_log_det(bijector, x, condition)
        back, forward_log_det = adb.forward_and_log_det(bijector, y, condition)
        return y, inverse_log_det, back, forward_log_det

    largest = case.images(5, "float32"), case.condition(5, "float32")
    expected, expected_log_det = adb.inverse_and_log_det(bijector, *largest)
    for batch in (1, 2, 5):
        inputs = [t[:batch] for t in largest if t is not None]
        y, inverse_log_det, back, forward_log_det = both(*inputs)
        assert inverse_log_det.shape == forward_log_det.shape == (batch,)
        np.testing.assert_allclose(y, expected[:batch], rtol=1e-4, atol=1e-4)
        for value in (inverse_log_det, -forward_log_det):
            np.testing.assert_allclose(
                value, expected_log_det[:batch], rtol=1e-4, atol=1e-4
            )
        scale = np.ptp(largest[0])
        np.testing.assert_allclose(back / scale, inputs[0] / scale, atol=1e-5)


@each_case
def test_every_variable_gets_a_gradient_of_the_log_density(name):
    case = TABLE[name]
    _, bijector = in_both_types(name)
    x, condition = case.images(4, "float32"), case.condition(4, "float32")
    with tf.GradientTape() as tape:
        y, log_det = adb.inverse_and_log_det(bijector, x, condition)
        log_prob = tf.reduce_sum(tfd.Normal(0.0, 1.0).log_prob(y), [1, 2, 3]) + log_det
        total = tf.reduce_sum(log_prob)
    for variable, gradient in zip(
        bijector.trainable_variables,
        tape.gradient(total, bijector.trainable_variables),
        strict=True,
    ):
        assert gradient is not None, variable.name
        assert np.any(gradient.numpy() != 0), variable.name
        assert np.all(np.isfinite(gradient)), variable.name


@each_case
def test_event_shapes_are_those_of_the_values(name):
    case = TABLE[name]
    _, bijector = in_both_types(name)
    features = case.feature_shape or case.shape
    assert tuple(bijector.inverse_event_shape(case.shape)) == features
    assert tuple(bijector.forward_event_shape(features)) == case.shape
    assert tuple(bijector.inverse_event_shape_tensor(case.shape)) == features
    assert tuple(bijector.forward_event_shape_tensor(features)) == case.shape
