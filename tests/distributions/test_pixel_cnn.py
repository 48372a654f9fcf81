"""Autoregressive decoders: what a pixel sees, and that probabilities add up to one."""

import itertools

import numpy as np
import pytest
import scipy.special
import scipy.stats
import tensorflow as tf

from ade_tf.distributions.decoders import pixel_cnn
from ade_tf.distributions.grey_levels import Categorical, LogisticMixture
from ade_tf.distributions.pixel_cnn import PixelDecoder
from ade_tf.networks.pixel_cnn import PixelCNN
from ade_tf.networks.style import NetworkStyle
from ade_tf.randomness import BatchDraws
from tests.helpers.models import batch, bound_terms, digits, perturb, tiny_model

SHAPES = [(4, 4, 1), (3, 5, 3), (1, 4, 2), (5, 1, 1)]


def decoder(shape=(2, 1, 1), latent_size=0, scale=0.5, **keywords):
    made = PixelDecoder(
        shape,
        latent_size,
        **{"grey_levels": 3, "pixel_width": 6, "pixel_blocks": 2, **keywords},
    )
    perturb(made, scale=scale)
    return made


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("blocks", [0, 1, 3])
def test_features_depend_on_earlier_pixels_alone(shape, blocks):
    network = PixelCNN(shape, width=6, blocks=blocks, dtype="float64")
    perturb(network, scale=0.5)
    x = tf.constant(np.random.default_rng(0).normal(size=[1, *shape]))
    with tf.GradientTape() as tape:
        tape.watch(x)
        features = tf.reduce_sum(network(x) ** 2, -1)
    found = tape.jacobian(features, x)[0, :, :, 0]
    size = shape[0] * shape[1]
    seen = np.abs(found.numpy()).reshape(size, size, -1).sum(-1)
    assert (seen[np.triu_indices(size)] == 0.0).all()
    if blocks == 3:
        # No blind spot: enough blocks see every earlier pixel of these images.
        assert (seen[np.tril_indices(size, -1)] > 0.0).all()


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("output", ["categorical", "logistics"])
def test_the_laws_of_values_follow_the_order_of_pixels_and_channels(shape, output):
    """ln p(x_i | ...) does not change with a value behind x_i, and does with itself."""
    made = decoder(shape, scale=0.2, grey_levels=5, pixel_output=output)
    x = np.random.default_rng(1).integers(5, size=[1, *shape]).astype(np.float32)

    def of_pixels(x):
        return made.law.log_prob(x, made.features(tf.constant(x), None)).numpy()[0]

    start = of_pixels(x)
    for place in itertools.product(*map(range, shape[:2])):
        changed = x.copy()
        changed[0][place] = (changed[0][place] + 1) % 5
        flat = place[0] * shape[1] + place[1]
        moved = (of_pixels(changed) != start).ravel()
        assert not moved[:flat].any() and moved[flat]


@pytest.mark.parametrize("shape", [(2, 1, 1), (1, 2, 1), (1, 1, 2), (1, 1, 3)], ids=str)
@pytest.mark.parametrize("output", ["categorical", "logistics"])
@pytest.mark.parametrize("latent_size", [0, 2])
def test_probabilities_of_all_images_sum_to_one(shape, output, latent_size):
    made = decoder(shape, latent_size, pixel_output=output, width=4)
    size = int(np.prod(shape))
    every = np.array(list(itertools.product(range(3), repeat=size)), np.float32)
    z = tf.ones([len(every), latent_size]) if latent_size else None
    log_prob = made.density(z).log_prob(every.reshape(-1, *shape))
    assert np.exp(np.float64(log_prob)).sum() == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("output", ["categorical", "logistics"])
@pytest.mark.parametrize("context", [True, False])
def test_draws_have_the_frequencies_of_the_density(output, context):
    made = decoder((1, 2, 1), 2, pixel_output=output, pixel_context=context, width=4)
    count = 20_000
    density = made.density(tf.ones([count, 2]))
    drawn = density.draw(BatchDraws(3, count))
    np.testing.assert_allclose(drawn.log_prob, density.log_prob(drawn.value), rtol=1e-5)
    every = np.array(list(itertools.product(range(3), repeat=2)), np.float32)
    expected = np.exp(
        made.density(tf.ones([9, 2])).log_prob(every.reshape(-1, 1, 2, 1))
    )
    codes = (drawn.value.numpy().reshape(-1, 2) @ [3, 1]).astype(int)
    found = np.bincount(codes, minlength=9)
    expected = np.float64(expected) * count
    assert scipy.stats.chisquare(found, expected * count / expected.sum()).pvalue > 1e-3


def test_a_low_temperature_draws_the_likeliest():
    made = decoder((1, 1, 1), 2, pixel_context=False, width=4)
    density = made.density(tf.ones([50, 2]))
    value = density.draw(BatchDraws(0, 50), temperature=1e-4).value
    levels = tf.range(3.0)[:, None, None, None]
    best = np.argmax(made.density(tf.ones([3, 2])).log_prob(levels))
    assert (value.numpy() == best).all()


