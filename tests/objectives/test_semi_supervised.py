"""The bound on images without a label, against enumeration and quadrature."""

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.config import RunConfig
from ade_tf.models import build_model
from ade_tf.objectives import EvidenceBound
from ade_tf.randomness import BatchDraws
from tests.helpers.models import (
    batch,
    digits,
    gradients_of,
    perturb,
    tiny_config,
    tiny_model,
)

SETTINGS = dict(
    preset="vae",
    conditional=True,
    bound="semi_supervised",
    network="mlp",
    latent_size=1,
    width=8,
)
X = np.random.default_rng(0).normal(size=(5, 1, 1, 2)).astype(np.float32)
NONE = np.full(5, -1, np.int32)


def small(scale=0.5):
    """Returns a model of three classes of points in the plane, z in one dimension."""
    config = RunConfig.from_stored({**SETTINGS, "encoder_dropout": 0.0})
    model = build_model(config, (1, 1, 2), 0, 3)
    perturb(model, scale)
    return model


def loss_and_terms(model, labels, draws, x=X, class_logits=None):
    """Returns the bound's loss and its nats for each image."""
    loss, terms = model.bound(
        model.likelihood_terms,
        model.batch(x, labels),
        draws,
        class_logits=class_logits or model.class_logits,
    )
    return float(loss), terms.loss_nats().numpy()


def log_joint(model, x=X):
    """Returns ln p(x, c) by quadrature over z, `[B, K]`."""
    z = np.linspace(-9, 9, 3001, dtype=np.float32)
    log_prior = -0.5 * z**2 - 0.5 * np.log(2 * np.pi) + np.log(z[1] - z[0])
    found = []
    for label in range(3):
        condition = model.condition(tf.fill([len(z)], label))
        density = model.decoder.density(z[:, None], condition)
        each = []
        for image in x:
            y, log_det = model.feature_map(image[None], condition[:1])
            log_p = density.log_prob(tf.repeat(y, len(z), 0)) + log_det
            each.append(tf.reduce_logsumexp(log_p + log_prior))
        found.append(each)
    return np.transpose(found) - np.log(3)


def test_the_bound_is_above_minus_ln_p_by_quadrature():
    model, count = small(), 4000
    exact = -np.logaddexp.reduce(log_joint(model), axis=1)
    rows, none = np.repeat(X, count, 0), np.repeat(NONE, count)
    draws = BatchDraws(1, len(rows))
    _, nats = loss_and_terms(model, none, draws, rows)
    nats = nats.reshape(5, count)
    error = nats.std(1) / np.sqrt(count)
    assert np.all(nats.mean(1) > exact - 4 * error)
    assert np.sum(nats.mean(1) > exact + 4 * error) >= 3


def test_it_is_minus_ln_p_where_both_posteriors_are_exact():
    model = small()
    # p(x | z, c) without z, and q(z | x, c) = p(z).
    for variable in model.posterior.trainable_variables:
        variable.assign(tf.zeros_like(variable.value))
    (first,) = [v for v in model.decoder.trainable_variables if v.shape == (1, 8)]
    first.assign(tf.zeros_like(first.value))
    joint = log_joint(model)

    def exact(batch, draws):
        return tf.constant(joint, tf.float32)

    _, nats = loss_and_terms(model, NONE, BatchDraws(0, 5), class_logits=exact)
    np.testing.assert_allclose(nats, -np.logaddexp.reduce(joint, 1), rtol=1e-4)
    # Any other q(c | x) is worse, by its KL to p(c | x).
    other = np.random.default_rng(1).normal(size=[5, 3]).astype(np.float32)
    log_q = other - np.logaddexp.reduce(other, 1, keepdims=True)
    log_p = joint - np.logaddexp.reduce(joint, 1, keepdims=True)
    kl = np.sum(np.exp(log_q) * (log_q - log_p), 1)
    _, worse = loss_and_terms(
        model, NONE, BatchDraws(0, 5), class_logits=lambda *_: tf.constant(other)
    )
    np.testing.assert_allclose(worse - nats, kl, rtol=1e-3, atol=1e-4)


def test_an_image_without_label_has_the_mean_of_its_classes():
    model = small()
    each = [
        loss_and_terms(model, np.full(5, c, np.int32), BatchDraws(2, 5))[1]
        for c in range(3)
    ]
    own = BatchDraws(2, 5).of_their_own("class")
    q = tf.nn.softmax(model.class_logits(model.batch(X, NONE), own)).numpy()
    expected = np.sum(q.T * (np.array(each) + np.log(q.T)), 0)
    _, nats = loss_and_terms(model, NONE, BatchDraws(2, 5))
    np.testing.assert_allclose(nats, expected, rtol=1e-4)
    mixed = np.array([0, -1, 2, -1, 1], np.int32)
    _, found = loss_and_terms(model, mixed, BatchDraws(2, 5))
    some = np.where(mixed < 0, nats, np.choose(np.maximum(mixed, 0), each))
    np.testing.assert_allclose(found, some, rtol=1e-5)


