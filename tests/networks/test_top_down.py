"""Tests of the hierarchical z: densities and KL of its levels, in float64."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.distributions import (
    POSTERIORS,
    StandardNormal,
    TopDownEncoder,
    TopDownGaussianDecoder,
    kl_by_unit,
)
from ade_tf.networks import TopDownDecoder
from tests.helpers.jacobians import jacobian
from tests.networks.cases import perturb

OF_LEVELS = [n for n, line in POSTERIORS.items() if "vector" not in line.traits]
SHAPE, MAPS, WIDTH = (8, 6, 1), 2, 3
LEVELS = [(1,), (2, 1)]
SMALL = {"iaf": dict(iaf_steps=2, iaf_width=4)}


def make(levels, posterior="gaussian", scale=0.2, ends=None, **keywords):
    keywords = dict(levels=levels, width=WIDTH, dtype="float64", **keywords)
    form = functools.partial(
        POSTERIORS[posterior], dtype="float64", **SMALL.get(posterior, {})
    )
    encoder = TopDownEncoder(SHAPE, MAPS, form, **keywords)
    decoder = TopDownGaussianDecoder(SHAPE, MAPS, **keywords, **(ends or {}))
    for network in (encoder, decoder):
        perturb(network, scale)
    return encoder, decoder


def images(batch=1):
    one = np.random.default_rng(1).uniform(-1.0, 1.0, [1, *SHAPE])
    return tf.constant(np.repeat(one, batch, 0))


def draws(decoder, batch=1):
    return tf.random.normal([batch, decoder.latent_size], dtype=tf.float64)


def priors(found):
    """Returns the prior's densities of the levels."""
    values = tuple(level.value for level in found.drawn)
    return StandardNormal([1]).level_densities(values)


def log_ratio(found):
    """Returns ln q(u | x) - ln p(u) at the draw, `[B]`."""
    pairs = zip(found.drawn, priors(found), strict=True)
    return sum(drawn.log_prob - prior.log_prob(drawn.value) for drawn, prior in pairs)


def kls(found):
    """Returns the KL by level and unit, a list of `[B, maps]`."""
    levels = zip(found.posteriors, found.drawn, priors(found), strict=True)
    return [kl_by_unit(*level) for level in levels]


def test_levels_lie_from_coarse_to_fine():
    decoder = TopDownDecoder((32, 16, 3), 5, levels=(2, 1), width=2)
    assert decoder.level_shapes == ((8, 4, 5), (8, 4, 5), (16, 8, 5))
    assert decoder.latent_size == 2 * 8 * 4 * 5 + 16 * 8 * 5
    u = tf.random.normal([2, decoder.latent_size])
    np.testing.assert_array_equal(decoder.join(decoder.split(u)), u)


def test_a_level_acts_on_itself_and_on_those_below_only():
    _, decoder = make((2, 1))
    seen = []

    def draw(level, h):
        seen[-1].append(h.numpy())
        return maps[level]

    start = decoder.split(draws(decoder))
    outputs = []
    for moved in (None, 0, 1, 2):
        maps = [m + 1.0 if level == moved else m for level, m in enumerate(start)]
        seen.append([])
        outputs.append(decoder.descend(draw, 1)[0].numpy())
    for moved in range(3):
        for level in range(3):
            same = np.array_equal(seen[0][level], seen[moved + 1][level])
            assert same == (level <= moved)
        assert np.abs(outputs[moved + 1] - outputs[0]).max() > 1e-3


@pytest.mark.parametrize("posterior", OF_LEVELS)
@pytest.mark.parametrize("levels", LEVELS, ids=str)
def test_the_log_ratio_is_that_of_the_automatic_jacobian(levels, posterior):
    encoder, decoder = make(levels, posterior, network="residual")
    eps = draws(decoder)
    found = encoder.infer(images(), eps, decoder)
    du_deps = jacobian(lambda e: encoder.infer(images(len(e)), e, decoder).z, eps)
    _, log_det = np.linalg.slogdet(du_deps)
    squares = [np.sum(np.square(x)) for x in (eps, found.z)]
    expected = -0.5 * squares[0] - log_det + 0.5 * squares[1]
    np.testing.assert_allclose(log_ratio(found)[0], expected, rtol=1e-8)
    # A level's draw acts on the posterior of the levels below it.
    ends = np.cumsum([np.prod(shape) for shape in decoder.level_shapes])
    if len(ends) > 1:
        assert np.abs(du_deps[ends[0] :, : ends[0]]).max() > 1e-4
    assert not du_deps[: ends[0], ends[0] :].any()


