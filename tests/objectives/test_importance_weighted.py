"""Tests of training by the importance-weighted bound, of real models of digits."""

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.randomness import BatchDraws, fold
from tests.helpers.models import batch, gradients_of, term_of, tiny_model

SIZE = 16
SETTINGS = dict(network="mlp", sigma="from_z", dequantizer="variational")


def loss_of(model, seed=0, size=SIZE):
    found, logs = term_of(model, "likelihood").loss(
        model.batch(batch(size)["image"]), BatchDraws(seed, size)
    )
    return float(found) * model.dims, logs


def iwae(k, **settings):
    return tiny_model("vae", bound="iwae", bound_samples=k, **SETTINGS, **settings)


def test_it_is_the_logarithm_of_the_mean_weight():
    k, model = 5, iwae(5)
    loss, logs = loss_of(model)
    images = model.batch(np.repeat(batch(SIZE)["image"], k, axis=0))
    terms = model.likelihood_terms(images, BatchDraws(0, SIZE * k))
    weights = terms.log_weights_nats().numpy().reshape(SIZE, k).astype(np.float64)
    expected = -np.mean(np.log(np.mean(np.exp(weights - weights.max()), 1)))
    assert loss == pytest.approx(expected - weights.max(), rel=1e-5)
    assert float(logs["bits_per_dim"]) == pytest.approx(
        np.mean(terms.loss_nats()) / model.dims / np.log(2.0), rel=1e-5
    )


def test_one_sample_is_the_evidence_bound_in_the_mean():
    models = iwae(1), tiny_model("vae", **SETTINGS)

    @tf.function(autograph=False)
    def losses(seed):
        return [
            term_of(m, "likelihood").loss(m.batch(images), BatchDraws(seed, SIZE))[0]
            for m in models
        ]

    images = batch(SIZE)["image"]
    pairs = np.array([losses(fold(seed)) for seed in range(60)])
    difference = pairs[:, 0] - pairs[:, 1]
    error = difference.std() / np.sqrt(len(difference))
    # Equal noise leaves the KL alone: at the draw, or its closed form.
    assert abs(difference.mean()) < 4.0 * error
    assert error < 0.01 * np.mean(pairs)


def test_more_samples_are_a_tighter_bound():
    losses = [
        np.mean([loss_of(iwae(k), seed)[0] for seed in range(4)]) for k in (1, 4, 16)
    ]
    assert np.all(np.diff(losses) < 0.0), losses


def test_its_gradient_weighs_the_samples():
    """The gradient of F_k is that of ln w_j, weighed by w_j / sum w (eq. 13)."""
    k, model = 4, iwae(4)
    images = batch(SIZE)["image"]
    draws = []
    gradients_of(model, "likelihood", images)
    original = type(model)._draws

    def noted(self, *arguments):
        draws.append(original(self, *arguments))
        return draws[-1]

    type(model)._draws = noted
    try:
        found = gradients_of(model, "likelihood", images)
    finally:
        type(model)._draws = original
    rows = model.batch(np.repeat(images, k, axis=0))
    with tf.GradientTape() as tape:
        repeated = draws[0].repeat(k)
        with repeated.scope():
            weights = model.likelihood_terms(rows, repeated).log_weights_nats()
        weights = tf.reshape(weights, [SIZE, k])
        share = tf.stop_gradient(tf.nn.softmax(weights, axis=1))
        loss = -tf.reduce_mean(tf.reduce_sum(share * weights, 1)) / model.dims
    expected = tape.gradient(loss, [v.value for v in model.generator_variables])
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-6)


def test_it_trains_with_dropout_and_an_adversary():
    model = tiny_model(
        "av_gde", bound="iwae", bound_samples=3, network="mlp", encoder_dropout=0.3
    )
    logs = model.train_step(batch(8))
    assert float(logs["skipped"]) == 0.0
    assert float(logs["likelihood_gradient_norm"]) > 0.0
