"""Tests of the split of the KL: it adds up, its limits, and quadrature."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

from ade_tf.metrics import mutual_information
from ade_tf.metrics.mutual_information import elbo_surgery


def moments(count=40, size=3, spread=1.5, seed=0):
    generator = np.random.default_rng(seed)
    means = spread * generator.normal(size=(count, size))
    return means, np.exp(generator.normal(-0.5, 0.4, (count, size)))


def test_the_two_terms_add_up_to_the_kl():
    found = elbo_surgery(*moments(), num_draws=200)
    total = found.mutual_information + found.marginal_kl
    assert total == pytest.approx(found.drawn_kl, abs=1e-12)
    assert 0 < found.drawn_kl_error < 0.02 * found.kl
    assert abs(found.drawn_kl - found.kl) < 4 * found.drawn_kl_error


def test_the_standard_errors_are_those_of_the_draws():
    means, stddevs = moments(count=15)
    runs = [elbo_surgery(means, stddevs, num_draws=20, seed=s) for s in range(200)]
    for name in ("mutual_information", "marginal_kl", "drawn_kl"):
        spread = np.std([getattr(run, name) for run in runs], ddof=1)
        stated = np.mean([getattr(run, f"{name}_error") for run in runs])
        assert stated == pytest.approx(spread, rel=0.2), name


def test_equal_posteriors_say_nothing_of_the_image():
    means, stddevs = np.full((7, 2), 300.0), np.full((7, 2), 1e-5)
    found = elbo_surgery(means, stddevs)
    assert found.mutual_information == pytest.approx(0.0, abs=1e-9)
    assert found.marginal_kl == pytest.approx(found.drawn_kl, rel=1e-12)


@pytest.mark.parametrize("stddev", [1.0, 1e-3, 1e-8])
def test_posteriors_far_apart_say_which_image_it_is(stddev):
    means = 100.0 * np.arange(6.0)[:, None] * np.ones(2)
    found = elbo_surgery(means, np.full((6, 2), stddev))
    assert found.mutual_information == pytest.approx(math.log(6), abs=1e-12)
    assert found.mutual_information_error == pytest.approx(0.0, abs=1e-12)


def test_the_prior_as_posterior_costs_nothing():
    found = elbo_surgery(np.zeros((5, 2)), np.ones((5, 2)))
    for value in (found.kl, found.mutual_information, found.marginal_kl):
        assert value == pytest.approx(0.0, abs=1e-12)


def test_one_dimension_against_quadrature():
    means, stddevs = np.array([-1.2, 0.1, 0.4, 2.0]), np.array([0.3, 0.8, 0.2, 0.5])

    def density(z):
        return stats.norm.pdf(z, means, stddevs).mean()

    def entropy_part(z):
        return -density(z) * math.log(density(z))

    def marginal_part(z):
        return density(z) * (math.log(density(z)) - stats.norm.logpdf(z))

    entropy = integrate.quad(entropy_part, -8, 9, limit=400, epsabs=1e-10)[0]
    marginal = integrate.quad(marginal_part, -8, 9, limit=400, epsabs=1e-10)[0]
    noise = np.mean(0.5 * np.log(2 * np.pi * np.e * stddevs**2))
    found = elbo_surgery(means[:, None], stddevs[:, None], num_draws=100_000)
    assert found.mutual_information_error < 0.002
    assert found.marginal_kl_error < 0.005
    error = found.mutual_information - (entropy - noise)
    assert abs(error) < 4 * found.mutual_information_error
    assert abs(found.marginal_kl - marginal) < 4 * found.marginal_kl_error


def test_blocks_do_not_show(monkeypatch):
    whole = elbo_surgery(*moments(), num_draws=4)
    monkeypatch.setattr(mutual_information, "_BLOCK_NUMBERS", 4 * 40 * 7)
    parts = elbo_surgery(*moments(), num_draws=4)
    assert parts.mutual_information == pytest.approx(whole.mutual_information, 1e-12)
    assert parts.marginal_kl == pytest.approx(whole.marginal_kl, 1e-12)


def test_the_seed_decides():
    first, again, other = (elbo_surgery(*moments(), seed=s) for s in (0, 0, 1))
    assert first == again != other


@pytest.mark.parametrize(
    ("means", "stddevs", "draws", "message"),
    [
        (np.zeros((3, 2)), np.ones((3, 1)), 2, "stddevs of size 1, not 2"),
        (np.zeros((0, 2)), np.ones((0, 2)), 2, r"non-empty.*means of shape \(0, 2\)"),
        (np.zeros((3, 2)), np.zeros((3, 2)), 2, "above 0.*at least 0.0"),
        (
            np.full((3, 2), np.nan),
            np.ones((3, 2)),
            2,
            r"means\[0, 0\]=nan",
        ),
        (np.zeros((3, 2)), np.ones((3, 2)), 1, "num_draws must be at least 2"),
    ],
)
def test_bad_moments_are_refused(means, stddevs, draws, message):
    with pytest.raises(ValueError, match=message):
        elbo_surgery(means, stddevs, num_draws=draws)
