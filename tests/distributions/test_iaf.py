"""Tests of the inverse autoregressive posterior against Jacobians and closed forms."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from ade_tf.distributions import DiagonalGaussian, InverseAutoregressive
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


def jacobians(form, parameters, eps):
    """Returns dz / deps of each example, `[B, D, D]`."""

    def draw(eps, parameters):
        return form.draw(tf.repeat(parameters, len(eps), 0), eps).z

    pairs = zip(parameters, eps, strict=True)
    return np.array(
        [
            jacobian(lambda e, p=p: draw(e, p[None]), tf.constant(e[None]))
            for p, e in pairs
        ]
    )


@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_density_is_that_of_the_automatic_jacobian(shape, steps):
    form = make(shape, iaf_steps=steps)
    parameters, eps = inputs(form, shape)
    drawn = form.draw(parameters, eps)
    _, log_det = np.linalg.slogdet(jacobians(form, parameters, eps))
    squares = [
        np.sum(x**2, axis=tuple(range(1, x.ndim))) for x in (eps, drawn.z.numpy())
    ]
    expected = -0.5 * squares[0] - log_det + 0.5 * squares[1]
    np.testing.assert_allclose(drawn.log_ratio_nats, expected, rtol=1e-9)
    np.testing.assert_allclose(
        tf.reduce_sum(drawn.kl_nats, 1), drawn.log_ratio_nats, rtol=1e-12
    )
    assert drawn.kl_nats.shape == (3, shape if isinstance(shape, int) else shape[-1])
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


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_it_starts_as_the_gaussian_and_samples_its_kl(shape):
    form, gaussian = make(shape, scale=0.0), DiagonalGaussian(shape)
    parameters, eps = inputs(form, shape, batch=40_000)
    by_draws = form.draw(parameters, eps)
    closed = gaussian.draw(parameters[..., : gaussian.parameters_size], eps)
    np.testing.assert_allclose(by_draws.z, closed.z, rtol=1e-12)
    np.testing.assert_allclose(
        by_draws.log_ratio_nats, closed.log_ratio_nats, rtol=1e-8, atol=1e-8
    )
    for mean, error, exact in zip(
        tf.reduce_mean(by_draws.kl_nats, 0),
        np.std(by_draws.kl_nats, 0) / np.sqrt(len(eps)),
        closed.kl_nats[0],
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
    mean = form.draw(parameters[:1], np.zeros((1, 4))).z[0]
    full = tfd.MultivariateNormalFullCovariance(mean, scale @ scale.T)
    drawn = form.draw(parameters, eps)
    np.testing.assert_allclose(drawn.z, mean + eps @ scale.T, rtol=1e-9, atol=1e-9)
    assert np.abs(np.corrcoef(drawn.z.numpy().T) - np.eye(4)).max() > 0.2
    prior = tfd.MultivariateNormalDiag(tf.zeros(4, tf.float64), tf.ones(4, tf.float64))
    ratio = full.log_prob(drawn.z) - prior.log_prob(drawn.z)
    np.testing.assert_allclose(drawn.log_ratio_nats, ratio, rtol=1e-7, atol=1e-7)
    exact = tfd.kl_divergence(
        full,
        tfd.MultivariateNormalTriL(
            tf.zeros(4, tf.float64), tf.eye(4, dtype=tf.float64)
        ),
    )
    error = np.std(drawn.log_ratio_nats) / np.sqrt(len(eps))
    assert error < 0.02 * exact
    assert abs(np.mean(drawn.log_ratio_nats) - exact) < 4 * error


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_scales_are_bounded_for_extreme_weights(sign):
    form = make(scale=0.0, dtype="float32", iaf_steps=1)
    bias = form.trainable_variables[5]
    bias.assign([0.0] * 4 + [sign * 1e30] * 4)
    parameters = np.zeros([2, form.parameters_size], np.float32)
    eps = np.random.default_rng(0).normal(size=[2, 4]).astype(np.float32)
    drawn = form.draw(parameters, eps)
    np.testing.assert_allclose(drawn.z, np.exp(sign * 2.0) * eps, rtol=1e-6)
    ratio = np.sum(0.5 * (drawn.z.numpy() ** 2 - eps**2) - sign * 2.0, 1)
    np.testing.assert_allclose(drawn.log_ratio_nats, ratio, rtol=1e-5)


def test_every_variable_and_parameter_gets_a_gradient():
    form = make((3, 3, 2))
    parameters, eps = inputs(form, (3, 3, 2))
    parameters = tf.constant(parameters)
    with tf.GradientTape() as tape:
        tape.watch(parameters)
        loss = tf.reduce_sum(form.draw(parameters, eps).log_ratio_nats)
    variables = [v.value for v in form.trainable_variables]
    *found, last = tape.gradient(loss, [*variables, parameters])
    assert all(np.any(gradient) for gradient in found)
    assert np.all(last.numpy().any((0, 1, 2)))


def test_steps_are_checked():
    with pytest.raises(ValueError, match="at least 1 step.*iaf_steps=0"):
        InverseAutoregressive(4, iaf_steps=0)
    with pytest.raises(ValueError, match=r"\(h, w, maps\).*latent_shape=\(2, 2\)"):
        InverseAutoregressive((2, 2))
