"""Points of known density: the density, its samples and its splits."""

import numpy as np
import pytest
from scipy import stats

from ade_tf.data import TOYS, load_dataset, toy_density


def lattice(half_width, spacing):
    ticks = np.arange(-half_width, half_width, spacing) + spacing / 2
    return np.stack(np.meshgrid(ticks, ticks), -1).reshape(-1, 2)


@pytest.mark.parametrize("name", TOYS)
def test_the_density_integrates_to_one(name):
    density = toy_density(name)
    shares = np.exp(density.log_prob(lattice(6.0, 0.02))) * 0.02**2
    np.testing.assert_allclose(shares.sum(), 1.0, rtol=1e-6)


@pytest.mark.parametrize("name", TOYS)
def test_samples_have_the_density(name):
    """Shares of boxes against the integral of the density over them."""
    density = toy_density(name)
    points = density.sample(200_000, seed=7)
    spacing = 1 / 80
    fine = lattice(4.0, spacing)
    edges = np.linspace(-4.0, 4.0, 33)
    probability = np.exp(density.log_prob(fine)) * spacing**2
    expected, *_ = np.histogram2d(*fine.T, bins=edges, weights=probability)
    found, *_ = np.histogram2d(*points.T, bins=edges)
    expected *= len(points)
    large = expected > 20
    statistic = np.sum((found - expected)[large] ** 2 / expected[large])
    assert stats.chi2.sf(statistic, large.sum() - 1) > 1e-3


def test_ring_and_grid_are_the_mixtures_they_are_called():
    angles = np.arange(8) * np.pi / 4
    means = {
        "ring": 2.0 * np.stack([np.cos(angles), np.sin(angles)], 1),
        "grid": np.array([(x, y) for x in range(-2, 3) for y in range(-2, 3)]),
    }
    points = np.random.default_rng(0).uniform(-3, 3, (50, 2))
    for (name, centres), std in zip(means.items(), (0.15, 0.1), strict=True):
        parts = [stats.multivariate_normal(m, std**2).pdf(points) for m in centres]
        found = toy_density(name).log_prob(points)
        np.testing.assert_allclose(found, np.log(np.mean(parts, 0)), rtol=1e-9)


def test_the_pinwheel_is_a_bent_mixture():
    """Points made by hand: an arm's Gaussian, turned by its place and its radius."""
    rng = np.random.default_rng(0)
    straight = rng.normal(size=(100_000, 2)) * [0.3, 0.1] + [1.0, 0.0]
    arm = rng.integers(5, size=100_000)
    angle = arm * 2 * np.pi / 5 + 0.25 * np.exp(np.hypot(*straight.T))
    turned = straight @ [1, 1j] * np.exp(1j * angle)
    points = 2.0 * np.stack([turned.real, turned.imag], 1)
    density = toy_density("pinwheel")
    # Arms touch near the centre.
    assert np.mean(density.mode_of(points) == arm) > 0.98
    # Both estimate the same negative entropy.
    own, drawn = density.log_prob(points), density.log_prob(density.sample(100_000))
    error = np.hypot(own.std(), drawn.std()) / np.sqrt(100_000)
    assert abs(own.mean() - drawn.mean()) < 4 * error


def test_splits_are_continuous_images_of_their_own():
    data = load_dataset("toy:grid")
    assert data.image_shape == (1, 1, 2) and data.levels == 0
    assert data.num_classes == 25 and "seeds 0, 1 and 2" in data.description
    sizes = [len(data.train), len(data.validation), len(data.test)]
    assert sizes == [50_000, 5_000, 10_000]
    again = load_dataset("toy:grid")
    np.testing.assert_array_equal(data.test.images, again.test.images)
    assert not set(data.test.images[:, 0, 0, 0]) <= set(data.train.images[:, 0, 0, 0])
    nearest = np.rint(data.test.images.reshape(-1, 2)) + 2
    np.testing.assert_array_equal(data.test.labels, nearest @ [1, 5])


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("toy:star", {}, "must be one of ring, grid, pinwheel. Received: 'star'"),
        ("toy:ring", {"levels": 4}, "0 for data that are continuous.*levels=4"),
        (
            "toy:ring",
            {"image_size": 8},
            r"neither image_size.*Received: image_size=\(8, 8",
        ),
        ("toy:ring", {"channels": 3}, "neither.*channels=3"),
    ],
)
def test_what_points_have_not_is_refused(name, options, message):
    with pytest.raises(ValueError, match=message):
        load_dataset(name, **options)
