"""Games on pairs and codes: who is shown what, and who follows which gradient."""

import numpy as np
import pytest
import scipy.integrate
import tensorflow as tf

from ade_tf.config import RunConfig
from ade_tf.objectives import ADVERSARIES
from ade_tf.objectives.divergences import SCALES, maximum_mean_discrepancy
from ade_tf.randomness import BatchDraws
from tests.helpers.models import digits, gradients_of, tiny_config, tiny_model

PRESETS = {
    "bigan": dict(preset="gan", games=("pair",), reconstruction_weight=1.0),
    "aae": dict(preset="av_gde", games=("code",), kl_weight=0.0),
    "both": dict(preset="gan", games=("image", "pair")),
    "info_vae": dict(preset="vae", mmd_weight=10.0, kl_weight=0.0),
}


def moved(model, steps=2):
    """Trains a model; returns the names of the parts that have changed."""
    names = (
        "posterior",
        "decoder",
        "feature_map",
        "discriminator",
        "pair_discriminator",
        "code_discriminator",
    )
    parts = {name: getattr(model, name) for name in names if getattr(model, name)}
    before = {
        name: [v.numpy() for v in part.trainable_variables]
        for name, part in parts.items()
    }
    history = model.fit(digits().train.images, steps_per_epoch=steps, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    return {
        name
        for name, part in parts.items()
        for old, new in zip(before[name], part.trainable_variables, strict=True)
        if np.any(old != new.numpy())
    }, history


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bigan", {"posterior", "decoder", "pair_discriminator"}),
        ("aae", {"posterior", "decoder", "code_discriminator"}),
        ("both", {"posterior", "decoder", "discriminator", "pair_discriminator"}),
        ("info_vae", {"posterior", "decoder"}),
    ],
)
def test_which_parts_a_step_moves(name, expected):
    model = tiny_model(**PRESETS[name], average_decay=0.0)
    found, history = moved(model)
    assert found == expected
    if name == "bigan":
        assert {"pair_adversarial_loss", "pair_discriminator_loss"} <= set(history)
    if name == "both":
        assert {"adversarial_loss", "pair_adversarial_loss"} <= set(history)


@pytest.mark.parametrize("name", ["bigan", "aae", "info_vae"])
def test_a_term_trains_the_parts_that_it_names(name):
    model = tiny_model(**PRESETS[name])
    for update in model.updates():
        for term in update.terms:
            found = gradients_of(model, term.name, digits().train.images[:8])
            trained = {id(v) for part in term.trains for v in _variables(model, part)}
            for variable, gradient in zip(
                model.generator_variables, found, strict=True
            ):
                if id(variable) not in trained:
                    assert gradient is None


def _variables(model, part):
    layer = getattr(model, part)
    return layer.trainable_variables if layer else []


def test_the_encoder_wants_its_pairs_to_be_taken_for_samples():
    model = tiny_model("gan", games=("pair",))
    images = digits().train.images[:8]
    batch = model.batch(images)
    (game,) = model.games
    variables = [v.value for v in model.posterior.trainable_variables]
    with tf.GradientTape() as tape:
        loss, _ = game.generator_loss(batch, BatchDraws(0, 8))
    found = tape.gradient(loss, variables)
    # By hand: the log-ratio of the real pairs, to be made small.
    with tf.GradientTape() as tape:
        draws = BatchDraws(0, 8)
        game.fake(batch, draws)
        logits = game.discriminator(*game.real(batch, draws))
        expected = tf.reduce_mean(logits)
    by_hand = tape.gradient(expected, variables)
    for here, there in zip(found, by_hand, strict=True):
        np.testing.assert_allclose(here, there, rtol=1e-4, atol=1e-6)


def test_the_best_discriminator_of_pairs_on_two_points():
    """Two images, two codes: the log-ratio of the joint probabilities, by hand."""
    real = np.array([[0.4, 0.1], [0.2, 0.3]])
    fake = np.array([[0.25, 0.25], [0.1, 0.4]])
    logits = tf.Variable(np.zeros([2, 2]))
    adversary = ADVERSARIES["log_ratio"]
    for _ in range(4000):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(real * adversary.real(logits))
            loss += tf.reduce_sum(fake * adversary.fake(logits))
        logits.assign_sub(2.0 * tape.gradient(loss, logits))
    np.testing.assert_allclose(logits, np.log(real / fake), atol=1e-5)
    mixture = (real + fake) / 2
    jsd = 0.5 * np.sum(real * np.log(real / mixture) + fake * np.log(fake / mixture))
    assert float(loss) == pytest.approx(2 * np.log(2) - 2 * jsd, abs=1e-6)


@pytest.mark.parametrize("name", ADVERSARIES)
def test_the_roles_turned_round(name):
    """An encoder gains where its logit falls, as a generator does where it rises."""
    adversary = ADVERSARIES[name]
    if adversary.paired:
        return
    t = tf.constant([-0.5, 0.2, 0.9])
    with tf.GradientTape() as tape:
        tape.watch(t)
        loss = adversary.encoder_loss(t)
    assert np.all(tape.gradient(loss, t) > 0.0) or name == "least_squares"
    if name == "least_squares":
        assert float(adversary.encoder_loss(tf.zeros([3]))) == 0.0


def test_mmd_of_equal_laws_is_zero_within_its_error():
    generator = np.random.default_rng(0)
    found = [
        float(maximum_mean_discrepancy(*generator.normal(size=[2, 64, 3])))
        for _ in range(300)
    ]
    error = np.std(found) / np.sqrt(len(found))
    assert abs(np.mean(found)) < 3 * error


def test_mmd_of_shifted_gaussians_is_the_integral():
    """E k(a, b) for a - b ~ N(m, 2) in one dimension, by quadrature."""
    shift = 1.5

    def mean_kernel(mean):
        def integrand(t):
            density = np.exp(-((t - mean) ** 2) / 4) / np.sqrt(4 * np.pi)
            return density * sum(2 * s / (2 * s + t**2) for s in SCALES)

        return scipy.integrate.quad(integrand, -20, 20, limit=200)[0]

    expected = 2 * mean_kernel(0.0) - 2 * mean_kernel(shift)
    generator = np.random.default_rng(1)
    found = [
        float(
            maximum_mean_discrepancy(
                generator.normal(shift, 1, [64, 1]), generator.normal(size=[64, 1])
            )
        )
        for _ in range(300)
    ]
    assert abs(np.mean(found) - expected) < 4 * np.std(found) / np.sqrt(len(found))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (dict(preset="flow_gan", games=("pair",)), "need a preset with a z"),
        (dict(preset="gan", games=("code",)), "needs a preset with a likelihood"),
        (dict(preset="av_gde", games=("pair", "pair")), "name each once"),
        (dict(preset="av_gde", games=("other",)), "must be one of"),
        (dict(preset="gan", reconstruction_weight=1.0), "needs a game of pairs"),
        (dict(preset="gan", mmd_weight=1.0), "mmd_weight needs an encoder"),
        (
            dict(preset="av_gde", games=("code",), latent_levels=(1,)),
            "one vector. Received: games=code",
        ),
    ],
)
def test_what_cannot_be_played_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        RunConfig.from_flat(settings)


def test_a_gan_with_a_game_of_pairs_has_codes():
    model = tiny_model("gan", games=("pair",))
    images = digits().test.images[:4]
    assert model.encode(images).shape == (4, 4)
    assert model.reconstruct(images).shape == images.shape
    assert tiny_config("gan")["games"] == ("image",)
