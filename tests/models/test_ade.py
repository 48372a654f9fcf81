import numpy as np
import pytest
import tensorflow as tf

from ade_tf.config import PRESETS
from ade_tf.models import count_parameters
from ade_tf.randomness import BatchDraws, MeanDraws
from tests.helpers.models import (
    ONE_DOMAIN,
    batch,
    digits,
    gradients_of,
    term_of,
    tiny_model,
    train_discriminator,
)

JOINT = ("av_ade", "flow_gan")
ALL = ["posterior", "decoder", "feature_map", "discriminator"]


def parts_of(model):
    layers = {name: getattr(model, name) for name in ALL}
    return {name: layer for name, layer in layers.items() if layer is not None}


def snapshot(model):
    return {
        name: [v.numpy() for v in layer.trainable_variables]
        for name, layer in parts_of(model).items()
    }


def moved_parts(before, after):
    return {
        name
        for name, values in before.items()
        if any(
            not np.array_equal(a, b) for a, b in zip(values, after[name], strict=True)
        )
    }


def run_update(model, name):
    images, logs = tf.constant(batch()["image"]), {"skipped": 0.0}
    if name == "discriminator":
        train_discriminator(model, images, logs)
    else:
        (own,) = (u for u in model.updates() if u.name == name)
        model._train(own, model.batch(images), logs)


@pytest.mark.parametrize(
    ("preset", "settings", "update", "expected"),
    [
        ("av_ade", {}, "discriminator", {"discriminator"}),
        ("av_ade", {}, "likelihood", {"posterior", "decoder", "feature_map"}),
        ("av_ade", {}, "adversarial", {"decoder"}),
        (
            "av_ade",
            {"adversarial_gradient_in_feature_map": True},
            "adversarial",
            {"decoder", "feature_map"},
        ),
        ("flow_gan", {}, "adversarial", {"feature_map"}),
        ("gan", {}, "adversarial", {"decoder"}),
        ("flow", {}, "likelihood", {"feature_map"}),
        ("vae", {}, "likelihood", {"posterior", "decoder"}),
    ],
)
def test_an_update_moves_its_variables_and_no_others(
    preset, settings, update, expected
):
    # Sigma has no part in f^-1(mu(z)); "scalar" would stay put in the decoder.
    model = tiny_model(
        preset, sigma="from_z", average_decay=0.0, flow_steps=(1,), **settings
    )
    if update != "discriminator":
        named = set(term_of(model, update).trains) & {*parts_of(model)}
        assert {name for name in named if snapshot(model)[name]} == expected
    before = snapshot(model)
    run_update(model, update)
    after = snapshot(model)
    for name, values in before.items():
        same = [np.array_equal(a, b) for a, b in zip(values, after[name], strict=True)]
        if name not in expected:
            assert all(same), name
        elif update != "adversarial":
            assert not any(same), name
        else:
            assert not all(same), name
    assert not any(
        np.any(np.isnan(value)) for values in after.values() for value in values
    )


@pytest.mark.parametrize("preset", ONE_DOMAIN)
def test_every_trainable_variable_has_a_gradient_and_is_counted(preset):
    model = tiny_model(preset)
    images = tf.constant(batch()["image"])
    found = set()

    def note(variables, gradients):
        pairs = zip(variables, gradients, strict=True)
        found.update(v.path for v, g in pairs if g is not None and np.any(g))

    if PRESETS[preset].likelihood:
        note(model.generator_variables, gradients_of(model, "likelihood", images))
    if PRESETS[preset].adversary:
        note(model.generator_variables, gradients_of(model, "adversarial", images))
        variables = model.discriminator.trainable_variables
        with tf.GradientTape() as tape:
            logits = model.discriminator(model.to_unit(images))
        note(variables, tape.gradient(logits, [v.value for v in variables]))
    missing = {v.path for v in model.trainable_variables} - found
    if preset == "gan":
        # Without a likelihood nothing depends on sigma.
        missing = {path for path in missing if "sigma" not in path}
    assert not missing
    total = sum(np.prod(v.shape) for v in model.trainable_variables)
    assert total == sum(count_parameters(model.parts).values())
    assert len(model.trainable_variables) == sum(
        len(layer.trainable_variables) for layer in parts_of(model).values()
    )


