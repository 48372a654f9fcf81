"""Flexible and hierarchical posteriors, and full covariance, in whole models."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.example_draws import content_indices
from ade_tf.export import export_model
from ade_tf.models import build_model, count_parameters
from ade_tf.objectives import importance_weighted_bound
from ade_tf.randomness import fold
from ade_tf.samples import interpolate
from tests.helpers.models import (
    batch,
    bound_terms,
    decode,
    digits,
    encode,
    gradients_of,
    log_weights,
    sample,
    tiny_config,
    tiny_model,
)

SETTINGS = {
    "iaf": dict(posterior="iaf", iaf_width=8),
    "top_down": dict(latent_levels=(1, 1), latent_size=2, free_bits=0.2),
    "top_down_iaf": dict(
        latent_levels=(2, 1), latent_size=2, posterior="iaf", iaf_steps=1, iaf_width=8
    ),
    "low_rank": dict(covariance_rank=2, sigma="from_z"),
    "variational": dict(dequantizer="variational", dequantizer_width=4),
    "recurrent": dict(
        preset="vae",
        decoder="recurrent",
        network="mlp",
        latent_size=2,
        pixel_width=8,
    ),
    "residual": dict(feature_map="residual", residual_blocks=2, residual_width=8),
    "pixel_grid": dict(
        preset="vae",
        decoder="pixel_cnn",
        pixel_width=6,
        pixel_blocks=1,
        latent_levels=(2,),
        latent_size=1,
        prior="autoregressive",
        prior_steps=1,
        prior_width=6,
    ),
}
DISCRETE = ("recurrent", "pixel_grid")
SIZES = {
    "iaf": 4,
    "top_down": 160,
    "top_down_iaf": 192,
    "low_rank": 4,
    "variational": 4,
    "recurrent": 16,
    "residual": 4,
    "pixel_grid": 32,
}
every_model = pytest.mark.parametrize("name", SETTINGS)


@functools.cache
def model_of(name):
    """Returns a perturbed model; tests leave it as it is."""
    return tiny_model(**settings_of(name))


def settings_of(name):
    return {"preset": "v_ade", "flow_steps": (1,), **SETTINGS[name]}


@every_model
def test_every_trainable_variable_has_a_gradient_and_is_counted(name):
    model, logs = model_of(name), {}
    # Free bits take the gradient from units whose KL is small.
    found = gradients_of(model, "likelihood", batch(32)["image"], logs=logs)
    for variable, gradient in zip(model.generator_variables, found, strict=True):
        assert gradient is not None and np.any(gradient), variable.path
    assert sum(count_parameters(model.parts).values()) == sum(
        np.prod(v.shape) for v in model.trainable_variables
    )
    levels = [logs[key] for key in logs if key.startswith("kl_")]
    expected = {"top_down": 2, "top_down_iaf": 3, "recurrent": 8, "pixel_grid": 2}
    assert len(levels) == expected.get(name, 0)
    if levels:
        np.testing.assert_allclose(sum(levels), logs["kl"], rtol=1e-5)


@every_model
def test_the_bound_holds_in_the_mean_and_tightens(name):
    model = model_of(name)
    count = 2048
    image = tf.repeat(tf.constant(digits().test.images[:1]), count, 0)
    indices = tf.range(count, dtype=tf.int64)

    @tf.function
    def both():
        bound = -bound_terms(model, image, 0, indices).loss_nats()
        return bound, log_weights(model, image, 0, indices)

    bound, weights = (values.numpy() for values in both())
    difference = bound - weights
    if "iaf" in name:
        # There the bound takes the KL at the very draw of the weight.
        np.testing.assert_allclose(difference, 0.0, atol=1e-3)
    else:
        error = difference.std() / np.sqrt(count)
        assert abs(difference.mean()) < 4.0 * error
    means = [
        np.mean(importance_weighted_bound(weights.reshape(-1, k))) for k in (1, 8, 64)
    ]
    assert np.all(np.diff(means) > 0.0), means


@every_model
def test_scores_do_not_depend_on_the_batch(name):
    model, images = model_of(name), digits().test.images[:5]
    many, few = (
        bound_terms(model, images[:n], 3, tf.range(n, dtype=tf.int64)) for n in (5, 2)
    )
    for here, there in zip(many, few, strict=True):
        np.testing.assert_allclose(here.nats[:2], there.nats, rtol=1e-4, atol=1e-3)


@every_model
def test_codes_samples_and_lines_between_codes(name):
    model, images = model_of(name), batch(4)["image"]
    codes = encode(model, images)
    assert codes.shape == (4, model.latent_size) and model.latent_size == SIZES[name]
    np.testing.assert_array_equal(codes, encode(model, images))
    line = interpolate(model, images[:2], images[2:], steps=3)
    assert line.shape == (6, 8, 8, 1)
    np.testing.assert_array_equal(line[0], decode(model, codes)[0])
    many = sample(model, 5, 1.0, 7, noise=True).numpy()
    some = sample(model, 2, 1.0, 7, noise=True, first=3)
    assert np.mean(many[3:] != some) < 0.02
    # Grey levels are drawn in any case.
    plain = sample(model, 5, 1.0, 7).numpy()
    assert np.any(many != plain) == (name not in DISCRETE)


def test_the_temperature_acts_at_every_level():
    model = model_of("top_down")
    images = sample(model, 3, 0.0, 0).numpy()
    np.testing.assert_array_equal(images[0], images[2])
    mode, _ = model.decoder(tf.zeros([1, model.latent_size]))
    x, _ = model.feature_map.forward_and_log_det(mode)
    assert np.mean(np.clip(np.floor(x), 0, 16) != images[:1]) < 0.02


@pytest.mark.parametrize("name", ["top_down_iaf", "recurrent", "pixel_grid"])
def test_a_checkpoint_restores_every_level(tmp_path, name):
    saved = model_of(name)
    loaded = tiny_model(**settings_of(name), seed=1, perturbed=False)
    path = tf.train.Checkpoint(model=saved).save(tmp_path / "checkpoint")
    tf.train.Checkpoint(model=loaded).restore(path).assert_consumed()
    for ours, theirs in zip(saved.variables, loaded.variables, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy(), err_msg=ours.path)


@pytest.mark.parametrize(
    "name",
    [
        "recurrent",
        *(
            pytest.param(n, marks=pytest.mark.long)
            for n in ("top_down_iaf", "pixel_grid")
        ),
    ],
)
def test_an_export_answers_as_the_model(tmp_path, name):
    model, images = model_of(name), digits().test.images[:3]
    export_model(model, tmp_path / "out")
    exported = tf.saved_model.load(tmp_path / "out")
    codes = encode(model, images)
    np.testing.assert_allclose(exported.encode(images), codes, rtol=1e-4, atol=1e-4)
    assert np.mean(exported.decode(codes).numpy() != decode(model, codes)) < 0.02
    drawn = exported.sample(3, 1.0, 5).numpy()
    seed = fold(tf.constant([5, 0]))
    assert np.mean(drawn != sample(model, 3, 1.0, seed).numpy()) < 0.02
    seed, places = fold(tf.constant([2, 0])), content_indices(images.astype(np.float32))
    terms = bound_terms(model, images, seed, places)
    log_prob = exported.log_prob(images, 2)
    np.testing.assert_allclose(log_prob, -terms.loss_nats(), rtol=1e-4)


def test_noise_has_the_full_covariance():
    config = tiny_config("vae", covariance_rank=2, network="mlp")
    model = build_model(config, (1, 1, 3), 0)
    generator = np.random.default_rng(0)
    for variable in model.decoder.trainable_variables:
        noise = generator.normal(0.0, 0.5, variable.shape)
        # mu is the same for all z.
        free = "sigma" in variable.path or "factors" in variable.path
        variable.assign(noise if free else np.zeros(variable.shape))
    _, scale = model.decoder(tf.zeros([1, 4]))
    sigma, factors = (np.reshape(x, [3, -1]) for x in scale)
    expected = np.diag(sigma[:, 0] ** 2) + factors @ factors.T
    draw = tf.function(lambda: sample(model, 6000, 0.5, 0, noise=True), autograph=False)
    drawn = draw().numpy().reshape(-1, 3)
    np.testing.assert_allclose(np.cov(drawn.T), 0.25 * expected, rtol=0.1, atol=0.01)
    assert np.abs(np.corrcoef(drawn.T) - np.eye(3)).max() > 0.1


def test_free_bits_change_the_gradient_and_not_the_logs():
    images, found = tf.constant(batch(16)["image"]), {}
    for free_bits in (0.0, 1e-6, 1e6):
        model = tiny_model("vae", free_bits=free_bits, position_maps=False)
        logs = {}
        gradients = gradients_of(model, "likelihood", images, logs=logs)
        found[free_bits] = logs, [np.array(g) for g in gradients]
    plain, low, high = found.values()
    for name, value in plain[0].items():
        np.testing.assert_array_equal(value, high[0][name])
    for here, there in zip(plain[1], low[1], strict=True):
        np.testing.assert_allclose(here, there, rtol=1e-4, atol=1e-6)
    differs = [not np.allclose(a, b) for a, b in zip(plain[1], high[1], strict=True)]
    assert any(differs)


def test_only_one_gaussian_is_a_distribution():
    needs = {
        "iaf": "posterior `gaussian`",
        "top_down": r"one vector z. Received: latent_levels=\(1, 1\)",
        "recurrent": "one vector z. Received: .*decoder='recurrent'",
    }
    for name, need in needs.items():
        with pytest.raises(ValueError, match=f"as one Gaussian needs {need}"):
            model_of(name).posterior_density(tf.zeros([1, 8, 8, 1]))