def with_dropout(function):
    def wrapped(batch, draws):
        with draws.scope():
            return function(batch, draws)

    return wrapped


@pytest.mark.parametrize("free_bits", [0.0, 0.3])
def test_with_all_labels_it_is_the_supervised_bound(free_bits):
    model = tiny_model(**SETTINGS, encoder_dropout=0.3, decoder_dropout=0.3)
    data, settings = batch(16), dict(kl_weight=0.7, free_bits=free_bits)
    given = model.batch(data["image"], data["label"])
    bounds = type(model.bound)(**settings), EvidenceBound(**settings)
    (loss, terms), (expected, by_parts) = (
        bound(
            with_dropout(model.likelihood_terms),
            given,
            BatchDraws(3, 16),
            class_logits=with_dropout(model.class_logits),
        )
        for bound in bounds
    )
    assert float(loss) == pytest.approx(float(expected) + np.log(10), rel=1e-5)
    for own in by_parts:
        np.testing.assert_allclose(terms[own.name].nats, own.nats, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(terms["class_kl"].nats, np.log(10), rtol=1e-6)


def parts_reached(model, name, labels):
    """Returns the parts that a term's gradient reaches, and the term's logs."""
    logs = {}
    found = gradients_of(model, name, batch(8)["image"], labels, logs)
    for gradient in found:
        assert gradient is None or np.isfinite(gradient).all()
    reached = {
        id(v)
        for v, g in zip(model.generator_variables, found, strict=True)
        if g is not None and np.any(g)
    }
    return {
        part
        for part in ("posterior", "decoder", "classifier")
        if any(id(v) in reached for v in getattr(model, part).trainable_variables)
    }, logs


def test_a_batch_without_a_single_label_trains_the_bound_alone():
    model = tiny_model(**SETTINGS, classifier_weight=1.0)
    labels = batch(8)["label"]
    for given, of_bound, of_classifier in (
        (np.full(8, -1), {"posterior", "decoder", "classifier"}, set()),
        (labels, {"posterior", "decoder"}, {"classifier"}),
    ):
        assert parts_reached(model, "likelihood", given)[0] == of_bound
        parts, logs = parts_reached(model, "classifier", given)
        assert parts == of_classifier
        assert (float(logs["classifier_loss"]) == 0.0) == (not of_classifier)


def test_the_loss_of_the_classifier_counts_missing_labels_zero():
    model, data = tiny_model(**SETTINGS, classifier_weight=1.0), batch(8)
    losses = []
    for labels in (data["label"], np.where(np.arange(8) < 4, data["label"], -1)):
        logs = {}
        gradients_of(model, "classifier", data["image"], labels, logs)
        losses.append(float(logs["classifier_loss"]))
    rest = {}
    others = np.where(np.arange(8) < 4, -1, data["label"])
    gradients_of(model, "classifier", data["image"], others, rest)
    assert losses[0] == pytest.approx(losses[1] + float(rest["classifier_loss"]))


def test_it_is_fitted_to_partly_missing_labels_and_classifies():
    model = tiny_model(
        **SETTINGS | dict(width=32, latent_size=4),
        perturbed=False,
        classifier_weight=2.0,
        num_steps=150,
        batch_size=64,
        learning_rate=5e-3,
    )
    train, test = digits().train, digits().test
    labels = train.labels.copy()
    labels[400:] = -1
    model.fit(train.images, labels, verbose=0)
    right = model.classify(test.images).argmax(1) == test.labels
    assert right.mean() > 0.7
    assert np.isfinite(model.bits_per_dim(test.images, test.labels)).all()
    with pytest.raises(ValueError, match=r"labels must be at least 0. Received: -1"):
        model.bits_per_dim(test.images[:2], np.array([-1, 3]))


REFUSED = {
    "condition": (dict(conditional=False), "needs a conditional model"),
    "adversary": (dict(preset="av_gde"), "without an adversary"),
    "no z": (dict(preset="flow", network="conv"), "needs a preset with a z"),
    "mmd": (dict(mmd_weight=1.0), "mmd_weight needs codes given the label"),
    "only": (dict(only_labelled=True), "only_labelled needs labelled above 0"),
    "plain": (
        dict(bound="elbo", labelled=100),
        "labelled leaves images without a label",
    ),
}


@pytest.mark.parametrize(("settings", "message"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_go_together_is_refused(settings, message):
    known = dict(preset="vae", conditional=True, bound="semi_supervised")
    with pytest.raises(ValueError, match=f"{message}.*Received: "):
        RunConfig.from_flat({**known, **settings})


def test_labels_of_a_model_that_needs_all_may_not_be_missing():
    model = build_model(tiny_config("vae", conditional=True), (8, 8, 1), 17, 10)
    with pytest.raises(ValueError, match="at least 0. Received: -1"):
        model.fit(digits().train.images[:4], np.array([0, 1, -1, 2]))
