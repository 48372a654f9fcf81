"""Tests of the games on cases whose answer is known by integration."""

import keras
import numpy as np
import pytest
import scipy.integrate
import scipy.optimize
import scipy.stats
import tensorflow as tf

from ade_tf.objectives import ADVERSARIES

DATA, MODEL = scipy.stats.norm(-0.2, 1.3), scipy.stats.norm(0.5, 0.8)
# Equally likely points: their mean is the expectation.
QUANTILES = (np.arange(20_000) + 0.5) / 20_000
REAL, FAKE = DATA.ppf(QUANTILES), MODEL.ppf(QUANTILES)


def integral(function):
    """Integrates a function of (p_data, p_model) over the line."""
    return scipy.integrate.quad(
        lambda x: function(DATA.pdf(x), MODEL.pdf(x)), -10, 10, limit=400
    )[0]


def log_ratio(x):
    return DATA.logpdf(x) - MODEL.logpdf(x)


def jensen_shannon(p, q):
    middle = (p + q) / 2
    return (p * np.log(p / middle) + q * np.log(q / middle)) / 2


def of_the_pairs():
    """Jensen-Shannon divergence of (x, x~) and (x~, x), by a sum over a grid."""
    grid, step = np.linspace(-8, 8, 1601, retstep=True)
    pairs = DATA.pdf(grid)[:, None] * MODEL.pdf(grid)
    return jensen_shannon(pairs, pairs.T).sum() * step**2


def _cross_entropy():
    return 2 * np.log(2) - 2 * integral(jensen_shannon)


# name -> the best logits, the discriminator's loss there.
OPTIMA = {
    "log_ratio": (log_ratio, _cross_entropy),
    "saturating": (log_ratio, _cross_entropy),
    "non_saturating": (log_ratio, _cross_entropy),
    "hinge": (
        lambda x: np.sign(log_ratio(x)),
        lambda: 2 - integral(lambda p, q: abs(p - q)),
    ),
    "least_squares": (
        lambda x: 1 / (1 + np.exp(-log_ratio(x))),
        lambda: 0.5 * integral(lambda p, q: p * q / (p + q)),
    ),
    "relativistic": (log_ratio, lambda: np.log(2) - of_the_pairs()),
}


def losses_of(name, logits):
    """The discriminator's loss where `logits(x)` judges the two Gaussians."""
    real, fake = logits(REAL), logits(FAKE)
    if ADVERSARIES[name].paired:
        # All pairs of some: those of equal rank would not be independent.
        real, fake = real[5::40], fake[5::40]
        real, fake = np.repeat(real, len(fake)), np.tile(fake, len(real))
    loss = ADVERSARIES[name].discriminator_loss(tf.constant(real), tf.constant(fake))
    return float(loss)


def test_every_bounded_game_has_its_optimum_here():
    assert set(OPTIMA) == set(ADVERSARIES) - {"wasserstein"}


@pytest.mark.parametrize("name", OPTIMA)
def test_value_of_the_game(name):
    best, value = OPTIMA[name]
    tolerance = 3e-3 if ADVERSARIES[name].paired else 2e-4
    assert losses_of(name, best) == pytest.approx(value(), abs=tolerance)


@pytest.mark.parametrize("name", OPTIMA)
def test_no_other_discriminator_does_better(name):
    best, _ = OPTIMA[name]
    least = losses_of(name, best)
    changes = [np.cos, lambda x: np.sin(3 * x), np.tanh]
    for change in changes:
        for size in (0.1, -0.1):
            other = losses_of(name, lambda x, c=change, s=size: best(x) + s * c(x))
            assert other > least + 1e-5


