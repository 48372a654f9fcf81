"""Conditional models: every answer depends on the label, and on nobody else's."""

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.config import PRESETS
from ade_tf.models import LikelihoodScorer, build_model
from ade_tf.models.batch import Batch
from ade_tf.randomness import MeanDraws, fold
from tests.helpers.models import (
    ONE_DOMAIN,
    batch,
    bound_terms,
    decode,
    digits,
    encode,
    gradients_of,
    log_weights,
    perturb,
    reconstruct,
    sample,
    tiny_config,
    tiny_model,
)

# The quickest networks; the others are tested by themselves.
MLP = dict(
    conditional=True,
    network="mlp",
    coupling_network="mlp",
    discriminator="mlp",
    flow_steps=(1,),
)
TOP_DOWN = dict(
    conditional=True, latent_levels=(1, 1), latent_size=2, posterior="iaf", iaf_width=8
)


def model_of(preset="av_ade", **settings):
    return tiny_model(preset, **{**MLP, **settings})


def numbers(count):
    return tf.range(count, dtype=tf.int64)


@pytest.mark.parametrize("preset", ONE_DOMAIN)
def test_every_weight_has_a_gradient_given_labels(preset):
    model = model_of(preset)
    # All classes are there, or rows of tables would rest.
    data = batch(64)
    images, labels = tf.constant(data["image"]), data["label"]
    assert len(set(labels)) == 10
    found, first_layers = {}, []

    def note(variables, gradients):
        for variable, gradient in zip(variables, gradients, strict=True):
            if gradient is not None:
                found[variable.path] = np.array(gradient)

    if PRESETS[preset].likelihood:
        gradients = gradients_of(model, "likelihood", images, labels)
        note(model.generator_variables, gradients)
    if PRESETS[preset].adversary:
        if not PRESETS[preset].likelihood:
            gradients = gradients_of(model, "adversarial", images, labels)
            note(model.generator_variables, gradients)
        variables = model.discriminator.trainable_variables
        with tf.GradientTape() as tape:
            condition = model.condition(labels)
            logits = model.discriminator(model.to_unit(images), condition)
        note(variables, tape.gradient(logits, [v.value for v in variables]))
    wanted = {v.path for v in model.trainable_variables}
    if preset == "gan":
        # Without a likelihood nothing depends on sigma.
        wanted = {path for path in wanted if "sigma" not in path}
    assert {path for path, gradient in found.items() if gradient.any()} == wanted
    first_layers = [g for g in found.values() if g.ndim == 2 and len(g) == 10]
    # Every class is a row of at least one kernel of every part.
    parts = [model.posterior, model.decoder, model.discriminator]
    expected = sum(part is not None for part in parts) + PRESETS[preset].flow
    assert len(first_layers) >= expected
    assert all(np.all(np.any(g, axis=1)) for g in first_layers)


@pytest.mark.parametrize(
    ("preset", "settings"),
    [
        ("v_ade", MLP),
        ("flow", MLP),
        ("flow", dict(conditional=True, feature_map="residual", residual_blocks=1)),
        pytest.param("vae", TOP_DOWN, marks=pytest.mark.long),
    ],
    ids=["v_ade", "flow", "residual", "top_down"],
)
def test_the_bound_depends_on_an_images_own_label(preset, settings):
    model = tiny_model(preset, **settings)
    images, labels = tf.constant(batch(4)["image"]), [3, 1, 4, 1]
    find = tf.function(
        lambda labels: (
            bound_terms(model, images, 0, numbers(4), labels).loss_nats(),
            log_weights(model, images, 0, numbers(4), labels),
        ),
        autograph=False,
    )
    here, there = (find(tf.constant(c)) for c in (labels, [3, 9, 4, 1]))
    for one, other in zip(here, there, strict=True):
        gap = np.abs(one.numpy() - other.numpy())
        assert gap[1] > 1e-3
        assert gap[[0, 2, 3]].max() < 1e-4


