import numpy as np
import pytest
import tensorflow as tf

from ade_tf.bijectors.invertible_conv import InvertibleConv
from tests.helpers.bijectors import perturb

every_kind = pytest.mark.parametrize("parametrization", ["plu", "dense"])


def perturbed(channels, parametrization):
    return perturb(InvertibleConv(channels, parametrization, dtype="float64"), 0.3)


@every_kind
def test_starts_as_a_random_rotation_or_reflection(parametrization):
    first, second = (InvertibleConv(6, parametrization).matrix for _ in range(2))
    np.testing.assert_allclose(first @ tf.transpose(first), np.eye(6), atol=1e-5)
    assert np.max(np.abs(first - second)) > 0.1


@every_kind
@pytest.mark.parametrize("channels", [1, 2, 5])
def test_log_det_is_numpys_at_every_position(channels, parametrization):
    conv = perturbed(channels, parametrization)
    x = np.random.default_rng(0).normal(size=(4, 3, 2, channels))
    y, log_det = conv.inverse_and_log_det(x)
    matrix = conv.matrix.numpy()
    np.testing.assert_allclose(y, np.einsum("bhwc,cd->bhwd", x, matrix), atol=1e-12)
    _, expected = np.linalg.slogdet(matrix)
    np.testing.assert_allclose(log_det, np.full(4, 3 * 2 * expected), atol=1e-12)


@every_kind
def test_forward_multiplies_by_numpys_inverse(parametrization):
    conv = perturbed(5, parametrization)
    y = np.random.default_rng(0).normal(size=(4, 3, 2, 5))
    x, log_det = conv.forward_and_log_det(y)
    inverse = np.linalg.inv(conv.matrix.numpy())
    np.testing.assert_allclose(x, np.einsum("bhwc,cd->bhwd", y, inverse), atol=1e-10)
    expected = 3 * 2 * np.linalg.slogdet(inverse)[1]
    np.testing.assert_allclose(log_det, np.full(4, expected), atol=1e-10)


def test_plu_only_moves_its_triangles_and_diagonal():
    conv = InvertibleConv(4, dtype="float64")
    weights = {w.name: w.numpy() for w in conv.keras_layers[0].weights}
    for name in ("lower", "upper", "log_diagonal"):
        weights[name] = np.random.default_rng(0).normal(size=weights[name].shape)
    for weight in conv.keras_layers[0].weights:
        weight.assign(weights[weight.name])
    lower = np.tril(weights["lower"], -1) + np.eye(4)
    diagonal = np.diag(weights["sign"] * np.exp(weights["log_diagonal"]))
    upper = np.triu(weights["upper"], 1) + diagonal
    np.testing.assert_allclose(conv.matrix, weights["permutation"] @ lower @ upper)
    assert sorted(v.name for v in conv.keras_layers[0].trainable_weights) == [
        "log_diagonal",
        "lower",
        "upper",
    ]


@every_kind
def test_weights_carry_over_what_was_drawn_at_random(parametrization):
    conv, other = (InvertibleConv(5, parametrization) for _ in range(2))
    other.keras_layers[0].set_weights(conv.keras_layers[0].get_weights())
    np.testing.assert_array_equal(other.matrix, conv.matrix)


def test_refuses_an_unknown_parametrization():
    message = r"one of \['dense', 'plu'\]. Received: parametrization=qr"
    with pytest.raises(ValueError, match=message):
        InvertibleConv(3, "qr")


def test_refuses_no_channels():
    with pytest.raises(ValueError, match="at least 1. Received: channels=0"):
        InvertibleConv(0)


def test_refuses_other_numbers_of_channels():
    with pytest.raises(ValueError, match=r"mixes 3 channels.*shape=\(1, 2, 2, 4\)"):
        InvertibleConv(3).inverse(tf.zeros([1, 2, 2, 4]))
