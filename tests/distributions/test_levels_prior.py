"""A learned prior of maps in levels: its order, its density, its draws and its KL."""

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import tensorflow as tf

from ade_tf.distributions import DiagonalGaussian, StandardNormal, kl_by_unit
from ade_tf.distributions.flow_prior import LevelsPrior
from ade_tf.networks.top_down import join_levels, split_levels
from ade_tf.randomness import BatchDraws
from tests.helpers.jacobians import jacobian
from tests.helpers.models import perturb


def prior(*shapes, scale=0.2, **keywords):
    made = LevelsPrior(shapes, **{"prior_steps": 1, "prior_width": 6, **keywords})
    perturb(made, scale=scale)
    return made


def levels_of(seed, shapes, count=1):
    generator = np.random.default_rng(seed)
    return [
        tf.constant(generator.normal(size=[count, *shape]), tf.float32)
        for shape in shapes
    ]


def test_a_value_depends_on_those_before_it_and_on_the_level_above():
    shapes = (2, 2, 1), (3, 3, 2)
    made = prior(*shapes, scale=0.5)
    above, value = levels_of(0, shapes)
    size = 18
    found = jacobian(lambda z: made.flows[1].inverse_and_log_det(z, above)[0], value)
    found = np.reshape(found, [size, size])
    assert (found[np.triu_indices(size, 1)] == 0.0).all()
    assert (np.diag(found) > 0.0).all()
    assert (found[np.tril_indices(size, -1)] != 0.0).mean() > 0.9
    # The log-density is that of the automatic Jacobian.
    u, log_det = made.flows[1].inverse_and_log_det(value, above)
    np.testing.assert_allclose(np.log(np.diag(found)).sum(), log_det[0], rtol=1e-4)
    expected = scipy.stats.norm.logpdf(u).sum() + log_det[0]
    _, second = made.level_densities([above, value])
    np.testing.assert_allclose(second.log_prob(value)[0], expected, rtol=1e-5)
    with tf.GradientTape() as tape:
        tape.watch(above)
        log_prob = made.level_densities([above, value])[1].log_prob(value)
    assert np.all(tape.gradient(log_prob, above) != 0.0)


@pytest.mark.parametrize(
    ("shapes", "coupling"),
    [
        ([(1, 2, 1)], "affine"),
        ([(1, 1, 1), (1, 1, 1)], "affine"),
        pytest.param([(1, 2, 1)], "spline", marks=pytest.mark.long),
        pytest.param([(1, 1, 1), (1, 1, 1)], "spline", marks=pytest.mark.long),
    ],
    ids=str,
)
def test_the_density_integrates_to_one(shapes, coupling):
    density = prior(*shapes, prior_coupling=coupling, prior_steps=2).density()
    axis = np.linspace(-15, 15, 301)
    z = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2).astype(np.float32)
    log_prob = density.log_prob(z).numpy()
    values = np.exp(log_prob).reshape(301, 301)
    rows = scipy.integrate.trapezoid(values, axis)
    assert scipy.integrate.trapezoid(rows, axis) == pytest.approx(1.0, abs=2e-3)
    plain = StandardNormal((2,)).density().log_prob(z)
    assert np.any(np.abs(log_prob - plain) > 0.1)


def test_draws_are_those_of_the_density():
    """Each level of a draw, taken back, is the noise that it was made of."""
    shapes = (2, 2, 1), (2, 3, 2)
    made, count = prior(*shapes, prior_steps=2), 4000
    drawn = made.density().draw(BatchDraws(0, count), temperature=0.5)
    np.testing.assert_allclose(
        drawn.log_prob, made.density().log_prob(drawn.value), rtol=1e-5
    )
    values = split_levels(drawn.value, shapes)
    noise = [
        flow.inverse_and_log_det(value, above)[0]
        for flow, value, above in zip(
            made.flows, values, [None, values[0]], strict=True
        )
    ]
    noise = join_levels(noise, shapes).numpy() / 0.5
    expected = BatchDraws(0, count).normal([16])
    np.testing.assert_allclose(noise, expected, atol=1e-4)
    np.testing.assert_allclose(join_levels(values, shapes), drawn.value)


def test_a_new_prior_is_the_standard_normal():
    new, plain = LevelsPrior([(2, 2, 1), (2, 2, 2)]), StandardNormal((12,))
    found, expected = (p.density().draw(BatchDraws(1, 5)) for p in (new, plain))
    np.testing.assert_allclose(found.value, expected.value, rtol=1e-6)
    np.testing.assert_allclose(found.log_prob, expected.log_prob, rtol=1e-5)


@pytest.mark.parametrize("scale", [0.0, 0.1])
def test_the_kl_is_in_closed_form_at_first_and_its_estimate_later(scale):
    """Against the closed form where p is N(0, I), else against a plain estimate."""
    shapes, count = ((1, 2, 1), (2, 2, 1)), 20_000
    # All outputs are zero at first, so that a scale of 0 is N(0, I).
    made = LevelsPrior(shapes, prior_steps=1, prior_width=6)
    if scale:
        perturb(made, scale=scale)
    found = []
    for shape, value in zip(shapes, levels_of(0, shapes), strict=True):
        q = DiagonalGaussian(shape)(tf.repeat(tf.concat([value, value], -1), count, 0))
        found.append((q, q.from_noise(levels_of(1, [shape], count)[0])))
    priors = made.level_densities([drawn.value for _, drawn in found])
    for (q, drawn), p in zip(found, priors, strict=True):
        kl = tf.reduce_sum(kl_by_unit(q, drawn, p), 1).numpy()
        plain = (drawn.log_prob - p.log_prob(drawn.value)).numpy()
        error = (kl - plain).std() / np.sqrt(count)
        assert abs(kl.mean() - plain.mean()) < 4.0 * error
        if not scale:
            (normal,) = StandardNormal((1,)).level_densities([drawn.value])
            closed = q.kl_by_unit(normal)
            np.testing.assert_allclose(kl, tf.reduce_sum(closed, 1), rtol=1e-4)
            assert plain.std() > 0.1
        else:
            assert 0.0 < kl.std() < plain.std()
