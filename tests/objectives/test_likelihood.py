"""Tests of the likelihood's contributions and of the bounds made of them."""

import numpy as np
import pytest
import scipy.special
import scipy.stats
import tensorflow as tf

from ade_tf.objectives import (
    Contribution,
    EvidenceBound,
    LikelihoodTerms,
    free_bits_kl,
    importance_weighted_bound,
)

# z ~ N(0, 1), x | z ~ N(a z, s^2): ln p(x) = ln N(x; 0, a^2 + s^2), and p(z | x) is
# N(a x / (a^2 + s^2), s^2 / (a^2 + s^2)).
_A, _S, _X = 1.5, 0.6, 0.9
_LOG_PX = scipy.stats.norm.logpdf(_X, 0.0, np.hypot(_A, _S))
_POSTERIOR = _A * _X / (_A**2 + _S**2), _S / np.hypot(_A, _S)


def _log_weights(mean, scale, shape):
    z = mean + scale * np.random.default_rng(0).standard_normal(shape)
    normal = scipy.stats.norm.logpdf
    return normal(_X, _A * z, _S) + normal(z) - normal(z, mean, scale)


def terms_of(kl=(1.0, 2.0), at_draw=(1.5, 1.0), units=()):
    return LikelihoodTerms(
        Contribution("reconstruction", tf.constant([10.0, 20.0])),
        Contribution("kl", tf.constant(kl), 1, tf.constant(at_draw), units),
        Contribution("log_det", tf.constant([3.0, -4.0]), sign=-1),
    )


def test_loss_adds_its_contributions_with_their_signs():
    terms = terms_of()
    np.testing.assert_array_equal(terms.loss_nats(), [8.0, 26.0])
    np.testing.assert_array_equal(terms.loss_nats(kl=0.5), [7.5, 25.0])
    # Weights are at the draw: not the KL's mean.
    np.testing.assert_array_equal(terms.log_weights_nats(), [-8.5, -25.0])
    assert [own.name for own in terms] == ["reconstruction", "kl", "log_det"]
    assert "kl" in terms and "dequantizer" not in terms
    np.testing.assert_array_equal(terms["log_det"].nats, [3.0, -4.0])
    first = LikelihoodTerms(Contribution("log_det", tf.constant([3.0]), sign=-1))
    np.testing.assert_array_equal(first.loss_nats(), [-3.0])


def test_the_evidence_bound_weighs_the_kl():
    found = []
    for settings in ({}, {"kl_weight": 0.5}, {"kl_warmup_steps": 10}):
        loss, terms = EvidenceBound(**settings)(lambda *_: terms_of(), None, None)
        assert terms["kl"].nats.shape == [2]
        found.append(float(loss))
    np.testing.assert_allclose(found, [17.0, 16.25, 15.65])


def test_free_bits_take_the_place_of_the_kl():
    units = (tf.constant([[0.2, 0.8], [0.4, 1.6]]),)
    bound = EvidenceBound(kl_weight=2.0, free_bits=0.5)
    loss, _ = bound(lambda *_: terms_of(units=units), None, None)
    # The means by unit are 0.3 and 1.2.
    assert float(loss) == pytest.approx(15.5 + 2.0 * (0.5 + 1.2))
    doubled = bound(lambda *_: terms_of(units=units), None, None, mean=lambda x: 2 * x)
    assert float(doubled[0]) == pytest.approx(15.5 + 2.0 * (0.6 + 2.4))


def test_the_kl_weight_warms_up():
    bound = EvidenceBound(kl_weight=2.0, kl_warmup_steps=10)
    weights = [float(bound.kl_weight_at(step)) for step in (0, 5, 10, 20)]
    np.testing.assert_allclose(weights, [0.2, 1.1, 2.0, 2.0], rtol=1e-6)
    assert EvidenceBound(kl_weight=3.0).kl_weight_at(7) == 3.0