def test_logistic_bins_against_scipy():
    law = LogisticMixture(1, 17, 4, NetworkStyle(), mixtures=2)
    perturb(law, scale=0.5)
    features = np.random.default_rng(2).normal(size=[1, 4]).astype(np.float32)
    logits, mean, log_scale, _ = (
        np.float64(p)[0] for p in law._parameters(tf.constant(features))
    )
    weights = np.exp(logits) / np.exp(logits).sum()
    edges = (np.arange(1, 17) - 0.5) / 8 - 1
    cdf = scipy.stats.logistic.cdf(edges[:, None], mean[:, 0], np.exp(log_scale[:, 0]))
    masses = np.diff(np.concatenate([np.zeros([1, 2]), cdf, np.ones([1, 2])]), axis=0)
    found = law.log_prob(
        tf.range(17.0)[:, None], tf.repeat(tf.constant(features), 17, 0)
    )
    np.testing.assert_allclose(np.exp(found), masses @ weights, rtol=1e-5)


def test_logistics_begin_narrow_in_every_channel():
    law = LogisticMixture(3, 256, 4, NetworkStyle(), mixtures=2)
    level = np.random.default_rng(3).integers(1, 255, [5, 3])
    edges = (level[..., None] + [-0.5, 0.5]) / 127.5 - 1
    cdf = scipy.stats.logistic.cdf(edges, scale=np.exp(-2.0))
    found = law.log_prob(tf.constant(level, tf.float32), tf.zeros([5, 4]))
    expected = np.log(np.diff(cdf)[..., 0]).sum(-1)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.mark.parametrize("log_scale", [-6.0, -2.0, 1.0])
def test_logistic_bins_far_from_the_mean_against_scipy(log_scale):
    law = LogisticMixture(1, 256, 1, NetworkStyle(), mixtures=1)
    kernel, bias = law.trainable_variables
    kernel.assign(tf.zeros_like(kernel))
    bias.assign([0.0, 1.0, log_scale])
    level = np.arange(1.0, 255.0)
    lower, upper = (
        scipy.special.log_expit(((level + end) / 127.5 - 2) / np.exp(log_scale))
        for end in (-0.5, 0.5)
    )
    expected = upper + np.log(-np.expm1(lower - upper))
    found = law.log_prob(tf.constant(level[:, None], tf.float32), tf.ones([254, 1]))
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_a_bin_far_from_the_mean_keeps_a_gradient():
    law = LogisticMixture(1, 256, 1, NetworkStyle(), mixtures=1)
    features = tf.constant([[1.0]])
    kernel, bias = law.trainable_variables
    # mu = 1, ln s = -6: a grey level in the middle is 400 scales away.
    kernel.assign(tf.zeros_like(kernel))
    bias.assign([0.0, 1.0, -6.0])
    with tf.GradientTape() as tape:
        loss = law.log_prob(tf.constant([[100.0]]), features)
    assert np.isfinite(loss).all()
    gradient = tape.gradient(loss, bias.value)
    assert gradient[1] < 0.0 and gradient[2] > 0.0


@pytest.mark.parametrize("preset", ["pixel_cnn", "vae"])
def test_likelihood_is_of_grey_levels_without_noise(preset):
    model = tiny_model(
        preset, decoder="pixel_cnn", pixel_width=6, pixel_blocks=1, width=8
    )
    images = batch()["image"]
    terms = bound_terms(model, images, 0, tf.range(8))
    assert "dequantizer" not in terms
    np.testing.assert_array_equal(terms["log_det"].nats, 0.0)
    if preset == "pixel_cnn":
        # Exact: no draw enters.
        again = bound_terms(model, images, 1, tf.range(8))
        np.testing.assert_array_equal(terms.loss_nats(), again.loss_nats())
        density = model.decoder.density(None)
        np.testing.assert_allclose(
            terms.loss_nats(), -density.log_prob(tf.cast(images, tf.float32)), rtol=1e-6
        )
    samples = model.sample(3, seed=1)
    assert samples.shape == (3, 8, 8, 1) and samples.max() <= 16
    np.testing.assert_array_equal(samples, model.sample(5, seed=1)[:3])


def test_a_conditional_pixel_cnn_follows_its_label():
    model = tiny_model("pixel_cnn", pixel_width=6, pixel_blocks=1, conditional=True)
    images = digits().test.images[:4]
    found = [model.bits_per_dim(images, np.full(4, label)) for label in (0, 1)]
    assert (found[0] != found[1]).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (dict(preset="av_ade", decoder="pixel_cnn"), "no feature map.*preset='av_ade'"),
        (dict(preset="pixel_cnn", decoder="gaussian"), "promises a density of grey"),
        (dict(preset="vae", decoder="pixel_cnn", network="mlp"), "network with maps"),
        (dict(preset="pixel_cnn", pixel_context=False), "needs a preset with a z"),
        (dict(preset="pixel_cnn", dequantizer="variational"), "continuous features"),
        (dict(preset="pixel_cnn", logit_alpha=0.1), "continuous features"),
        (dict(preset="vae", pixel_width=8), "needs decoder `pixel_cnn`"),
    ],
)
def test_what_cannot_act_is_refused(settings, message):
    from ade_tf.config import RunConfig

    with pytest.raises(ValueError, match=message):
        RunConfig.from_flat(settings)


def test_levels_are_needed():
    with pytest.raises(ValueError, match="at least 2 of them. Received: levels=0"):
        pixel_cnn((4, 4, 1), 0, grey_levels=0)
    law = Categorical(1, 2, 3, NetworkStyle())
    assert law.noise_size == 1
