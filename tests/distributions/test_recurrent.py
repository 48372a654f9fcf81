"""Recurrent decoders: what a row sees, and probabilities by quadrature over z."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from PIL import Image

from ade_tf.config import RunConfig
from ade_tf.data.splits import Split
from ade_tf.distributions.posterior import DiagonalGaussian
from ade_tf.distributions.recurrent_decoder import RecurrentDecoder
from ade_tf.distributions.recurrent_encoder import RecurrentEncoder
from ade_tf.models import build_model
from ade_tf.models.scoring import LikelihoodScorer
from ade_tf.networks.recurrent import RowRecurrent
from ade_tf.randomness import BatchDraws
from ade_tf.samples import draw
from ade_tf.training import train
from tests.helpers.eager import eagerly
from tests.helpers.jacobians import jacobian
from tests.helpers.models import digits, perturb, tiny_config, tiny_model

VRNN = dict(decoder="recurrent", network="mlp", latent_size=2, pixel_width=8)


def test_features_of_a_row_depend_on_the_rows_above_and_on_codes_up_to_it():
    network = RowRecurrent((4, 3, 2), 2, 5, width=6, network="mlp", dtype="float64")
    perturb(network, scale=0.5)
    generator = np.random.default_rng(0)
    x = tf.constant(generator.normal(size=[1, 4, 3, 2]))
    u = tf.constant(generator.normal(size=[1, 8]))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, u])
        codes = network.split(u)
        features = network.unroll(
            lambda row, h: codes[row], lambda row, features: x[:, row], 1
        )
        rows = tf.reduce_sum(features**2, [2, 3])
    of_x = np.abs(tape.jacobian(rows, x)[0, :, 0]).sum((2, 3)) > 0.0
    of_u = np.abs(tape.jacobian(rows, u)[0, :, 0]).reshape(4, 4, 2).sum(2) > 0.0
    np.testing.assert_array_equal(of_x, np.tri(4, k=-1))
    np.testing.assert_array_equal(of_u, np.tri(4))


@pytest.mark.parametrize("posterior", ["gaussian", "iaf", "planar"])
def test_codes_of_a_row_depend_on_the_rows_up_to_it(posterior):
    model = tiny_model("vae", **VRNN, posterior=posterior)
    images = tf.cast(digits().test.images[:1], tf.float32)
    found = jacobian(
        lambda x: model.infer(x, tf.ones([len(x), model.latent_size])).z, images
    )
    found = np.abs(found).reshape(8, 2, 8, 8)
    np.testing.assert_array_equal(found.sum((1, 3)) > 0.0, np.tri(8))


def test_the_kl_of_every_row_is_zero_where_q_is_the_prior_and_is_that_of_z():
    """KL of u against KL of z = m + s u, row by row."""
    decoder = RecurrentDecoder((3, 2, 1), 2, grey_levels=5, pixel_width=4, width=6)
    encoder = RecurrentEncoder((3, 2, 1), DiagonalGaussian(2), width=6, network="mlp")
    perturb(decoder, scale=0.5)
    images = tf.constant(np.random.default_rng(0).normal(size=[4, 3, 2, 1]), tf.float32)
    noise, standard = tf.ones([4, 6]), tfp.distributions.Normal(0.0, 1.0)
    for tied in (True, False):
        if tied:
            for variable in encoder._last.trainable_variables:
                variable.assign(tf.zeros_like(variable))
        else:
            perturb(encoder, scale=0.5)
        states, found = [], encoder.infer(images, noise, decoder)
        codes = [drawn.value for drawn in found.drawn]

        def keep(row, h, codes=codes, states=states):
            states.append(h)
            return codes[row]

        decoder.unroll(keep, lambda row, _: images[:, row], 4)
        for q, h in zip(found.posteriors, states, strict=True):
            mean = decoder._code_of(tf.zeros([4, 2]), h)
            scale = decoder._code_of(tf.ones([4, 2]), h) - mean
            prior = tfp.distributions.Normal(mean, scale)
            own = tfp.distributions.Normal(mean + scale * q.mean(), scale * q.stddev())
            expected = tfp.distributions.kl_divergence(own, prior)
            kl = tfp.distributions.kl_divergence(q._normal, standard)
            np.testing.assert_allclose(kl, expected, rtol=1e-3, atol=1e-5)
            assert np.all(kl.numpy() == 0.0) == tied


def every_image(shape, levels):
    values = itertools.product(range(levels), repeat=int(np.prod(shape)))
    return np.array(list(values), np.float32).reshape(-1, *shape)


@pytest.mark.parametrize("shape", [(2, 1, 1), (1, 2, 1)], ids=str)
@pytest.mark.parametrize("output", ["categorical", "logistics"])
def test_bounds_are_below_the_probability_by_quadrature(shape, output):
    """p(x) by quadrature over z sums to one, and F_k is below and tends to ln p(x)."""
    settings = {**VRNN, "latent_size": 1, "pixel_width": 4, "width": 6}
    config = RunConfig.from_flat(dict(settings, preset="vae", pixel_output=output))
    model = build_model(config, shape, 3)
    perturb(model.decoder, scale=0.5)
    perturb(model.posterior, scale=0.1)
    images = every_image(shape, 3)
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    dims = model.latent_size
    grid = np.stack(np.meshgrid(*[nodes] * dims), -1).reshape(-1, dims)
    joint = np.stack(np.meshgrid(*[weights] * dims), -1).reshape(-1, dims).prod(-1)
    joint /= np.sqrt(2.0 * np.pi) ** dims
    probability = []
    for image in images:
        copies = tf.constant(np.repeat(image[None], len(grid), 0))
        density = model.feature_density(tf.constant(grid, tf.float32))
        probability.append(joint @ np.exp(np.float64(density.log_prob(copies))))
    assert sum(probability) == pytest.approx(1.0, abs=1e-5)
    repeats = 400
    scorer = LikelihoodScorer(model, len(images) * repeats)
    split = Split(np.repeat(images, repeats, 0), np.zeros(len(images) * repeats, int))
    found = []
    for k in (1, 16, 256):
        scores = scorer.importance_weighted(split, k).bits_per_dim
        nats = -scores.reshape(len(images), repeats) * np.log(2.0) * model.dims
        mean, error = nats.mean(1), nats.std(1) / np.sqrt(repeats)
        assert np.all(mean < np.log(probability) + 4.0 * error)
        found.append(np.log(probability) - mean)
    assert found[2].mean() < 0.03 and found[0].mean() > 5 * found[2].mean()


@pytest.mark.parametrize("conditional", [False, True])
def test_draws_have_the_frequencies_of_the_density(conditional):
    decoder = RecurrentDecoder(
        (2, 1, 1),
        1,
        grey_levels=3,
        pixel_width=4,
        width=6,
        position_maps=True,
        condition_shape=(2,) if conditional else None,
    )
    perturb(decoder, scale=0.3)
    count = 20_000
    z = tf.ones([count, 2])
    condition = tf.one_hot(tf.ones([count], tf.int32), 2) if conditional else None
    density = decoder.density(z, condition)
    drawn = density.draw(BatchDraws(3, count))
    log_prob = density.log_prob(drawn.value)
    np.testing.assert_allclose(drawn.log_prob, log_prob, rtol=1e-5, atol=1e-5)
    images = every_image((2, 1, 1), 3)
    condition = None if condition is None else condition[:9]
    expected = np.exp(decoder.density(z[:9], condition).log_prob(images))
    codes = (drawn.value.numpy().reshape(-1, 2) @ [3, 1]).astype(int)
    found = np.bincount(codes, minlength=9) / count
    assert expected.sum() == pytest.approx(1.0, abs=1e-5)
    np.testing.assert_allclose(found, expected, atol=0.015)
    below = density.complete(2.0 * tf.ones([count, 2, 1, 1]), 1, BatchDraws(4, count))
    assert np.all(below.value[:, 0] == 2.0)
    share = (
        np.bincount(below.value.numpy()[:, 1].ravel().astype(int), minlength=3) / count
    )
    np.testing.assert_allclose(share, expected[6:] / expected[6:].sum(), atol=0.015)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (dict(network="conv"), "network `mlp`.*preset='vae', network='conv'"),
        (dict(latent_levels=(1,)), r"latent_levels=\(1,\)"),
        (dict(prior="autoregressive"), "prior='autoregressive'"),
        (dict(preset="pixel_cnn"), "needs a preset with a z"),
        (dict(preset="av_gde"), "too slowly for a game"),
        (dict(mmd_weight=1.0), "needs one vector z"),
        (dict(pixel_blocks=1), "needs decoder `pixel_cnn`"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused(settings, message):
    given = {"preset": "vae", "decoder": "recurrent", "network": "mlp", **settings}
    if given["preset"] == "pixel_cnn":
        del given["network"]
    with pytest.raises(ValueError, match=message):
        RunConfig.from_flat(given)


def test_grey_levels_are_needed():
    with pytest.raises(ValueError, match="at least 2 of them. Received: levels=0"):
        RecurrentDecoder((4, 4, 1), 2, grey_levels=0)


@pytest.mark.parametrize("preset", ["vae", "pixel_cnn"])
def test_completions_keep_the_rows_given_and_read_no_others(preset):
    settings = VRNN if preset == "vae" else dict(pixel_width=6, pixel_blocks=1)
    model = tiny_model(preset, **settings)
    images = digits().test.images[:3]
    found = model.complete(images, 3, 4, seed=1)
    assert found.shape == (3, 4, 8, 8, 1) and found.dtype == np.uint8
    assert np.all(found[:, :, :3] == images[:, None, :3])
    assert np.any(found[:, 0] != found[:, 1])
    other = images.copy()
    other[:, 3:] = 16 - other[:, 3:]
    np.testing.assert_array_equal(model.complete(other, 3, 4, seed=1), found)
    np.testing.assert_array_equal(model.complete(images[:2], 3, 4, seed=1), found[:2])
    assert model.complete(images, 0).shape == (3, 1, 8, 8, 1)
    with pytest.raises(ValueError, match="0 to 7 can be given. Received: rows=8"):
        model.complete(images, 8)


def test_a_run_draws_completions(tmp_path):
    run = tmp_path / "run"
    with eagerly():
        train(tiny_config("vae", **VRNN, num_steps=2), run)
    path = draw(run, mode="complete", out=str(tmp_path / "a.npz"), num_samples=3)
    with np.load(path) as found:
        rows = found["images"].reshape(3, 10, 8, 8)
    images = digits().test.images[:3, ..., 0]
    np.testing.assert_array_equal(rows[:, 0], images)
    assert np.all(rows[:, 1:, :4] == images[:, None, :4])
    assert not rows[:, 1, 4:].any()
    path = draw(run, mode="complete", out=str(tmp_path / "a.png"))
    with Image.open(path) as picture:
        assert picture.width < 1200 and picture.height < 800


def test_a_z_of_the_whole_image_is_not_completed():
    model = tiny_model("vae", decoder="pixel_cnn", pixel_width=6, pixel_blocks=0)
    with pytest.raises(ValueError, match="without a z. Received: preset='vae'"):
        model.complete(digits().test.images[:1], 4)