def test_mean_loss_is_the_evidence_bound():
    mean, scale = 0.2, 0.5
    z = mean + scale * np.random.default_rng(1).standard_normal(400_000)
    normal = scipy.stats.norm.logpdf
    terms = LikelihoodTerms(
        Contribution("reconstruction", -normal(_X, _A * z, _S)),
        Contribution("kl", (mean**2 + scale**2 - 1) / 2 - np.log(scale)),
    )
    q, p = (mean, scale), _POSTERIOR
    gap = np.log(p[1] / q[1]) + (q[1] ** 2 + (q[0] - p[0]) ** 2) / (2 * p[1] ** 2) - 0.5
    np.testing.assert_allclose(np.mean(terms.loss_nats()), gap - _LOG_PX, atol=0.02)


def test_free_bits_count_each_unit_for_at_least_so_much():
    kl = (tf.constant([[0.1, 2.0], [0.3, 4.0]]), tf.constant([[0.9], [0.7]]))
    with tf.GradientTape() as tape:
        tape.watch(kl)
        total = free_bits_kl(kl, 0.5)
    # The means are 0.2, 3.0 and 0.8.
    np.testing.assert_allclose(total, 0.5 + 3.0 + 0.8, rtol=1e-6)
    first, second = tape.gradient(total, kl)
    np.testing.assert_allclose(first, [[0.0, 0.5]] * 2)
    np.testing.assert_allclose(second, [[0.5]] * 2)
    np.testing.assert_allclose(free_bits_kl(kl, 0.0), 4.0, rtol=1e-6)


def test_one_weight_is_its_own_bound():
    weights = np.array([[-3.0], [700.0], [-1e5]])
    np.testing.assert_array_equal(importance_weighted_bound(weights), weights[:, 0])


@pytest.mark.parametrize("offset", [0.0, 1e4, -1e4, 1e30, -1e30])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_agrees_with_scipy_at_any_size(offset, dtype):
    weights = np.random.default_rng(0).normal(scale=3.0, size=[4, 7]) + offset
    weights = weights.astype(dtype)
    expected = scipy.special.logsumexp(weights.astype("float64"), axis=1) - np.log(7)
    bound = importance_weighted_bound(weights)
    assert bound.dtype == dtype
    rtol = 1e-6 if dtype == "float32" else 1e-14
    np.testing.assert_allclose(bound, expected, rtol=rtol)


def test_vanished_weights_count_and_nan_is_not_hidden():
    weights = [[-np.inf, 0.0], [-np.inf, -np.inf], [np.nan, 0.0]]
    np.testing.assert_array_equal(
        importance_weighted_bound(tf.constant(weights, tf.float64)),
        [-np.log(2.0), -np.inf, np.nan],
    )


def test_exact_posterior_gives_the_evidence_from_any_number_of_weights():
    bound = importance_weighted_bound(_log_weights(*_POSTERIOR, [5, 3]))
    np.testing.assert_allclose(bound, _LOG_PX, rtol=1e-12)


def test_bound_rises_with_k_towards_the_evidence_from_below():
    weights = _log_weights(0.0, 0.8, [256, 1024])
    sizes = [1, 4, 16, 64, 1024]
    groups = [weights.reshape(-1, k) for k in sizes]
    means = np.array([np.mean(importance_weighted_bound(group)) for group in groups])
    assert (np.diff(means) > 0).all()
    # The largest k has a bias and an error of about a thousandth.
    assert (means[:-1] < _LOG_PX).all()
    assert _LOG_PX - means[0] > 0.3
    assert abs(_LOG_PX - means[-1]) < 5e-3


def test_gradient_is_the_normalised_weights():
    weights = tf.constant([[1.0, 2.0, 0.5], [1e4, 1e4 + 1, 1e4 - 1]], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(weights)
        bound = importance_weighted_bound(weights)
    expected = scipy.special.softmax(weights.numpy(), axis=1)
    np.testing.assert_allclose(tape.gradient(bound, weights), expected, rtol=1e-10)


@pytest.mark.parametrize("shape", [[5], [5, 0], [2, 5, 1]])
def test_shape_of_the_weights_is_checked(shape):
    with pytest.raises(ValueError, match=r"\[B, k\].*log_weights.shape="):
        importance_weighted_bound(tf.zeros(shape))
