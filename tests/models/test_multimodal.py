"""Images and labels as two modalities: each answers for the other."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ade_tf.config import RunConfig
from ade_tf.models import build_model
from ade_tf.randomness import BatchDraws
from tests.helpers.models import batch, digits, gradients_of, perturb, tiny_model

SETTINGS = dict(preset="vae", bound="multimodal", network="mlp")
X = np.random.default_rng(0).normal(size=(4, 1, 1, 2)).astype(np.float32)
LABELS = np.array([0, 2, 1, 2], np.int32)


def small(scale=0.5, **settings):
    """Returns a model of three classes of points in the plane, z in one dimension."""
    given = {**SETTINGS, "latent_size": 1, "width": 8, **settings}
    model = build_model(RunConfig.from_stored(given), (1, 1, 2), 0, 3)
    perturb(model, scale)
    return model


def log_evidence(model):
    """Returns ln p(x, c), ln p(x) and ln p(c) of the images, by quadrature over z."""
    z = np.linspace(-9, 9, 3001, dtype=np.float32)
    log_prior = -0.5 * z**2 - 0.5 * np.log(2 * np.pi) + np.log(z[1] - z[0])
    density = model.decoder.density(z[:, None])
    log_c = tf.nn.log_softmax(model.classifier(z[:, None])).numpy()
    found = {"both": [], "image": [], "label": []}
    for image, label in zip(X, LABELS, strict=True):
        y, log_det = model.feature_map(image[None], None)
        log_x = density.log_prob(tf.repeat(y, len(z), 0)) + log_det
        for name, log_p in (
            ("both", log_x + log_c[:, label]),
            ("image", log_x),
            ("label", log_c[:, label]),
        ):
            found[name].append(np.logaddexp.reduce(log_p + log_prior))
    return {name: np.array(values) for name, values in found.items()}


def nats_of(model, part, count=4000):
    """Returns the bound of each of many draws, `[4, count]`."""
    given = model.batch(np.repeat(X, count, 0), np.repeat(LABELS, count))
    given = {
        "both": given,
        "image": given._replace(labels=None),
        "label": given._replace(images=None),
    }[part]
    terms = model.likelihood_terms(given, BatchDraws(1, 4 * count))
    return terms.loss_nats().numpy().reshape(4, count)


@pytest.mark.parametrize("part", ["both", "image", "label"])
def test_each_bound_is_above_its_minus_ln_p(part):
    model = small()
    exact = -log_evidence(model)[part]
    nats = nats_of(model, part)
    error = nats.std(1) / np.sqrt(nats.shape[1])
    assert np.all(nats.mean(1) > exact - 4 * error)
    assert np.sum(nats.mean(1) > exact + 4 * error) >= 3


@pytest.mark.parametrize("part", ["both", "image", "label"])
def test_each_bound_is_tight_where_z_says_nothing(part):
    model = small()
    # Neither decoder reads z, and no expert has a say.
    for layer in (model.decoder, model.classifier):
        for variable in layer.trainable_variables:
            if variable.shape == (1, 8):
                variable.assign(tf.zeros_like(variable.value))
    nats, exact = nats_of(model, part, 50), -log_evidence(model)[part]
    given = dict(images=X, condition=tf.one_hot(LABELS, 3))
    given.pop({"image": "condition", "label": "images"}.get(part), None)
    q = model.posterior.density(**given)
    kl = q.kl_by_unit(model.prior.density()).numpy().sum(1)
    np.testing.assert_allclose(nats, (exact + kl)[:, None] + 0 * nats, atol=1e-3)


def loss_of(model, labels, draws):
    given = model.batch(X, labels)
    loss, _ = model.bound(model.likelihood_terms, given, draws)
    return float(loss)


def test_the_loss_is_the_sum_with_the_weight_of_the_label():
    parts = {}
    model = small(label_weight=3.0)
    given = model.batch(X, LABELS)
    for name, part in (
        ("both", given),
        ("image", given._replace(labels=None)),
        ("label", given._replace(images=None)),
    ):
        draws = BatchDraws(5, 4).of_their_own(name)
        terms = model.likelihood_terms(part, draws)
        parts[name] = float(tf.reduce_mean(terms.loss_nats(label=3.0)))
        assert ("label" in terms) == (name != "image")
        assert ("reconstruction" in terms) == (name != "label")
    loss = loss_of(model, LABELS, BatchDraws(5, 4))
    assert loss == pytest.approx(sum(parts.values()), rel=1e-5)
    model.bound._label_weight = 1.0
    assert loss_of(model, LABELS, BatchDraws(5, 4)) < loss


def test_a_missing_label_drops_its_expert():
    model = small()
    given = model.batch(X, np.full(4, -1, np.int32))
    image = given._replace(labels=None)
    missing, without = (
        model.likelihood_terms(part, BatchDraws(3, 4)) for part in (given, image)
    )
    np.testing.assert_allclose(missing["label"].nats, 0.0)
    np.testing.assert_allclose(missing.loss_nats(), without.loss_nats(), rtol=1e-6)
    label = model.likelihood_terms(given._replace(images=None), BatchDraws(3, 4))
    np.testing.assert_allclose(label.loss_nats(), 0.0, atol=1e-6)


def test_every_trainable_variable_has_a_gradient():
    model, data = tiny_model(**SETTINGS), batch(64)
    found = gradients_of(model, "likelihood", data["image"], data["label"])
    for variable, gradient in zip(model.generator_variables, found, strict=True):
        assert np.any(gradient), variable.path
    found = gradients_of(model, "likelihood", data["image"], np.full(64, -1))
    for variable, gradient in zip(model.generator_variables, found, strict=True):
        assert gradient is not None and np.isfinite(gradient).all(), variable.path


@pytest.fixture(scope="module")
def trained():
    model = tiny_model(
        **SETTINGS,
        perturbed=False,
        width=64,
        latent_size=8,
        decoder="gaussian",
        label_weight=20.0,
        classifier_weight=0.5,
        labelled=800,
        num_steps=400,
        batch_size=64,
        learning_rate=5e-3,
    )
    train = digits().train
    model.fit(train.images, train.labels, verbose=0)
    return model


def test_the_label_is_told_by_the_image(trained):
    test = digits().test
    right = trained.classify(test.images).argmax(1) == test.labels
    assert right.mean() > 0.8
    # p(x) is scored without a label.
    bits = trained.bits_per_dim(test.images)
    np.testing.assert_array_equal(bits, trained.bits_per_dim(test.images, test.labels))


def test_samples_are_of_the_label(trained):
    labels = np.repeat(np.arange(10), 20)
    samples = trained.sample(200, labels=labels)
    right = trained.classify(samples).argmax(1) == labels
    assert right.mean() > 0.6
    np.testing.assert_array_equal(samples[:20], trained.sample(20, labels=0))
    assert np.any(samples[:20] != trained.sample(20))
    with pytest.raises(ValueError, match="labels must be in 0 .. 9. Received: 10"):
        trained.sample(2, labels=10)


def test_a_saved_model_answers_alike(trained, tmp_path):
    trained.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    images = digits().test.images[:9]
    np.testing.assert_array_equal(loaded.classify(images), trained.classify(images))
    ours, theirs = (m.sample(3, labels=4) for m in (trained, loaded))
    np.testing.assert_array_equal(ours, theirs)


REFUSED = {
    "condition": (dict(conditional=True), "needs an unconditional model"),
    "adversary": (dict(preset="av_gde"), "without an adversary"),
    "posterior": (dict(posterior="iaf"), "needs posterior `gaussian`"),
    "levels": (dict(latent_levels=(1,)), "needs one vector z"),
    "prior": (dict(prior="autoregressive"), "needs prior `normal`"),
}


@pytest.mark.parametrize(("settings", "message"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_go_together_is_refused(settings, message):
    with pytest.raises(ValueError, match=f"{message}.*Received: "):
        RunConfig.from_flat({"preset": "vae", "bound": "multimodal", **settings})


def test_it_needs_labels():
    config = RunConfig.from_stored(SETTINGS)
    with pytest.raises(ValueError, match="a classifier needs data with labels"):
        build_model(config, (8, 8, 1), 17, 0)
