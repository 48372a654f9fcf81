"""Residual blocks against whole Jacobians: log-dets, their gradients, inverses."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.bijectors import Residual, residual_flow
from ade_tf.bijectors.log_dets import Exact, PowerSeries
from ade_tf.config.flows import LOG_DETS
from ade_tf.example_draws import ExampleDraws
from ade_tf.networks.lipschitz import LipschitzNetwork
from ade_tf.randomness import BatchDraws
from tests.helpers.bijectors import perturb
from tests.helpers.jacobians import jacobian
from tests.helpers.models import digits

DRAWS = 10_000
SHAPE = (8, 8, 1)


def images(count=1, dtype="float32", shape=SHAPE):
    """Returns digits on the scale of features."""
    values = digits().test.images[:count, : shape[0], : shape[1]] / 4.0 - 2.0
    return tf.constant(values, dtype)


def block(dtype="float32", shape=SHAPE, **settings):
    """Returns a block near its bound: kernels that smooth, and one sign in the end.

    Eigenvalues of its Jacobian reach -0.6, so that all terms of the series are of one
    sign, and tens of them count.
    """
    settings = {"coefficient": 0.8, **settings}
    settings = dict(width=8, position_maps=True, dtype=dtype, **settings)
    made = perturb(Residual(shape, **settings), 0.3)
    network = made.keras_layers[0]
    for kernel, sign in zip(network.kernels, (1, 1, -1), strict=True):
        kernel.assign(sign * tf.abs(kernel))
    for bias in network.biases[:2]:
        bias.assign_add(tf.ones_like(bias))
    for _ in range(20):
        network.update_spectral_norm()
    return made


def matrix(made, x):
    """Returns the Jacobian of g at one image, in float64."""
    return jacobian(lambda x: made.inverse(x) - x, x).astype(np.float64)


def in_training(made, x, seed=0):
    """Returns the log-dets of training at images, each drawn for by itself."""
    with BatchDraws(seed, len(x)).scope():
        return made.inverse_and_log_det(x)[1]


def truncated(made, x, terms):
    """Returns the power series of ln |det(I + J)| after some terms, exactly."""
    j, power, total = matrix(made, x), np.eye(x.shape[1] * x.shape[2]), 0.0
    for k in range(1, terms + 1):
        power = power @ j
        total -= (-1) ** k * np.trace(power) / k
    return total


def mean_and_error(values):
    values = np.asarray(values, np.float64)
    return values.mean(), values.std(ddof=1) / np.sqrt(len(values))


@pytest.mark.parametrize("terms", [1, 2])
def test_russian_roulette_has_no_bias(terms):
    made = block(terms=terms)
    expected = np.linalg.slogdet(np.eye(64) + matrix(made, images()))[1]
    found = in_training(made, tf.repeat(images(), DRAWS, 0))
    mean, error = mean_and_error(found)
    print(f"exact {expected:.4f}, mean {mean:.4f}, its error {error:.4f}")
    assert abs(mean - expected) < 3.0 * error
    # It can tell: what the series has behind the terms that are sure is ten times that.
    assert abs(expected - truncated(made, images(), terms)) > 10 * error


def test_the_bias_of_a_truncated_series_falls_with_its_terms():
    x, biases = images(), []
    for terms in (1, 2, 4, 8):
        made = block(log_det="truncated", terms=terms)
        mean, error = mean_and_error(in_training(made, tf.repeat(x, DRAWS, 0)))
        assert abs(mean - truncated(made, x, terms)) < 3.0 * error
        exact = np.linalg.slogdet(np.eye(64) + matrix(made, x))[1]
        biases.append(truncated(made, x, terms) - exact)
    print("biases", biases)
    assert all(more > 1.8 * less > 0 for more, less in itertools.pairwise(biases))


@pytest.mark.parametrize("log_det", LOG_DETS)
def test_a_score_is_that_of_the_whole_jacobian(log_det):
    made, x = block("float64", log_det=log_det), images(3, "float64")
    _, log_det = made.inverse_and_log_det(x)
    for image, found in zip(x, log_det, strict=True):
        expected = np.linalg.slogdet(np.eye(64) + matrix(made, image[None]))[1]
        assert float(found) == pytest.approx(expected, rel=1e-9)


def test_exact_in_training_is_the_score():
    made, x = block(log_det="exact"), images(3)
    # Outside of training the norms are iterated further.
    expected = made.inverse_and_log_det(x)[1]
    np.testing.assert_allclose(in_training(made, x), expected, rtol=1e-4)


def gradients(made, x, log_det):
    variables = made.trainable_variables
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_mean(log_det(x))
    found = tape.gradient(total, [x, *variables], unconnected_gradients="zero")
    # Of copies of one image the gradient is that of their sum.
    return [tf.reduce_sum(found[0], 0), *found[1:]]


def test_the_gradient_of_a_random_series_has_no_bias():
    made = block()
    expected = gradients(made, images(), lambda x: made.inverse_and_log_det(x)[1])

    @tf.function
    def estimate(seed):
        x = tf.repeat(images(), 200, 0)
        with BatchDraws(seed, 200).scope():
            return gradients(made, x, lambda x: made.inverse_and_log_det(x)[1])

    parts = [estimate(tf.constant([3, i])) for i in range(DRAWS // 200)]
    deviations = []
    for values, exact in zip(zip(*parts, strict=True), expected, strict=True):
        values = np.array(values, np.float64)
        error = values.std(0, ddof=1) / np.sqrt(len(values))
        moves = error > 1e-7
        deviations.append((values.mean(0) - exact.numpy())[moves] / error[moves])
    deviations = np.concatenate([np.ravel(z) for z in deviations])
    assert len(deviations) > 500
    print("rms", np.sqrt(np.mean(deviations**2)), "largest", np.abs(deviations).max())
    assert np.sqrt(np.mean(deviations**2)) < 1.3
    assert np.abs(deviations).max() < 5.5


def test_the_memory_of_a_gradient_does_not_grow_with_the_series():
    x = images(4)

    def stored(terms):
        made = block(log_det="truncated", terms=terms)

        @tf.function
        def step():
            return gradients(made, x, lambda x: in_training(made, x))

        graph = step.get_concrete_function().graph
        return len(graph.get_operations())

    assert stored(40) == stored(2)


def test_the_inverse_arrives_in_50_steps_within_its_error():
    wide, x = block("float64", coefficient=0.97), images(100, "float64")
    narrow = block("float32", coefficient=0.97)
    for old, new in zip(wide.variables, narrow.variables, strict=True):
        new.assign(tf.cast(old, new.dtype))
    y = narrow.inverse(tf.cast(x, "float32"))
    found, error, steps = (part.numpy() for part in narrow.solve(y))
    true, *_ = wide.solve(tf.cast(y, "float64"))
    distance = np.sqrt(np.sum((found - true) ** 2, axis=(1, 2, 3)))
    print(f"{steps} steps, distance {distance.max():.2g}, bound {error.max():.2g}")
    assert steps <= 50
    # Rounding in float32 is the rest.
    rounding = 64 * np.finfo(np.float32).eps * np.abs(x).max()
    assert np.all(distance < error + rounding)
    assert np.abs(found - true).max() < 1e-5
    found, error, steps = wide.solve(wide.inverse(x))
    assert np.abs(found - x).max() < 1e-11 and error.numpy().max() < 1e-9


def test_in_float64_an_inverse_is_good_to_a_millionth_in_50_steps():
    made, x = block("float64", coefficient=0.9), images(100, "float64")
    found, error, steps = made.solve(made.inverse(x), tolerance=1e-7)
    away = np.abs(found - x).max()
    print(f"{steps} steps, {away:.2g} away, bound {np.max(error):.2g}")
    assert steps <= 50 and away < 1e-6
    # It is the tolerance that stops it.
    assert steps < made.solve(made.inverse(x))[2]


def test_in_float32_an_inverse_is_good_to_a_share_of_its_largest_value():
    """Rounding is relative: large images come back as well as small ones do."""
    made = block(coefficient=0.97)
    for scale in (1.0, 10.0, 100.0):
        x = scale * images(100)
        away = np.abs(made.solve(made.inverse(x))[0] - x).max()
        print(f"largest value {np.abs(x).max():.0f}, {away:.2g} away")
        assert away < 3e-6 * np.abs(x).max()


def test_an_image_is_solved_as_it_is_by_itself():
    made, y = block(), images(5)
    y = tf.concat([y, 100.0 * y[:1]], 0)
    together, alone = made.solve(y)[0], made.solve(y[:1])[0]
    np.testing.assert_allclose(together[:1], alone, rtol=0, atol=1e-6)


@pytest.mark.parametrize("shape", [(8, 8, 1), (5, 4, 3), (1, 1, 2)], ids=str)
def test_no_operator_exceeds_its_share_of_the_bound(shape):
    network = LipschitzNetwork(shape, width=6, bound=0.9, dtype="float64")
    generator = np.random.default_rng(0)
    for kernel in network.kernels:
        kernel.assign(generator.normal(size=kernel.shape))
    share = 0.9 ** (1 / 3)
    for kernel in network.at().kernels:
        size = shape[0] * shape[1] * kernel.shape[2]
        basis = tf.reshape(tf.eye(size, dtype="float64"), [size, *shape[:2], -1])
        dense = tf.nn.conv2d(basis, kernel, 1, "SAME").numpy().reshape(size, -1)
        norm = np.linalg.svd(dense, compute_uv=False)[0]
        print(f"{kernel.shape}: {norm / share:.6f} of its share")
        # Power iteration comes from below; the product stays a contraction.
        assert 0.99 < norm / share < 1.01


def test_small_kernels_are_left_alone():
    network = LipschitzNetwork(SHAPE, width=6)
    for kernel in network.kernels:
        kernel.assign(1e-3 * kernel)
    for kernel, used in zip(network.kernels, network.at().kernels, strict=True):
        np.testing.assert_array_equal(kernel, used)


def test_training_keeps_the_norms():
    """An optimiser that drives the kernels up meets the bound at every step."""
    network = LipschitzNetwork(SHAPE, width=6, bound=0.9)
    generator = np.random.default_rng(0)
    for _ in range(30):
        for kernel in network.kernels:
            kernel.assign_add(generator.normal(scale=0.05, size=kernel.shape))
        network.update_spectral_norm()
    with BatchDraws(0, 1).scope():
        kernels = network.at().kernels
    for kernel in kernels:
        size = 64 * kernel.shape[2]
        basis = tf.reshape(tf.eye(size), [size, 8, 8, -1])
        dense = tf.nn.conv2d(basis, kernel, 1, "SAME").numpy().reshape(size, -1)
        assert np.linalg.svd(dense, compute_uv=False)[0] < 1.02 * 0.9 ** (1 / 3)


LARGE = (33, 32, 1)


def test_the_score_of_a_large_image_is_an_estimate_that_says_so():
    made = block(shape=LARGE, terms=1)
    assert made.estimated_log_det and not block().estimated_log_det
    x = tf.image.resize(images(2), LARGE[:2])
    _, found = made.inverse_and_log_det(x)
    # A function of the image, whatever stands beside it.
    _, alone = made.inverse_and_log_det(x[1:])
    np.testing.assert_allclose(found[1:], alone, rtol=1e-4)
    _, of_g = made.keras_layers[0].at().linearized(x[:1])
    exact = Exact()(of_g, LARGE, tf.float32)[0]
    copies = of_g._replace(slopes=tuple(tf.repeat(s, 50, 0) for s in of_g.slopes))
    draws = ExampleDraws(1, tf.range(50, dtype=tf.int64))
    series = PowerSeries(terms=made.score_terms)(copies, LARGE, tf.float32, draws)
    mean, error = mean_and_error(series)
    print(f"exact {exact:.3f}, mean {mean:.3f}, its error {error:.3f}")
    assert abs(mean - exact) < 3.0 * error + 1e-4 * 33 * 32


def test_the_terms_of_a_score_are_those_of_its_bound():
    terms = block(shape=LARGE, coefficient=0.9).score_terms

    def rest(n):
        k = np.arange(n + 1, 5000)
        return np.sum(0.9**k / k)

    assert rest(terms) < 1e-4 < 2 * rest(terms - 10)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Residual(SHAPE, coefficient=1.0), "Received: coefficient=1.0"),
        (lambda: Residual(SHAPE, log_det="all"), "one of .*Received: log_det=all"),
        (lambda: Residual(SHAPE, terms=0), "Received: terms=0"),
        (lambda: Residual(LARGE, log_det="exact"), "1024 values. Received: event"),
        (lambda: residual_flow(SHAPE, blocks=0), "Received: blocks=0"),
    ],
)
def test_refusals(make, message):
    with pytest.raises(ValueError, match=message):
        make()
