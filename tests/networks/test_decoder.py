import numpy as np
import pytest
import tensorflow as tf

from ade_tf.networks import NETWORKS, SIGMAS, Decoder
from ade_tf.networks.decoder_output import floored_sigma
from tests.networks.cases import perturb

SIGMA_SHAPES = {
    "scalar": (1, 1, 1),
    "channel": (1, 1, 3),
    "pixel": (12, 8, 3),
    "from_z": (2, 12, 8, 3),
}
every_decoder = pytest.mark.parametrize("name", NETWORKS)
every_sigma = pytest.mark.parametrize("sigma", SIGMAS)


@every_decoder
@every_sigma
def test_sigma_is_one_at_first_and_broadcasts(name, sigma):
    decoder = Decoder((12, 8, 3), 4, network=name, width=4, sigma=sigma)
    mu, scale = decoder(tf.random.normal([2, 4]))
    assert scale.shape == SIGMA_SHAPES[sigma]
    np.testing.assert_allclose(scale, 1.0, rtol=1e-6)
    assert np.broadcast_shapes(mu.shape, scale.shape) == mu.shape


@every_decoder
@every_sigma
@pytest.mark.parametrize("floor", [-4.0, -0.5])
def test_floor_holds_for_extreme_weights(name, sigma, floor):
    decoder = Decoder(
        (4, 4, 1), 4, network=name, width=4, sigma=sigma, log_sigma_floor=floor
    )
    perturb(decoder, 100.0)
    _, scale = decoder(1e3 * tf.random.normal([8, 4]))
    scale = scale.numpy()
    assert np.all(scale >= np.exp(floor) * (1 - 1e-6))
    if sigma == "from_z":
        assert scale.min() < 1.0 < scale.max()


def test_floored_sigma_is_its_formula():
    raw = np.array([-1e6, -30.0, -1.0, 0.0, 2.0, 30.0])
    for floor in (-10.0, -4.0, -0.1):
        start = np.log(np.expm1(-floor))
        expected = np.exp(floor + np.logaddexp(0.0, raw + start))
        sigma = floored_sigma(tf.constant(raw, tf.float64), floor).numpy()
        np.testing.assert_allclose(sigma, expected, rtol=1e-12)
        np.testing.assert_allclose(sigma[[0, 3]], [np.exp(floor), 1.0], rtol=1e-12)


def test_only_from_z_depends_on_z():
    z = tf.random.normal([2, 4])
    for sigma in SIGMAS:
        decoder = Decoder((8, 8, 1), 4, width=4, sigma=sigma)
        perturb(decoder)
        differ = np.any(decoder(z)[1].numpy() != decoder(z + 1.0)[1].numpy())
        assert differ == (sigma == "from_z")


@every_decoder
def test_gradient_reaches_z_at_once(name):
    decoder = Decoder((8, 8, 1), 4, network=name, width=8)
    z = tf.random.normal([3, 4])
    with tf.GradientTape() as tape:
        tape.watch(z)
        mu, _ = decoder(z)
        loss = tf.reduce_sum(mu)
    assert np.all(np.abs(tape.gradient(loss, z)) > 1e-4)
    assert np.std(mu) < 0.5


@pytest.mark.parametrize("floor", [0.0, 1.0, float("nan")])
def test_floor_is_checked(floor):
    with pytest.raises(ValueError, match="must be below 0.*log_sigma_floor="):
        Decoder((8, 8, 1), 4, log_sigma_floor=floor)


def test_sigma_is_checked():
    with pytest.raises(ValueError, match="`sigma` must be one of 'scalar'.*'no'"):
        Decoder((8, 8, 1), 4, sigma="no")
