"""Why bits/dim and sample quality are both reported: neither bounds the other."""

import math

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.special import logsumexp
from sklearn.datasets import load_digits

from ade_tf.metrics import bits_per_dim, precision_recall

DIMS = 32 * 32 * 3
LEVELS = 17
SCALE = 2.5  # Of the Gaussian around each training image, in levels.


def large_digits():
    """Returns real digits as 32 x 32 x 3 images, in training and held-out halves."""
    images = load_digits().images.repeat(4, 1).repeat(4, 2)
    images = images[..., None].repeat(3, -1)
    return images[:900], images[900:1200]


def features(images):
    """Returns images as means over 4 x 4 x 3 values, one for each pixel of a digit."""
    return images.reshape(-1, 8, 4, 8, 4, 3).mean((2, 4, 5)).reshape(-1, 64)


def log_density_nats(images, centres):
    """Log-density of p, a Gaussian around each of the centres, equally weighted."""
    squared = cdist(images.reshape(-1, DIMS), centres.reshape(-1, DIMS), "sqeuclidean")
    log_normals = -squared / (2 * SCALE**2) - DIMS * math.log(
        SCALE * math.sqrt(2 * math.pi)
    )
    return logsumexp(log_normals, axis=1) - math.log(len(centres))


def test_noise_in_99_of_100_samples_costs_0_0022_bits_per_dim():
    """The example of arXiv 1511.01844, section 3.2, in CIFAR-10's dimension.

    ln (0.01 p + 0.99 noise) >= ln p - ln 100 for every image, whatever the noise: at
    3,072 dimensions 0.0022 bits/dim, less than any two models differ by. But of the
    samples only 1 in 100 is still an image.
    """
    train, held_out = large_digits()
    generator = np.random.default_rng(0)
    inputs = held_out + generator.uniform(size=held_out.shape)  # On [0, levels).
    log_p = log_density_nats(inputs, train + 0.5)
    # Uniform on a cube wider than the images': it says nothing of them.
    log_noise = -DIMS * math.log(3 * LEVELS)
    log_mixture = np.logaddexp(log_p + math.log(0.01), log_noise + math.log(0.99))

    bits, mixed = (bits_per_dim(value, DIMS) for value in (log_p, log_mixture))
    cost = mixed - bits
    at_most = bits_per_dim(-math.log(100), DIMS)
    assert round(at_most, 4) == 0.0022
    assert (cost <= at_most + 1e-12).all()
    assert bits.mean() < math.log2(LEVELS) - 0.5  # p has learnt digits.
    assert cost.mean() == pytest.approx(at_most, rel=1e-9)

    count = 1000
    samples = train[generator.integers(len(train), size=count)] + 0.5
    samples += generator.normal(0, SCALE, samples.shape)
    mixture = samples.copy()
    from_noise = generator.uniform(size=count) < 0.99
    mixture[from_noise] = generator.uniform(
        -LEVELS, 2 * LEVELS, mixture[from_noise].shape
    )
    real = features(held_out)
    precision, mixture_precision = (
        precision_recall(real, features(np.clip(np.floor(x), 0, LEVELS - 1)))[0]
        for x in (samples, mixture)
    )
    assert precision > 0.6
    assert mixture_precision < 0.03
