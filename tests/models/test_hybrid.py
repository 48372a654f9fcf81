"""Hybrids of p(x) and p(c | x): a classifier on the features of the flow."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ade_tf.config import RunConfig
from ade_tf.models import build_model
from ade_tf.models.given_weights import copy_weights
from tests.helpers.models import batch, digits, gradients_of, tiny_config, tiny_model

QUICK = dict(coupling_network="mlp", flow_steps=(1,))
FLOWS = {
    "glow": QUICK,
    "real_nvp": dict(feature_map="real_nvp", flow_steps=(1,)),
    "maf": dict(feature_map="autoregressive"),
}


def hybrid(weight=1.0, preset="flow", **settings):
    return tiny_model(preset, **{**QUICK, "classifier_weight": weight, **settings})


def by_part(model, gradients):
    """Returns `part -> whether a gradient reaches it`."""
    reached = {
        id(v)
        for v, g in zip(model.generator_variables, gradients, strict=True)
        if g is not None and np.any(tf.convert_to_tensor(g))
    }
    return {
        name: any(id(v) in reached for v in getattr(model, name).trainable_variables)
        for name in ("feature_map", "classifier")
    }


@pytest.mark.parametrize("settings", FLOWS.values(), ids=FLOWS)
def test_both_terms_reach_the_flow(settings):
    model, data = hybrid(**settings), batch(16)
    given = (tf.constant(data["image"]), data["label"])
    likelihood = by_part(model, gradients_of(model, "likelihood", *given))
    assert likelihood == {"feature_map": True, "classifier": False}
    assert all(by_part(model, gradients_of(model, "classifier", *given)).values())


def test_the_weight_is_of_nats_per_image():
    data = batch(16)
    given = (tf.constant(data["image"]), data["label"])
    found, losses = [], []
    for weight in (1.0, 0.25):
        logs = {}
        found.append(gradients_of(hybrid(weight), "classifier", *given, logs=logs))
        losses.append(float(logs["classifier_loss"]))
    assert losses[0] == losses[1] > 0
    for one, quarter in zip(*found, strict=True):
        if one is not None:
            np.testing.assert_allclose(0.25 * one, quarter, rtol=1e-4, atol=1e-7)


def test_at_first_all_classes_are_alike():
    model = hybrid(perturbed=False)
    images = digits().test.images[:7]
    np.testing.assert_allclose(model.classify(images), np.full([7, 10], 0.1))


def test_it_classifies_what_its_features_say():
    model = hybrid()
    images = digits().test.images[:30]
    y, _ = model.feature_map(tf.cast(images, tf.float32) + 0.5, None)
    kernel, bias = (v.numpy() for v in model.classifier.variables)
    logits = y.numpy().reshape(30, 64) @ kernel + bias
    p = np.exp(logits - logits.max(1, keepdims=True))
    expected = p / p.sum(1, keepdims=True)
    np.testing.assert_allclose(model.classify(images), expected, rtol=2e-4)
    np.testing.assert_array_equal(
        model.classify(images, batch_size=7), model.classify(images, batch_size=7)
    )


@pytest.mark.parametrize("likelihood", [True, False])
def test_a_short_training_learns_the_classes(likelihood):
    settings = dict(num_steps=120, batch_size=64, train_likelihood=likelihood)
    model = hybrid(perturbed=False, average_decay=0.9, **settings)
    train, test = digits().train, digits().test
    model.fit(train.images, train.labels, verbose=0)
    right = model.classify(test.images).argmax(1) == test.labels
    assert right.mean() > 0.85


def test_a_saved_model_classifies_alike(tmp_path):
    model, images = hybrid(), digits().test.images[:9]
    model.save(tmp_path / "hybrid.keras")
    loaded = keras.saving.load_model(tmp_path / "hybrid.keras")
    np.testing.assert_array_equal(loaded.classify(images), model.classify(images))
    np.testing.assert_array_equal(
        loaded.bits_per_dim(images), model.bits_per_dim(images)
    )


def test_it_may_begin_with_a_flow_that_is_trained():
    flow, model = tiny_model("flow", **QUICK), hybrid()
    kernel = model.classifier.kernel.numpy()
    copy_weights(model, flow)
    np.testing.assert_array_equal(model.classifier.kernel.numpy(), kernel)
    images = digits().test.images[:5]
    np.testing.assert_array_equal(model.bits_per_dim(images), flow.bits_per_dim(images))


def test_it_is_fitted_to_labels():
    model = hybrid(perturbed=False)
    with pytest.raises(ValueError, match="images with labels. Received: y=None"):
        model.fit(digits().train.images)
    with pytest.raises(ValueError, match=r"labels must be in -1 \.\. 9. Received: 11"):
        model.fit(digits().train.images[:4], np.array([0, 1, 2, 11]))
    config = tiny_config("flow", classifier_weight=1.0)
    with pytest.raises(ValueError, match="a classifier needs data with labels"):
        build_model(config, (8, 8, 1), 17, 0)
    with pytest.raises(ValueError, match="needs a classifier: .*classifier_weight=0"):
        tiny_model("flow", **QUICK).classify(digits().test.images[:2])


REFUSED = {
    "flow": (
        dict(preset="vae", classifier_weight=1.0),
        "needs a flow without condition, or bound",
    ),
    "condition": (
        dict(preset="flow", conditional=True, classifier_weight=1.0),
        "needs a flow without condition",
    ),
    "nothing": (dict(preset="flow", train_likelihood=False), "a classifier_weight"),
    "z": (
        dict(preset="v_ade", classifier_weight=1.0, train_likelihood=False),
        "train_likelihood can be off in",
    ),
}


@pytest.mark.parametrize(("settings", "message"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_go_together_is_refused(settings, message):
    with pytest.raises(ValueError, match=f"{message}.*Received: "):
        RunConfig.from_flat(settings)
