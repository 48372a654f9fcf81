"""Models of two domains: digits, and the same in black on white."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import ade_tf
from ade_tf.bijectors import inverse_and_log_det
from ade_tf.config import RunConfig
from ade_tf.data import load_dataset, stream_of_domains
from ade_tf.models import build_model, count_parameters
from ade_tf.randomness import BatchDraws
from ade_tf.strategies import make_strategy
from tests.helpers.eager import eagerly
from tests.helpers.models import digits, perturb, tiny_config
from tests.models.test_replicas import determined

pytestmark = pytest.mark.usefixtures("eager")

TRANSLATORS = ("translator_to_a", "translator_to_b")
FLOWS = ("feature_map", "feature_map_b")
SETTINGS = {
    "cyclegan": dict(translator_width=8, translator_blocks=1),
    "alignflow": dict(flow_steps=(1,)),
}
# What each term of a step trains.
TRAINED = {
    "cyclegan": {
        "a_adversarial": TRANSLATORS[:1],
        "b_adversarial": TRANSLATORS[1:],
        "cycle": TRANSLATORS,
        "identity": TRANSLATORS,
    },
    "alignflow": {
        "likelihood": FLOWS[:1],
        "b_likelihood": FLOWS[1:],
        "a_adversarial": FLOWS,
        "b_adversarial": FLOWS,
    },
}


def negative():
    return load_dataset("digits:negative")


def splits():
    return digits().train, negative().train


def model_of(preset, *, perturbed=True, **settings):
    config = tiny_config(preset, **{**SETTINGS[preset], **settings})
    model = build_model(config, (8, 8, 1), 17)
    model.initialize(*splits())
    if perturbed:
        perturb(model)
    return model


def batch_of(model, size=8):
    (data,) = stream_of_domains(splits(), batch_size=size, seed=0).take(1)
    return model.training_batch(data)


def draws(count=8):
    return BatchDraws(0, count)


def terms(model):
    return {term.name: term for update in model.updates() for term in update.terms}


def test_batches_are_of_both_domains_in_no_pairs():
    stream = stream_of_domains(splits(), batch_size=64, seed=1)
    batches = list(stream.take(3))
    images = [
        np.concatenate([b[name] for b in batches]) for name in ("image", "image_b")
    ]
    assert images[0].mean() < 7 < 9 < images[1].mean()
    paired = (images[0] == 16 - images[1]).all(axis=(1, 2, 3))
    assert paired.mean() < 0.05
    late = stream_of_domains(splits(), batch_size=64, seed=1, start_step=2)
    for name, value in next(iter(late)).items():
        np.testing.assert_array_equal(value, batches[2][name])


def test_translators_that_change_nothing_have_neither_error():
    model = model_of("cyclegan")
    model.translator_to_a = model.translator_to_b = keras.layers.Identity()
    for name in ("cycle", "identity"):
        loss, logs = terms(model)[name].loss(batch_of(model), draws())
        assert float(loss) == 0.0 and set(map(float, logs.values())) == {0.0}
    np.testing.assert_array_equal(
        model.translate(digits().test.images), digits().test.images
    )


def test_the_true_translators_come_back_but_move_what_ought_to_stay():
    model = model_of("cyclegan", identity_weight=0.25, cycle_weight=4.0)
    model.translator_to_a = model.translator_to_b = keras.layers.Lambda(lambda x: -x)
    images, true = digits().test.images, negative().test.images
    np.testing.assert_array_equal(model.translate(images), true)
    np.testing.assert_array_equal(model.translate(true, "a"), images)
    batch = batch_of(model)
    assert float(terms(model)["cycle"].loss(batch, draws())[0]) < 1e-5
    loss, logs = terms(model)["identity"].loss(batch, draws())
    errors = [
        np.abs(2.0 * (2.0 * (own.images + 0.5) / 17.0 - 1.0)).mean() for own in batch
    ]
    np.testing.assert_allclose(logs["a_identity_error"], errors[0], rtol=1e-5)
    np.testing.assert_allclose(loss, 0.25 * 4.0 * sum(errors), rtol=1e-5)


def test_a_game_is_between_images_of_its_domain_and_translations_to_it():
    model = model_of("cyclegan", dequantize_samples=False)
    model.translator_to_a = model.translator_to_b = keras.layers.Lambda(lambda x: -x)
    batch = batch_of(model)
    for game, own, other in zip(model.games, batch, batch[::-1], strict=True):
        (real,) = game.real(batch, draws())
        (fake,) = game.fake(batch, draws())
        level = np.floor((np.array([real, fake]) + 1.0) * 8.5)
        np.testing.assert_array_equal(level[0], own.images)
        np.testing.assert_array_equal(level[1], 16 - other.images)
    assert model.games[0].discriminator is model.discriminator
    assert model.games[1].discriminator is model.discriminator_b


@pytest.mark.parametrize("preset", SETTINGS)
def test_each_term_trains_what_it_should(preset):
    model = model_of(preset)
    found, logs = {}, {}
    for name, term in terms(model).items():
        gradients = model.gradients(term, batch_of(model), logs)
        moved = {
            id(v)
            for v, g in zip(model.generator_variables, gradients, strict=True)
            if g is not None and np.any(g)
        }
        found[name] = tuple(
            part
            for part in (*TRANSLATORS, *FLOWS)
            if getattr(model, part) is not None
            and moved & {id(v) for v in getattr(model, part).trainable_variables}
        )
    assert found == TRAINED[preset]
    before = [v.numpy() for v in model.trainable_variables]
    model.fit(
        stream_of_domains(splits(), batch_size=8, seed=0), steps_per_epoch=2, verbose=0
    )
    for old, new in zip(before, model.trainable_variables, strict=True):
        assert np.any(old != new.numpy()), new.path
    total = sum(np.prod(v.shape) for v in model.trainable_variables)
    assert total == sum(count_parameters(model.parts).values())


def test_flows_come_back_by_construction_through_one_z():
    model = model_of("alignflow")
    x = tf.constant(digits().test.images[:50] + 0.5, tf.float32)
    there = model.carry(x, 1)
    assert float(tf.reduce_mean(tf.abs(there - x))) > 0.5
    np.testing.assert_allclose(model.carry(there, 0), x, atol=2e-3)
    codes = [
        inverse_and_log_det(own.feature_map.bijector, images)[0]
        for own, images in zip(model.domains(), (x, there), strict=True)
    ]
    np.testing.assert_allclose(*codes, atol=1e-3)


def test_the_flows_begin_alike_and_are_two():
    config = tiny_config("alignflow", **SETTINGS["alignflow"])
    model = build_model(config, (8, 8, 1), 17)
    for a, b in zip(*(getattr(model, name).variables for name in FLOWS), strict=True):
        assert a is not b
        np.testing.assert_array_equal(a.numpy(), b.numpy(), err_msg=a.path)


@pytest.mark.parametrize(
    "settings",
    [
        dict(preset="cyclegan", spectral_norm=True, penalty="interpolates"),
        dict(preset="alignflow", coupling_dropout=0.3, update="joint"),
        pytest.param(
            dict(preset="cyclegan", adversary="relativistic", share_samples=True),
            marks=pytest.mark.long,
        ),
        pytest.param(
            dict(preset="alignflow", discriminator_batch="mixed", mixed_group=2),
            marks=pytest.mark.long,
        ),
    ],
    ids=lambda settings: "-".join(map(str, settings.values())),
)
def test_two_replicas_do_what_one_does(settings):
    preset, *_ = settings.values()
    found = []
    for strategy in (make_strategy("single", 1), make_strategy("mirrored", 2)):
        with strategy.scope():
            model = model_of(perturbed=False, clip_norm=0.5, **settings)
        before = [v.numpy() for v in model.variables]
        stream = stream_of_domains(splits(), batch_size=8, seed=0)
        # The replicas stand in a graph, as in a run.
        with eagerly(strategy.num_replicas_in_sync == 1):
            model.fit(stream, steps_per_epoch=3, verbose=0)
        found.append([v.numpy() for v in model.variables])
    for variable, *values in zip(model.variables, *found, strict=True):
        values = [determined(variable, value) for value in values]
        np.testing.assert_allclose(*values, rtol=0, atol=2e-5, err_msg=variable.path)
    assert (
        max(np.abs(n - o).max() for n, o in zip(found[1], before, strict=True)) > 1e-3
    )


@pytest.mark.parametrize("preset", SETTINGS)
def test_arrays_are_enough_and_a_saved_model_translates_alike(preset, tmp_path):
    images = [own.images[:n] for own, n in zip(splits(), (40, 24), strict=True)]
    settings = dict(levels=17, num_steps=5, batch_size=8, discriminator_width=8)
    model = ade_tf.TwoDomainModel.from_preset(
        preset, *images, **settings, **SETTINGS[preset]
    )
    history = model.fit(*images, verbose=0).history
    # An epoch is of the larger set.
    assert len(history["skipped"]) == 1 and int(model.step.numpy()) == 5
    there = model.translate(images[0])
    assert there.dtype == np.uint8 and there.shape == images[0].shape
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert isinstance(again, ade_tf.TwoDomainModel)
    np.testing.assert_array_equal(again.translate(images[0]), there)
    np.testing.assert_array_equal(
        again.translate(there, "a"), model.translate(there, "a")
    )


def test_what_does_not_fit_is_refused():
    images = digits().train.images
    with pytest.raises(
        ValueError, match="needs a preset of one domain. Received: pres"
    ):
        ade_tf.AdaptiveDensityEstimator.from_preset("cyclegan", images, levels=17)
    with pytest.raises(
        ValueError, match="needs a preset of two domains. Received: pre"
    ):
        ade_tf.TwoDomainModel.from_preset(
            "vae", images, images, dataset_b="", levels=17
        )
    with pytest.raises(ValueError, match="images must have the shape of the model's"):
        ade_tf.TwoDomainModel.from_preset("cyclegan", images, images[:, :4], levels=17)
    with pytest.raises(ValueError, match="translator_halvings halves both sides"):
        model_of("cyclegan", translator_halvings=4)
    with pytest.raises(ValueError, match="one prior, `normal`. Received: prior="):
        RunConfig.from_flat({"preset": "alignflow", "prior": "autoregressive"})
    with pytest.raises(ValueError, match="identity_weight needs a cycle_weight above"):
        settings = {"cycle_weight": 0.0, "identity_weight": 0.1}
        RunConfig.from_flat({"preset": "cyclegan", **settings})
    with pytest.raises(ValueError, match="logit_alpha needs a preset that draws imag"):
        RunConfig.from_flat({"preset": "cyclegan", "logit_alpha": 0.1})
    with pytest.raises(ValueError, match="trains its feature map by the adversary"):
        settings = {"adversarial_gradient_in_feature_map": False}
        RunConfig.from_flat({"preset": "alignflow", **settings})
    model = model_of("cyclegan")
    with pytest.raises(ValueError, match="a sample needs a preset that draws images"):
        model.sample(2)
    with pytest.raises(ValueError, match="to must be `a` or `b`. Received: to='c'"):
        model.translate(images, "c")
    with pytest.raises(ValueError, match="images of A and of B. Received: y=None"):
        model.fit(images)
    with pytest.raises(ValueError, match='gives {"image": ..., "image_b": ...}'):
        model.fit(tf.data.Dataset.from_tensors({"image": images[:8]}), verbose=0)


def test_the_adversary_is_least_squares_unless_another_is_asked_for():
    for preset, expected in (("alignflow", "least_squares"), ("av_ade", "log_ratio")):
        assert RunConfig.from_flat({"preset": preset})["adversary"] == expected
    asked = RunConfig.from_flat({"preset": "cyclegan", "adversary": "hinge"})
    assert asked["adversary"] == "hinge"