@pytest.mark.parametrize("levels", [(2,), (1, 1)], ids=str)
def test_the_sum_of_the_levels_kl_is_a_monte_carlo_estimate(levels):
    encoder, decoder = make(levels)
    count = 4000

    @tf.function
    def measured(eps):
        found = encoder.infer(images(count), eps, decoder)
        return kls(found), log_ratio(found)

    found, ratio = measured(draws(decoder, count))
    by_level = [np.sum(kl, axis=1) for kl in found]
    assert len(by_level) == sum(levels)
    # The first level's is a number; those below depend on the draws above them.
    assert np.ptp(by_level[0]) < 1e-9
    assert np.ptp(by_level[-1]) > 1e-3
    difference = ratio - np.sum(by_level, axis=0)
    error = np.std(difference) / np.sqrt(count)
    assert abs(np.mean(difference)) < 4 * error
    assert error < 0.05 * np.mean(by_level)


@pytest.mark.parametrize("posterior", OF_LEVELS)
def test_a_posterior_tied_to_the_prior_has_no_kl(posterior):
    encoder, decoder = make((1, 1), posterior)
    for variable in encoder.trainable_variables:
        variable.assign(tf.zeros(variable.shape))
    eps = draws(decoder, 3)
    found = encoder.infer(images(3), eps, decoder)
    np.testing.assert_allclose(found.z, eps, rtol=1e-12)
    np.testing.assert_allclose(log_ratio(found), 0.0, atol=1e-12)
    for kl in kls(found):
        np.testing.assert_allclose(kl, 0.0, atol=1e-12)
    np.testing.assert_allclose(found.density.mean(), decoder(eps)[0], rtol=1e-9)


def test_inference_decodes_what_it_draws():
    for posterior in OF_LEVELS:
        encoder, decoder = make((1, 1), posterior, ends={"sigma": "from_z"})
        found = encoder.infer(images(2), draws(decoder, 2), decoder)
        here = (found.density.mean(), found.density.stddev())
        for one, other in zip(here, decoder(found.z), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("posterior", OF_LEVELS)
def test_every_variable_gets_a_gradient(posterior):
    encoder, decoder = make(
        (2, 1),
        posterior,
        position_maps=True,
        condition_shape=(2,),
        ends={"covariance_rank": 1},
    )
    eps = draws(decoder, 2)
    condition = tf.ones([2, 2], tf.float64)
    with tf.GradientTape() as tape:
        found = encoder.infer(images(2), eps, decoder, condition)
        mu, (sigma, factors) = found.density.mean(), found.density.scale
        terms = [log_ratio(found), *kls(found), tf.sin(mu), sigma, factors]
        loss = tf.add_n([tf.reduce_sum(term) for term in terms])
    variables = encoder.trainable_variables + decoder.trainable_variables
    gradients = tape.gradient(loss, [v.value for v in variables])
    for variable, gradient in zip(variables, gradients, strict=True):
        assert gradient is not None and np.any(gradient), variable.path


def test_a_condition_changes_the_posterior():
    encoder, decoder = make((1, 1), condition_shape=(2,))
    eps = draws(decoder, 2)
    condition = tf.constant([[0.0, 0.0], [1.0, -1.0]], tf.float64)
    one, other = (
        encoder.infer(images(2), eps, decoder, c) for c in (condition, 0.0 * condition)
    )
    differs = np.abs(one.z - other.z).max(axis=1)
    assert differs[0] < 1e-12 < 1e-4 < differs[1]


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        ((1, 1, 1), r"have 2 scales.*\(1, 1, 1\)"),
        ((1, 0), "at least 1 each"),
        ((), "have 2 scales"),
    ],
)
def test_levels_are_checked(levels, message):
    with pytest.raises(ValueError, match=message):
        TopDownDecoder(SHAPE, MAPS, levels=levels)
    with pytest.raises(ValueError, match=message):
        TopDownEncoder(SHAPE, MAPS, POSTERIORS["gaussian"], levels=levels)


def test_dense_layers_have_no_levels():
    for build in (
        lambda: TopDownDecoder(SHAPE, MAPS, network="mlp"),
        lambda: TopDownEncoder(SHAPE, MAPS, POSTERIORS["gaussian"], network="mlp"),
    ):
        with pytest.raises(ValueError, match="`network` must be one of 'conv'.*'mlp'"):
            build()
