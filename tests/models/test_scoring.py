import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from ade_tf.data import Split
from ade_tf.models import LikelihoodScorer
from ade_tf.objectives import importance_weighted_bound
from ade_tf.randomness import fold
from tests.helpers.models import bound_terms, digits, log_weights, sample, tiny_model

tfd = tfp.distributions


def first(count):
    split = digits().test
    return Split(split.images[:count], split.labels[:count])


def test_a_uniform_model_scores_log2_levels(monkeypatch):
    # Zero-initialised couplings without mixing or ActNorm are the identity.
    model = tiny_model(
        "flow", perturbed=False, logit_alpha=0.0, mixing="none", actnorm="none"
    )
    ends = 2.0 * tf.ones(model.image_shape)
    uniform = tfd.Independent(tfd.Uniform(-ends, ends), 3)
    monkeypatch.setattr(model, "feature_density", lambda z, condition: uniform)
    scores = LikelihoodScorer(model).bound(first(30))
    np.testing.assert_allclose(scores.bits_per_dim, np.log2(17), rtol=1e-6)


@pytest.mark.parametrize("preset", ["vae", "v_ade", "flow"])
def test_scores_do_not_depend_on_the_batch_size(preset):
    model = tiny_model(preset, flow_steps=(1,))
    scores = [
        LikelihoodScorer(model, batch_size=size).bound(first(11)).bits_per_dim
        for size in (4, 11)
    ]
    np.testing.assert_allclose(*scores, rtol=1e-5)
    some = LikelihoodScorer(model, batch_size=4).bound(first(11), limit=6)
    np.testing.assert_allclose(some.bits_per_dim, scores[0][:6], rtol=1e-6)


def test_one_importance_sample_is_the_bound_in_the_mean():
    # The bound takes the KL in closed form, F_1 by the same z's densities: over many
    # draws both have the same mean.
    model = tiny_model("v_ade", flow_steps=(1,))
    image = tf.repeat(tf.constant(first(1).images), 4000, 0)
    indices = tf.range(4000, dtype=tf.int64)

    @tf.function
    def both():
        bound = -bound_terms(model, image, 0, indices).loss_nats()
        weights = log_weights(model, image, 0, indices)
        return bound, importance_weighted_bound(weights[:, None])

    bound, single = (values.numpy() for values in both())
    difference = bound - single
    error = difference.std() / np.sqrt(len(difference))
    assert abs(difference.mean()) < 4.0 * error
    assert error < 0.1


def test_more_importance_samples_tighten_the_bound():
    model = tiny_model("v_ade", flow_steps=(1,))
    scorer = LikelihoodScorer(model, batch_size=40)
    values = [
        scorer.importance_weighted(first(40), k).bits_per_dim.mean() for k in (1, 4, 16)
    ]
    assert np.all(np.diff(values) < 0.0), values


def test_streaming_importance_samples_equals_the_formula():
    model = tiny_model("v_ade", flow_steps=(1,))
    scorer = LikelihoodScorer(model, batch_size=4)
    streamed = scorer.importance_weighted(first(6), 5, seed=1).bits_per_dim
    images, indices = tf.constant(first(6).images), tf.range(6, dtype=tf.int64)
    one_each = tf.function(lambda seed: log_weights(model, images, seed, indices))
    weights = [one_each(fold(1, "importance", k)) for k in range(5)]
    bound = importance_weighted_bound(tf.stack(weights, 1)).numpy()
    np.testing.assert_allclose(streamed, -bound / (64 * np.log(2.0)), rtol=1e-5)


def test_a_preset_without_likelihood_is_refused():
    with pytest.raises(
        ValueError,
        match="bits per dimension needs a preset with.*gan",
    ):
        LikelihoodScorer(tiny_model("gan"))


def test_samples_are_levels_and_do_not_depend_on_their_number():
    model = tiny_model("av_ade")
    many = sample(model, 9, 1.0, 5).numpy()
    assert set(np.unique(many)) <= set(range(17))
    np.testing.assert_array_equal(many[:4], sample(model, 4, 1.0, 5).numpy())
    np.testing.assert_array_equal(many[6:], sample(model, 3, 1.0, 5, first=6).numpy())
    assert not np.array_equal(many, sample(model, 9, 1.0, 6).numpy())


def test_temperature_zero_gives_one_image():
    images = sample(tiny_model("v_ade", flow_steps=(1,)), 3, 0.0, 0).numpy()
    np.testing.assert_array_equal(images[0], images[1])
