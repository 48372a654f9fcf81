"""Models of a part of each image, given the rest."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.config.conditions import CONDITIONS
from ade_tf.example_draws import ExampleDraws
from ade_tf.models import Batch, build_model
from ade_tf.randomness import MeanDraws
from tests.helpers.models import (
    batch,
    bound_terms,
    digits,
    perturb,
    tiny_config,
    tiny_model,
)

SIDES = ("top", "bottom", "left", "right", "frame")
# Name of a condition with its settings, and the shapes of images that it takes.
FORMS = {
    "grey": (dict(), [(3, 5, 3), (1, 1, 3)]),
    "coarse": (dict(), [(4, 6, 3), (2, 2, 1)]),
    "coarse_4": (dict(block=4), [(8, 4, 1)]),
    **{
        f"visible_{side}": (dict(visible=side), [(6, 4, 3), (2, 2, 1)])
        for side in SIDES
    },
}
CASES = [(name, shape) for name, (_, shapes) in FORMS.items() for shape in shapes]
MODELS = {
    "coarse": dict(condition="coarse"),
    "top": dict(condition="visible"),
    "frame": dict(condition="visible", visible="frame"),
}


def form_of(name, shape, levels):
    return CONDITIONS[name.split("_")[0]](shape, levels, **FORMS[name][0])


def images_of(shape, levels, count=500, seed=0):
    generator = np.random.default_rng(seed)
    images = generator.integers(0, levels, [count, *shape])
    # The ends of the levels, too.
    images[:2] = np.array([0, levels - 1])[:, None, None, None]
    images[2:50] = generator.choice([0, levels - 1], [48, *shape])
    return images.astype(np.float32)


@pytest.mark.parametrize("levels", [2, 3, 17, 256, 65536])
@pytest.mark.parametrize(("name", "shape"), CASES, ids=str)
def test_what_is_given_and_the_part_are_the_image_exactly(name, shape, levels):
    form = form_of(name, shape, levels)
    images = images_of(shape, levels)
    _, part = form.split(images)
    condition = form.condition(images)
    assert condition.shape[1:] == form.condition_shape
    assert part.shape[1:] == form.part_shape
    assert part.shape[1:3] == condition.shape[1:3]
    assert np.abs(condition).max() <= 1.0
    np.testing.assert_array_equal(part, np.floor(part))
    assert np.min(part) >= 0 and np.max(part) <= form.part_levels - 1
    np.testing.assert_array_equal(form.join(condition, part), images)
    # What can be looked at has the same given, and no part of its own.
    shown = form.shown(condition)
    np.testing.assert_array_equal(form.condition(shown), condition)
    assert len(np.unique(form.split(shown)[1][0])) == 1


@pytest.mark.parametrize("levels", [2, 4, 5])
def test_every_colour_is_a_grey_and_a_part_of_its_own(levels):
    form = form_of("grey", (1, 1, 3), levels)
    colours = np.array([*itertools.product(range(levels), repeat=3)], np.float32)
    images = colours[:, None, None]
    given, part = form.split(images)
    np.testing.assert_array_equal(form.join(form.condition(images), part), images)
    codes = np.concatenate([given, part], -1).reshape(-1, 3)
    assert len(np.unique(codes, axis=0)) == levels**3
    assert np.min(given) == 0 and np.max(given) == levels - 1
    weighted = (colours @ [1.0, 2.0, 1.0]) / 4.0
    assert np.abs(np.ravel(given) - weighted).max() < 1.0
    greys = np.repeat(np.arange(levels)[:, None, None, None], 3, -1)
    np.testing.assert_array_equal(np.ravel(form.split(greys * 1.0)[0]), range(levels))


@pytest.mark.parametrize("side", SIDES)
def test_what_is_visible_is_what_its_name_says(side):
    form = form_of(f"visible_{side}", (8, 12, 1), 256)
    given = np.zeros([8, 12, 1], bool)
    box = {
        "top": np.s_[:4],
        "bottom": np.s_[4:],
        "left": np.s_[:, :6],
        "right": np.s_[:, 6:],
    }
    if side == "frame":
        given[:] = True
        given[2:6, 3:9] = False
    else:
        given[box[side]] = True
    images = images_of((8, 12, 1), 255, 60)[50:] + 1.0
    shown = form.shown(form.condition(images))
    np.testing.assert_array_equal(shown, np.where(given, images, 0.0))
    # Nearest to the hidden part is nearest in the maps: at the border, the neighbour.
    place = np.arange(96.0).reshape(1, 8, 12, 1)
    maps, part = (x.numpy()[0, ..., 0] for x in form.split(place))
    edge = {
        "top": (maps[0], part[0] - 12),
        "bottom": (maps[-1], part[-1] + 12),
        "left": (maps[:, 0], part[:, 0] - 1),
        "right": (maps[:, -1], part[:, -1] + 1),
        "frame": (maps[:, -1], part[:, -1] + 1),
    }
    np.testing.assert_array_equal(*edge[side])


def test_continuous_values_are_given_as_they_are():
    images = np.random.default_rng(0).normal(size=[5, 4, 4, 2]).astype(np.float32)
    for name in ("coarse", "visible_left"):
        form = form_of(name, (4, 4, 2), 0)
        _, part = form.split(images)
        np.testing.assert_array_equal(form.join(form.condition(images), part), images)


@pytest.mark.parametrize(
    ("name", "shape", "levels", "message"),
    [
        ("grey", (4, 4, 1), 17, r"of colour images.*image_shape=\(4, 4, 1\)"),
        ("grey", (4, 4, 3), 0, "with levels.*levels=0"),
        ("coarse", (4, 5, 1), 17, r"whole blocks.*image_shape=\(4, 5, 1\)"),
        ("coarse_4", (4, 6, 1), 17, "coarse_block=4"),
        ("visible_top", (5, 4, 1), 17, "with halves.*visible='top'"),
        ("visible_left", (4, 5, 1), 17, "with halves.*visible='left'"),
        ("visible_frame", (4, 5, 1), 17, "with halves.*visible='frame'"),
    ],
)
def test_images_that_cannot_be_divided_are_refused(name, shape, levels, message):
    with pytest.raises(ValueError, match=message):
        form_of(name, shape, levels)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (dict(preset="vae", conditional=True), "labels .* or a part of the image"),
        (dict(preset="gan", games=("pair",)), "pairs takes no condition"),
        (dict(preset="flow", classifier_weight=1.0), "a flow without condition"),
        (dict(preset="vae", visible="left"), "needs condition `visible`"),
    ],
)
def test_what_takes_no_condition_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        tiny_config("vae").from_flat({"condition": "coarse", **settings})


@pytest.mark.parametrize(
    ("settings", "shape"),
    [
        (dict(condition="visible", visible="left"), (2, 2, 1)),
        (dict(condition="visible", visible="frame"), (2, 2, 1)),
        (dict(condition="coarse"), (2, 2, 1)),
        (dict(condition="grey"), (1, 1, 3)),
    ],
    ids=["left", "frame", "coarse", "grey"],
)
def test_the_probabilities_of_all_parts_are_one_given_each_condition(settings, shape):
    config = tiny_config("pixel_cnn", pixel_width=6, pixel_blocks=1, **settings)
    model = build_model(config, shape, 2)
    perturb(model, 0.5)
    parts = itertools.product(range(model.part_levels), repeat=model.dims)
    parts = np.array([*parts], np.float32).reshape(-1, *model.part_shape)
    sums = []
    for image in images_of(shape, 2)[[0, 1, 60, 61]]:
        condition = tf.repeat(model.condition(image[None]), len(parts), 0)
        draws = MeanDraws(len(parts))
        terms = model.likelihood_terms(Batch(parts, condition), draws)
        probabilities = np.exp(-terms.loss_nats())
        assert probabilities.sum() == pytest.approx(1.0, rel=1e-5)
        sums.append(probabilities)
        # What the method says of whole images is that of the part.
        whole = model.image_condition.join(condition, parts)
        real = np.all(model.image_condition.split(whole)[1] == parts, axis=(1, 2, 3))
        found = np.exp(model.log_prob(whole.numpy()[real]))
        np.testing.assert_allclose(found, probabilities[real], rtol=1e-4)
        assert found.sum() <= 1.0 + 1e-5
    # The first two are all 0 and all 1: not one law for all conditions.
    assert np.abs(sums[0] - sums[1]).max() > 1e-3


@pytest.mark.parametrize("preset", ["flow", "v_ade", "av_ade", "gan"])
@pytest.mark.parametrize("name", MODELS)
def test_every_part_of_a_model_sees_the_condition(name, preset):
    model = tiny_model(preset, flow_steps=(1,), **MODELS[name])
    perturb(model, 0.1)
    images = tf.constant(batch(4)["image"])
    own = model.batch(images)
    x = own.images + 0.5
    answers = {"feature_map": lambda c: model.feature_map(x, c)[0]}
    if model.latent_size:
        z = tf.random.stateless_normal([4, model.latent_size], (0, 1))
        answers["decoder"] = lambda c: model.decoder.density(z, c).mean()
    if model.posterior is not None:
        answers["posterior"] = lambda c: model.posterior.density(
            model.to_unit(x), c
        ).mean()
    if model.discriminator is not None:
        answers["discriminator"] = lambda c: model.discriminator(model.to_unit(x), c)
    if preset == "gan":
        del answers["feature_map"]
    for part, answer in answers.items():
        with tf.GradientTape() as tape:
            tape.watch(own.condition)
            value = tf.reduce_sum(answer(own.condition)[1] ** 2)
        gradient = tape.gradient(value, own.condition)
        moved = np.any(gradient.numpy() != 0.0, axis=(1, 2, 3))
        np.testing.assert_array_equal(moved, [False, True, False, False], part)


@pytest.mark.parametrize("preset", ["flow", "vae", "pixel_cnn"])
def test_the_bound_depends_on_what_an_image_is_given(preset):
    settings = dict(pixel_width=6, pixel_blocks=1, flow_steps=(1,))
    model = tiny_model(preset, condition="visible", **settings)
    perturb(model, 0.1)
    images = batch(4)["image"]
    other = images.copy()
    other[1, :4] = 16.0 - other[1, :4]
    places = tf.range(4, dtype=tf.int64)
    here, there = (bound_terms(model, x, 0, places) for x in (images, other))
    gap = np.abs(here.loss_nats() - there.loss_nats())
    assert gap[1] > 1e-3 and gap[[0, 2, 3]].max() < 1e-4
    # Bits are per value of the part.
    if preset == "pixel_cnn":
        bits = here.loss_nats() / (32 * np.log(2.0))
        np.testing.assert_allclose(model.bits_per_dim(images), bits, rtol=1e-4)


@pytest.mark.parametrize("condition", ["visible", "coarse"])
def test_a_trained_model_finds_the_conditional_entropy_of_a_known_law(condition):
    settings = dict(pixel_width=12, pixel_blocks=1, learning_rate=1e-2, num_steps=150)
    config = tiny_config("pixel_cnn", condition=condition, batch_size=64, **settings)
    model = build_model(config, (4, 4, 1), 4)
    # Each value of the part is that of what is given at its place, but for one in ten.
    generator = np.random.default_rng(0)
    form = model.image_condition
    images = generator.integers(0, 4, [4000, 4, 4, 1]).astype(np.float32)
    given = form.condition(images)
    part = form.split(form.shown(given))[1].numpy()
    if condition == "visible":
        part = form.split(images)[0].numpy()
    wrong = generator.random(part.shape) < 0.1
    part = np.where(wrong, (part + generator.integers(1, 4, part.shape)) % 4, part)
    images = form.join(given, part).numpy().astype(np.uint8)
    model.fit(images[:3000], verbose=0)
    bits = model.bits_per_dim(images[3000:]).mean()
    entropy = -0.9 * np.log2(0.9) - 0.1 * np.log2(0.1 / 3.0)
    assert entropy == pytest.approx(0.6275, abs=1e-3)
    # The 8,000 or 12,000 values scored have a standard error of 0.02.
    assert entropy - 0.06 < bits < entropy + 0.1
    # Without what is given, each value has two bits.
    shuffled = form.join(tf.random.shuffle(given[3000:], 0), part[3000:]).numpy()
    assert model.bits_per_dim(shuffled).mean() > 2.0


@pytest.mark.parametrize("preset", ["flow", "vae", "gan"])
@pytest.mark.parametrize("name", MODELS)
def test_samples_are_whole_images_with_what_they_are_given(name, preset):
    model = tiny_model(preset, flow_steps=(1,), **MODELS[name])
    form = model.image_condition
    images = digits().test.images[:5]
    drawn = model.sample(5, given=images)
    assert drawn.shape == (5, 8, 8, 1) and drawn.dtype == np.uint8
    np.testing.assert_array_equal(form.condition(drawn), form.condition(images))
    hidden = form.split(drawn.astype(np.float32))[1]
    assert np.std(hidden) > 0.0
    # What is given alone is enough, and each answer is that of its own.
    shown = form.shown(form.condition(images)).numpy()
    np.testing.assert_array_equal(model.sample(5, given=shown), drawn)
    if form.given_shape != model.image_shape:
        alone = form.split(images.astype(np.float32))[0].numpy()
        np.testing.assert_array_equal(model.sample(5, given=alone), drawn)
    answers = model.complete(images, num=3, batch_size=2)
    assert answers.shape == (5, 3, 8, 8, 1)
    for answer in np.moveaxis(answers, 1, 0):
        np.testing.assert_array_equal(form.condition(answer), form.condition(images))
    assert np.any(answers[:, 0] != answers[:, 1])
    one = model.complete(images[0], num=3, batch_size=2)
    np.testing.assert_array_equal(one[0], answers[0])


def test_codes_and_reconstructions_keep_what_is_given():
    model = tiny_model("v_ade", condition="coarse", flow_steps=(1,))
    images = digits().test.images[:3]
    codes, rebuilt = model.encode(images), model.reconstruct(images)
    np.testing.assert_array_equal(rebuilt[:, ::2, ::2], images[:, ::2, ::2])
    np.testing.assert_array_equal(model.decode(codes, given=images), rebuilt)
    other = model.decode(codes, given=images[::-1])
    np.testing.assert_array_equal(other[:, ::2, ::2], images[::-1, ::2, ::2])


def test_what_is_given_is_asked_for_and_refused():
    model, plain = tiny_model("vae", condition="coarse"), tiny_model("vae")
    images = digits().test.images[:2]
    for call in (
        lambda m, **given: m.sample(2, **given),
        lambda m, **given: m.decode(np.zeros([2, 4]), **given),
    ):
        with pytest.raises(ValueError, match="needs images that have it.*None"):
            call(model)
        with pytest.raises(ValueError, match="needs a model with a condition"):
            call(plain, given=images)
        with pytest.raises(ValueError, match="takes no labels"):
            call(model, labels=[1, 2], given=images)
        with pytest.raises(ValueError, match=r"model's shape.*shape=\(4, 8, 1\)"):
            call(model, given=images[:, :4])
        with pytest.raises(ValueError, match="given"):
            call(model, given=images + 0.5)
    with pytest.raises(ValueError, match="has a condition, or first rows.*rows=4"):
        model.complete(images, 4)
    with pytest.raises(ValueError, match="needs images of which a part is given"):
        plain.complete(images, 4)


def test_noise_of_a_part_depends_on_its_place_alone():
    model = tiny_model("flow", condition="visible", flow_steps=(1,))
    images = digits().test.images[:4].astype(np.float32)
    whole = model.batch(images)
    x = model.dequantize(whole, ExampleDraws(0, tf.range(4))).value
    np.testing.assert_array_equal(np.floor(x), images[:, 4:])