@pytest.mark.parametrize("preset", ONE_DOMAIN)
def test_every_preset_trains_scores_and_samples_in_graphs(preset):
    update = "joint" if preset in JOINT else "alternating"
    model = tiny_model(preset, update=update, perturbed=False, flow_steps=(1,))
    before = snapshot(model)
    data = tf.data.Dataset.from_tensors(batch(16)).repeat()
    history = model.fit(data, steps_per_epoch=3, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    assert int(model.step.numpy()) == 3
    # Without a flow, the feature map has nothing to train.
    trained = {name for name, values in before.items() if values}
    assert moved_parts(before, snapshot(model)) == trained
    images = digits().test.images[:5]
    if PRESETS[preset].likelihood:
        assert np.isfinite(model.bits_per_dim(images)).all()
    assert model.sample(2).shape == (2, 8, 8, 1)


def test_logged_terms_add_up():
    model = tiny_model()
    logs = {}
    gradients_of(model, "likelihood", batch()["image"], logs=logs)
    total = logs["reconstruction"] + logs["kl"] - logs["log_det"]
    assert float(total) == pytest.approx(float(logs["bits_per_dim"]), rel=1e-6)


def test_the_density_is_tfps_transformed_distribution():
    model = tiny_model("v_ade", sigma="from_z")
    images = model.batch(batch(4)["image"])
    terms = model.likelihood_terms(images, MeanDraws(4))
    x = images.images + 0.5
    z = model.posterior_density(x).distribution.mean()
    by_tfp = model.image_distribution(z).log_prob(x)
    by_parts = terms["log_det"].nats - terms["reconstruction"].nats
    np.testing.assert_allclose(by_tfp, by_parts, rtol=1e-5, atol=1e-3)


def test_the_adversary_weighs_on_the_joint_gradient():
    images = tf.constant(batch()["image"])
    gradients = {}
    for weight in (0.0, 1.0, 2.0):
        model = tiny_model(adversarial_weight=weight)
        found = gradients_of(model, "adversarial", images)
        gradients[weight] = np.concatenate(
            [np.ravel(g) for g in found if g is not None]
        )
    assert not gradients[0.0].any()
    np.testing.assert_allclose(gradients[2.0], 2.0 * gradients[1.0], rtol=1e-4)


def test_the_kl_weight_of_a_step_is_the_warm_ups():
    images, found = batch()["image"], []
    model = tiny_model("vae", kl_warmup_steps=10, kl_weight=2.0)
    for step in (0, 5, 30):
        model.step.assign(step)
        draws = BatchDraws(1, 8)
        loss, _ = term_of(model, "likelihood").loss(model.batch(images), draws)
        found.append(float(loss))
    # Of weights 0.2, 1.1 and 2.0; the draws are the same.
    assert found[2] - found[1] == pytest.approx(found[1] - found[0], rel=1e-3)
    assert found[2] > found[0]


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        (dict(update="joint"), [("joint", ("likelihood", "adversarial"))]),
        (
            dict(update="alternating"),
            [("likelihood", ("likelihood",)), ("adversarial", ("adversarial",))],
        ),
    ],
    ids=["joint", "alternating"],
)
def test_the_updates_of_a_step(settings, names):
    model = tiny_model("av_ade", **settings)
    found = [(u.name, tuple(t.name for t in u.terms)) for u in model.updates()]
    assert found == names
    assert [game.name for game in model.games] == ["image"]
    model.adversary_active = False
    assert [u.name for u in model.updates()] == ["likelihood"]
    logs = model.train_step(batch())
    assert not any("adversarial" in name or "logit" in name for name in logs)
