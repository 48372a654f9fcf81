"""Tests of the inverse autoregressive posterior against Jacobians and closed forms."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from ade_tf.distributions import (
    DiagonalGaussian,
    InverseAutoregressive,
    StandardNormal,
    kl_by_unit,
)
from tests.helpers.jacobians import jacobian

tfd = tfp.distributions

SHAPES = [4, (3, 2, 2)]


def make(shape=4, scale=0.2, **keywords):
    keywords = {"iaf_steps": 2, "iaf_width": 6, "dtype": "float64", **keywords}
    form = InverseAutoregressive(shape, **keywords)
    generator = np.random.default_rng(0)
    for variable in form.trainable_variables:
        noise = generator.normal(0.0, scale, variable.shape)
        variable.assign(variable.numpy() + noise)
    return form


def inputs(form, shape=4, batch=3, seed=0):
    """Returns parameters and eps; every example has the parameters of the first."""
    generator = np.random.default_rng(seed)
    space, units = ((), (shape,)) if isinstance(shape, int) else (shape[:2], shape)
    parameters = generator.normal(size=(1, *space, form.parameters_size))
    eps = generator.normal(size=(batch, *units))
    return np.repeat(parameters, batch, 0), eps


def measured(form, parameters, eps):
    """Returns z, KL by unit, and ln q - ln p at the draw against N(0, I)."""
    density = form(parameters)
    drawn = density.from_noise(eps)
    (prior,) = StandardNormal([1]).level_densities((drawn.value,))
    ratio = drawn.log_prob - prior.log_prob(drawn.value)
    return drawn.value, kl_by_unit(density, drawn, prior), ratio


def jacobians(form, parameters, eps):
    """Returns dz / deps of each example, `[B, D, D]`."""

    def draw(eps, parameters):
        return form(tf.repeat(parameters, len(eps), 0)).from_noise(eps).value

    pairs = zip(parameters, eps, strict=True)
    return np.array(
        [
            jacobian(lambda e, p=p: draw(e, p[None]), tf.constant(e[None]))
            for p, e in pairs
        ]
    )


@pytest.mark.parametrize("coupling", ["affine", "spline", "sigmoidal"])
@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_density_is_that_of_the_automatic_jacobian(shape, steps, coupling):
    form = make(shape, iaf_steps=steps, iaf_coupling=coupling)
    parameters, eps = inputs(form, shape)
    z, kl, ratio = measured(form, parameters, eps)
    _, log_det = np.linalg.slogdet(jacobians(form, parameters, eps))
    squares = [np.sum(x**2, axis=tuple(range(1, x.ndim))) for x in (eps, z.numpy())]
    expected = -0.5 * squares[0] - log_det + 0.5 * squares[1]
    np.testing.assert_allclose(ratio, expected, rtol=1e-9)
    np.testing.assert_allclose(tf.reduce_sum(kl, 1), ratio, rtol=1e-9)
    assert kl.shape == (3, shape if isinstance(shape, int) else shape[-1])
    # No constant: the steps make it differ from draw to draw, and from the Gaussian's.
    assert np.ptp(log_det) > 1e-2


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_order_is_reversed_between_steps(shape):
    for steps, triangular in ((1, True), (2, False)):
        form = make(shape, iaf_steps=steps)
        size = np.abs(jacobians(form, *inputs(form, shape, batch=1))[0])
        above = size[np.triu_indices(len(size), 1)]
        assert (above.max() < 1e-12) == triangular
        assert np.tril(size, -1).max() > 1e-3


@pytest.mark.parametrize("coupling", ["affine", "spline"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_it_starts_as_the_gaussian_and_samples_its_kl(shape, coupling):
    form, gaussian = (
        make(shape, scale=0.0, iaf_coupling=coupling),
        DiagonalGaussian(shape),
    )
    parameters, eps = inputs(form, shape, batch=40_000)
    z, kl, ratio = measured(form, parameters, eps)
    own = parameters[..., : gaussian.parameters_size]
    closed_z, closed_kl, closed_ratio = measured(gaussian, own, eps)
    np.testing.assert_allclose(z, closed_z, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(ratio, closed_ratio, rtol=1e-8, atol=1e-8)
    for mean, error, exact in zip(
        tf.reduce_mean(kl, 0),
        np.std(kl, 0) / np.sqrt(len(eps)),
        closed_kl[0],
        strict=True,
    ):
        assert error < 0.05 * exact
        assert abs(mean - exact) < 4 * error


def test_linear_steps_give_a_gaussian_with_full_covariance():
    """Without hidden layers and with fixed log-scales z is linear in eps."""
    form = make(blocks=0, scale=0.4)
    for variable in form.trainable_variables:
        value = variable.numpy()
        if value.shape[:2] == (1, 1):
            value[..., 4:] = 0.0
            variable.assign(value)
    parameters, eps = inputs(form, batch=40_000)
    scale = jacobians(form, parameters[:1], eps[:1])[0]
    mean = form(parameters[:1]).from_noise(np.zeros((1, 4))).value[0]
    full = tfd.MultivariateNormalFullCovariance(mean, scale @ scale.T)
    z, _, log_ratio = measured(form, parameters, eps)
    np.testing.assert_allclose(z, mean + eps @ scale.T, rtol=1e-9, atol=1e-9)
    assert np.abs(np.corrcoef(z.numpy().T) - np.eye(4)).max() > 0.2
    prior = tfd.MultivariateNormalDiag(tf.zeros(4, tf.float64), tf.ones(4, tf.float64))
    ratio = full.log_prob(z) - prior.log_prob(z)
    np.testing.assert_allclose(log_ratio, ratio, rtol=1e-7, atol=1e-7)
    exact = tfd.kl_divergence(
        full,
        tfd.MultivariateNormalTriL(
            tf.zeros(4, tf.float64), tf.eye(4, dtype=tf.float64)
        ),
    )
    error = np.std(log_ratio) / np.sqrt(len(eps))
    assert error < 0.02 * exact
    assert abs(np.mean(log_ratio) - exact) < 4 * error


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_scales_are_bounded_for_extreme_weights(sign):
    form = make(scale=0.0, dtype="float32", iaf_steps=1)
    bias = form.trainable_variables[5]
    bias.assign([0.0] * 4 + [sign * 1e30] * 4)
    parameters = np.zeros([2, form.parameters_size], np.float32)
    eps = np.random.default_rng(0).normal(size=[2, 4]).astype(np.float32)
    z, _, log_ratio = measured(form, parameters, eps)
    np.testing.assert_allclose(z, np.exp(sign * 2.0) * eps, rtol=1e-6)
    ratio = np.sum(0.5 * (z.numpy() ** 2 - eps**2) - sign * 2.0, 1)
    np.testing.assert_allclose(log_ratio, ratio, rtol=1e-5)


def test_every_variable_and_parameter_gets_a_gradient():
    form = make((3, 3, 2))
    parameters, eps = inputs(form, (3, 3, 2))
    parameters = tf.constant(parameters)
    with tf.GradientTape() as tape:
        tape.watch(parameters)
        loss = tf.reduce_sum(measured(form, parameters, eps)[2])
    variables = [v.value for v in form.trainable_variables]
    *found, last = tape.gradient(loss, [*variables, parameters])
    assert all(np.any(gradient) for gradient in found)
    assert np.all(last.numpy().any((0, 1, 2)))


def test_steps_are_checked():
    with pytest.raises(ValueError, match="one of .*Received: iaf_coupling=cubic"):
        InverseAutoregressive(4, iaf_coupling="cubic")
    with pytest.raises(ValueError, match="at least 1 step.*iaf_steps=0"):
        InverseAutoregressive(4, iaf_steps=0)
    with pytest.raises(ValueError, match=r"\(h, w, maps\).*latent_shape=\(2, 2\)"):
        InverseAutoregressive((2, 2))