def test_the_density_given_a_label_is_tfps_transformed_distribution():
    model = model_of("v_ade", sigma="from_z")
    labels = batch(4)["label"]
    images = model.batch(batch(4)["image"], labels)
    terms = model.likelihood_terms(images, MeanDraws(4))
    x = images.images + 0.5
    z = model.posterior_density(x, images.condition).mean()
    by_parts = terms["log_det"].nats - terms["reconstruction"].nats
    by_tfp = model.image_distribution(z, images.condition).log_prob(x)
    np.testing.assert_allclose(by_tfp, by_parts, rtol=1e-5, atol=1e-3)
    others = model.condition((labels + 1) % 10)
    others = model.image_distribution(z, others).log_prob(x)
    assert np.abs(others - by_tfp).min() > 1e-3


def test_the_density_given_each_label_integrates_to_one():
    settings = {**MLP, "flow_steps": (2,), "flow_squeeze": False, "actnorm": "none"}
    model = build_model(tiny_config("flow", **settings), (1, 1, 2), 0, num_classes=3)
    perturb(model, 0.2)
    side, cells = 15.0, 400
    ticks = (np.arange(cells) + 0.5) * (2 * side / cells) - side
    lattice = np.stack(np.meshgrid(ticks, ticks), -1).reshape(-1, 1, 1, 2)
    log_prob = tf.function(
        lambda x, labels: model.image_distribution(
            condition=model.condition(labels)
        ).log_prob(x),
        autograph=False,
    )
    densities = [
        np.exp(log_prob(lattice.astype(np.float32), np.full(len(lattice), label)))
        for label in range(3)
    ]
    cell = (2 * side / cells) ** 2
    np.testing.assert_allclose(np.sum(densities, axis=1) * cell, 1.0, atol=1e-4)
    three = model.image_distribution(condition=model.condition(np.arange(3)))
    assert three.sample(2, seed=(0, 1)).shape == (2, 3, 1, 1, 2)
    # Half the L1 distance of two densities, between 0 and 1.
    apart = 0.5 * cell * np.sum(np.abs(densities[0] - densities[1]))
    assert apart > 0.1


def test_the_scorer_gives_every_image_its_label():
    model = model_of("v_ade")
    split = digits().test
    labels = split.labels[:5]
    scorer = LikelihoodScorer(model, batch_size=4)
    images = split.images[:5].astype(np.float32)
    bits = -1.0 / (64 * np.log(2.0))
    bound = bound_terms(model, images, fold(0), numbers(5), labels).loss_nats()
    found = scorer.bound(split, limit=5).bits_per_dim
    np.testing.assert_allclose(found, -bits * bound.numpy(), rtol=1e-5)
    seeds = [fold(0, "importance", k) for k in range(2)]
    weights = [log_weights(model, images, s, numbers(5), labels) for s in seeds]
    tighter = tf.reduce_logsumexp(weights, axis=0) - np.log(2.0)
    found = scorer.importance_weighted(split, 2, limit=5).bits_per_dim
    np.testing.assert_allclose(found, bits * tighter.numpy(), rtol=1e-5)


@pytest.mark.parametrize("preset", ["v_ade", "flow", "gan"])
def test_a_sample_is_of_its_label_whatever_stands_beside_it(preset):
    model = model_of(preset)
    perturb(model, 0.3)
    row = sample(model, 4, 1.0, 5, labels=[2, 7, 7, 0]).numpy()
    alone = sample(model, 1, 1.0, 5, first=2, labels=[7]).numpy()
    np.testing.assert_array_equal(row[2:3], alone)
    other = sample(model, 4, 1.0, 5, labels=[2, 7, 3, 0]).numpy()
    np.testing.assert_array_equal(np.any(row != other, axis=(1, 2, 3)), [0, 0, 1, 0])


def test_codes_and_reconstructions_take_labels():
    model = model_of("v_ade")
    perturb(model, 0.3)
    images = batch(3)["image"]
    codes = encode(model, images, [0, 1, 2]).numpy()
    others = encode(model, images, [0, 5, 2]).numpy()
    assert np.abs(codes - others).max(1)[[0, 2]].max() < 1e-5
    assert np.abs(codes - others).max(1)[1] > 1e-3
    rebuilt = reconstruct(model, images, [0, 1, 2])
    np.testing.assert_array_equal(rebuilt, decode(model, codes, [0, 1, 2]))
    assert np.any(rebuilt != decode(model, codes, [0, 1, 3]))


