import numpy as np
import pytest
import tensorflow as tf

from ade_tf.bijectors.spline import Spline

BINS, RANGE, BOUND = 5, 3.0, 1.5


def bounded(raw, bound):
    return bound * np.tanh(raw / bound)


def reference(x, raw):
    """Scalar y = spline(affine(x)) and dy/dx, by eqs. 4 and 5 of arXiv 1906.04032."""
    shift, raw_log_scale, raw_spline = raw[0], raw[1], bounded(raw[2:], 3.0)
    scale = np.exp(bounded(raw_log_scale, BOUND))
    v = (x + shift) * scale
    if not -RANGE < v < RANGE:
        return v, scale
    sizes = [
        2 * RANGE * np.exp(part) / np.exp(part).sum()
        for part in (raw_spline[:BINS], raw_spline[BINS : 2 * BINS])
    ]
    knots_x, knots_y = (np.concatenate([[0], np.cumsum(s)]) - RANGE for s in sizes)
    slopes = np.concatenate([[1], np.exp(raw_spline[2 * BINS :]), [1]])
    k = np.searchsorted(knots_x, v) - 1
    width, height = knots_x[k + 1] - knots_x[k], knots_y[k + 1] - knots_y[k]
    s, low, high, t = height / width, slopes[k], slopes[k + 1], (v - knots_x[k]) / width
    denominator = s + (high + low - 2 * s) * t * (1 - t)
    y = knots_y[k] + height * (s * t**2 + low * t * (1 - t)) / denominator
    slope = high * t**2 + 2 * s * t * (1 - t) + low * (1 - t) ** 2
    return y, scale * s**2 * slope / denominator**2


@pytest.fixture(name="spline")
def fixture_spline():
    return Spline(BINS, RANGE, BOUND)


@pytest.fixture(name="case")
def fixture_case(spline):
    rng = np.random.default_rng(0)
    x = rng.uniform(-5, 5, (50, 2, 1, 3))
    raw = rng.normal(size=(*x.shape, spline.parameters_per_entry))
    # The layout of the network's output: shifts, log-scales, then the splines.
    layout = [raw[..., 0], raw[..., 1], raw[..., 2:].reshape(*x.shape[:3], -1)]
    return x, raw, np.concatenate(layout, -1)


def test_matches_the_formulas(spline, case):
    x, raw, network_output = case
    y, log_det = spline.inverse_and_log_det(tf.constant(x), tf.constant(network_output))
    raw = raw.reshape(x.size, -1)
    expected = [reference(v, r) for v, r in zip(x.ravel(), raw, strict=True)]
    np.testing.assert_allclose(np.ravel(y), [e[0] for e in expected], rtol=1e-10)
    np.testing.assert_allclose(
        np.ravel(log_det), np.log([e[1] for e in expected]), atol=1e-10
    )


def test_forward_undoes_inverse(spline, case):
    x, _, network_output = (tf.constant(part) for part in case)
    y, log_det = spline.inverse_and_log_det(x, network_output)
    recovered, forward_log_det = spline.forward_and_log_det(y, network_output)
    np.testing.assert_allclose(recovered, x, atol=1e-9)
    np.testing.assert_allclose(forward_log_det, -log_det, atol=1e-8)


def test_zero_parameters_are_the_identity(spline):
    x = tf.linspace(-4.0, 4.0, 97)[:, None, None, None]
    raw = tf.zeros([97, 1, 1, spline.parameters_per_entry])
    for transform in (spline.inverse_and_log_det, spline.forward_and_log_det):
        y, log_det = transform(x, raw)
        np.testing.assert_allclose(y, x, atol=2e-6)
        np.testing.assert_allclose(log_det, 0, atol=2e-6)


def test_only_the_affine_part_acts_outside_the_range(spline, case):
    _, _, network_output = case
    x = np.full((50, 2, 1, 3), 400.0)
    y, log_det = spline.inverse_and_log_det(tf.constant(x), tf.constant(network_output))
    affine, affine_log_det = spline.affine.inverse_and_log_det(
        tf.constant(x), tf.constant(network_output[..., :6])
    )
    np.testing.assert_allclose(y, affine, rtol=1e-12)
    np.testing.assert_allclose(log_det, affine_log_det, atol=1e-12)


@pytest.mark.parametrize("direction", ["inverse_and_log_det", "forward_and_log_det"])
@pytest.mark.parametrize("size", [1e4, 1e30])
def test_wild_values_keep_values_and_gradients_finite(spline, direction, size):
    rng = np.random.default_rng(0)
    x = tf.constant(rng.uniform(-4, 4, (500, 1, 1, 2)), tf.float32)
    raw = size * rng.normal(size=(500, 1, 1, 2 * spline.parameters_per_entry))
    raw = tf.constant(raw, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch([x, raw])
        outputs = getattr(spline, direction)(x, raw)
        total = tf.add_n([tf.reduce_mean(output) for output in outputs])
    for values in (*outputs, *tape.gradient(total, [x, raw])):
        assert np.all(np.isfinite(values))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, 3.0, 2.0), r"at least two bins.*Received: spline_bins=1"),
        ((4, 0.0, 2.0), r"`spline_range` must be positive. Received: spline_range=0.0"),
        ((4, 3.0, -1.0), r"`log_scale_bound` must be positive. Received: .*=-1.0"),
    ],
)
def test_refusals(arguments, message):
    with pytest.raises(ValueError, match=message):
        Spline(*arguments)