@pytest.mark.parametrize("name", ["log_ratio", "relativistic"])
def test_fitting_logits_finds_the_log_ratio(name):
    """Quadratic logits hold the log-ratio of two Gaussians: the fit is exact."""
    features = [np.stack([np.ones_like(x), x, x**2], 1) for x in (REAL, FAKE)]
    if ADVERSARIES[name].paired:
        order = np.random.default_rng(0).permutation(len(FAKE))
        features[1] = features[1][order]

    def loss(weights):
        weights = tf.constant(weights)
        with tf.GradientTape() as tape:
            tape.watch(weights)
            logits = (tf.linalg.matvec(f, weights) for f in features)
            value = ADVERSARIES[name].discriminator_loss(*logits)
        return value.numpy(), tape.gradient(value, weights).numpy()

    found = scipy.optimize.minimize(loss, np.zeros(3), jac=True, tol=1e-12).x
    precisions = 1.3**-2, 0.8**-2
    expected = [
        log_ratio(0.0),
        -0.2 * precisions[0] - 0.5 * precisions[1],
        (precisions[1] - precisions[0]) / 2,
    ]
    if ADVERSARIES[name].paired:
        found[0] = expected[0]  # Differences do not know the constant.
        np.testing.assert_allclose(found, expected, atol=0.05)
    else:
        np.testing.assert_allclose(found, expected, atol=5e-3)


def test_a_small_network_learns_the_optimal_discriminator():
    network = keras.Sequential(
        [keras.Input((1,)), keras.layers.Dense(32, "tanh"), keras.layers.Dense(1)]
    )
    optimizer = keras.optimizers.Adam(0.03)
    optimizer.build(network.trainable_variables)
    points = [tf.constant(x[10::20, None], tf.float32) for x in (REAL, FAKE)]

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = ADVERSARIES["log_ratio"].discriminator_loss(*map(network, points))
        variables = network.trainable_variables
        gradients = tape.gradient(loss, [v.value for v in variables])
        optimizer.apply(gradients, variables)
        return loss

    for _ in range(500):
        loss = step()
    assert float(loss) == pytest.approx(_cross_entropy(), abs=3e-3)
    x = np.linspace(-1.5, 2.0, 50)
    d = tf.sigmoid(network(x[:, None].astype("float32")))[:, 0]
    expected = DATA.pdf(x) / (DATA.pdf(x) + MODEL.pdf(x))
    np.testing.assert_allclose(d, expected, atol=0.02)


def test_the_log_ratio_loss_is_the_divergence_of_the_model_from_the_data():
    samples = MODEL.ppf((np.arange(200_000) + 0.5) / 200_000)
    loss = ADVERSARIES["log_ratio"].generator_loss(tf.constant(log_ratio(samples)))
    divergence = integral(lambda p, q: q * np.log(q / p))
    assert float(loss) == pytest.approx(divergence, abs=1e-4)


def test_the_non_saturating_loss_is_that_divergence_less_jensen_shannon():
    """KL(model || data) - 2 JSD, by its slope at the best D; the others' slopes too."""
    samples = MODEL.ppf((np.arange(50_000) + 0.5) / 50_000)

    def slope(name):
        shift = tf.Variable(0.0, dtype=tf.float64)
        with tf.GradientTape() as tape:
            x = samples + shift
            t = (
                0.5 * ((x - 0.5) / 0.8) ** 2
                - 0.5 * ((x + 0.2) / 1.3) ** 2
                + np.log(0.8 / 1.3)
            )
            loss = ADVERSARIES[name].generator_loss(t)
        return float(tape.gradient(loss, shift))

    def moved(divergence):
        def at(shift):
            model = scipy.stats.norm(0.5 + shift, 0.8)
            return scipy.integrate.quad(
                lambda x: divergence(DATA.pdf(x), model.pdf(x)), -8, 8, limit=400
            )[0]

        return (at(1e-3) - at(-1e-3)) / 2e-3

    reverse = moved(lambda p, q: q * np.log(q / p))
    symmetric = moved(jensen_shannon)
    assert slope("log_ratio") == pytest.approx(reverse, rel=1e-3)
    assert slope("saturating") == pytest.approx(2 * symmetric, rel=1e-3)
    assert slope("non_saturating") == pytest.approx(reverse - 2 * symmetric, rel=1e-3)