def test_a_penalty_and_a_joined_batch_keep_every_images_class():
    model = model_of("gan")
    first, second = (tf.random.normal([3, 8, 8, 1], seed=s) for s in (1, 2))
    labels = [4, 0, 9]
    condition = tf.one_hot(labels, 10)
    (game,) = model.games

    def judge(images):
        return game._judge(Batch(first, condition))((images,))

    expected = [model.discriminator(x, condition) for x in (first, second)]
    joined = judge(tf.concat([first, second], 0))
    np.testing.assert_allclose(joined, tf.concat(expected, 0), rtol=1e-5, atol=1e-6)
    assert np.abs(joined - judge(tf.concat([second, first], 0))).max() > 1e-3


@pytest.mark.parametrize(
    ("preset", "settings"),
    [
        ("av_ade", dict(update="joint", penalty="r1_r2", adversary="relativistic")),
        ("gan", dict(penalty="interpolates", adversary="wasserstein")),
        ("gan", dict(discriminator_batch="mixed", spectral_norm=True)),
        pytest.param(
            "av_gde",
            dict(**TOP_DOWN, network="conv", discriminator="residual"),
            marks=pytest.mark.long,
        ),
    ],
    ids=["relativistic", "wasserstein", "mixed", "top_down"],
)
def test_a_step_of_every_kind_trains_every_part(preset, settings):
    model = tiny_model(preset, perturbed=False, **{**MLP, **settings})
    model.run_eagerly = True
    before = [v.numpy() for v in model.trainable_variables]
    data = tf.data.Dataset.from_tensors(batch(8)).repeat()
    history = model.fit(data, steps_per_epoch=2, verbose=0).history
    assert all(np.isfinite(values).all() for values in history.values())
    assert history["skipped"] == [0.0]
    # Every condition has moved, in every part: its kernels have a row for each class.
    moved = [
        np.any(old != new.numpy())
        for old, new in zip(before, model.trainable_variables, strict=True)
        if old.ndim == 2 and len(old) == 10
    ]
    assert len(moved) >= 2 and all(moved)


def test_a_step_looks_at_the_labels():
    ends = []
    for shift in (0, 1):
        model = model_of("av_ade", perturbed=False)
        data = batch(8)
        data["label"] = (data["label"] + shift) % 10
        model.run_eagerly = True
        stream = tf.data.Dataset.from_tensors(data).repeat()
        model.fit(stream, steps_per_epoch=1, verbose=0)
        ends.append(np.concatenate([np.ravel(v) for v in model.trainable_variables]))
    assert np.abs(ends[0] - ends[1]).max() > 1e-4


def test_an_unconditional_model_does_not_know_classes():
    here, there = (
        build_model(tiny_config("vae", network="mlp"), (8, 8, 1), 17, classes)
        for classes in (0, 10)
    )
    assert (there.num_classes, there.conditional) == (0, False)
    assert there.own_labels([3, 40]) is None
    for one, other in zip(here.variables, there.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def test_labels_are_asked_for_and_refused():
    model, plain = model_of("v_ade"), tiny_model("vae", network="mlp")
    images = batch(2)["image"]
    for call in (
        lambda m, labels: bound_terms(m, images, 0, numbers(2), labels),
        lambda m, labels: log_weights(m, images, 0, numbers(2), labels),
        lambda m, labels: encode(m, images, labels),
        lambda m, labels: decode(m, tf.zeros([2, 4]), labels),
        lambda m, labels: sample(m, 2, 1.0, 0, labels=labels),
        lambda m, labels: m.batch(images, labels),
    ):
        with pytest.raises(ValueError, match="model needs labels. Received: None"):
            call(model, None)
        with pytest.raises(ValueError, match="unconditional model takes no labels"):
            call(plain, [1, 2])
    with pytest.raises(ValueError, match=r"in 0 \.\. 9. Received: 10"):
        encode(model, images, [1, 10])
    with pytest.raises(ValueError, match=r"in 0 \.\. 9. Received: -1"):
        sample(model, 2, 1.0, 0, labels=[-1, 3])
    for labels in ([0.5, 1.0], [[1], [2]], 3):
        with pytest.raises(ValueError, match="integers, one for each image"):
            encode(model, images, labels)


@pytest.mark.parametrize("classes", [0, 1])
def test_data_without_classes_are_refused_by_name(classes):
    with pytest.raises(ValueError, match=f"'digits', num_classes={classes}"):
        build_model(tiny_config("vae", conditional=True), (8, 8, 1), 17, classes)
