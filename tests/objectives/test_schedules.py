"""Tests of the course of the weight of L_Q."""

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.config.games import ADVERSARIAL_SCHEDULES
from ade_tf.models.updates import balanced
from ade_tf.strategies import make_strategy
from tests.helpers.models import digits, gradients_of, term_of, tiny_config, tiny_model


def test_a_linear_weight_moves_in_equal_steps_and_stays():
    weight = ADVERSARIAL_SCHEDULES["linear"](5, 8, last=1.0)
    found = [float(weight(tf.constant(step, tf.int64))) for step in range(10)]
    np.testing.assert_allclose(found, [*np.linspace(5, 1, 9), 1.0])


@pytest.mark.parametrize("share", [False, True])
def test_the_weight_is_that_of_the_step(share):
    given = dict(adversarial_weight=4.0, share_samples=share, num_steps=8)
    linear = dict(adversarial_schedule="linear", last_adversarial_weight=2.0)
    moving, constant = tiny_model(**given, **linear), tiny_model(**given)
    for step, weight in ((0, 4.0), (4, 3.0), (8, 2.0)):
        for model in (moving, constant):
            model.step.assign(step)
        found, plain = (
            gradients_of(model, "adversarial", digits().train.images[:8])
            for model in (moving, constant)
        )
        for here, there in zip(found, plain, strict=True):
            if here is not None:
                expected = weight / 4.0 * there
                np.testing.assert_allclose(here, expected, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("share", [False, True])
def test_a_balanced_weight_is_the_ratio_of_the_norms(share):
    model = tiny_model(
        update="joint",
        adversarial_schedule="balanced",
        adversarial_weight=0.3,
        share_samples=share,
    )
    images = digits().train.images[:8]
    likelihood, quality = (
        gradients_of(model, name, images) for name in ("likelihood", "adversarial")
    )
    assert term_of(model, "adversarial").relative == 0.3
    scaled, factor = balanced(quality, likelihood, 0.3)
    both = [i for i, g in enumerate(quality) if g is not None]
    assert 0 < len(both) < len(quality)
    norms = [
        tf.linalg.global_norm([own[i] for i in both]) for own in (scaled, likelihood)
    ]
    np.testing.assert_allclose(norms[0], 0.3 * norms[1], rtol=1e-5)
    np.testing.assert_allclose(scaled[both[0]], factor * quality[both[0]], rtol=1e-5)
    history = model.fit(images, steps_per_epoch=1, verbose=0).history
    assert 0 < history["adversarial_factor"][0] < np.inf


def test_norms_are_those_of_the_whole_batch():
    strategy = make_strategy("mirrored", 2)
    parts = [np.float32([3.0, -1.0]), np.float32([1.0, 5.0])]

    @tf.function
    def run(part):
        return strategy.run(
            lambda g: balanced([g, None], [2.0 * g[::-1], g], 0.5)[1], (part,)
        )

    part = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(parts[context.replica_id_in_sync_group])
    )
    for factor in strategy.experimental_local_results(run(part)):
        np.testing.assert_allclose(factor, 1.0, rtol=1e-6)


@pytest.mark.parametrize(
    "wrong",
    [dict(update="alternating"), dict(preset="flow_gan", train_likelihood=False)],
)
def test_a_balanced_weight_needs_both_gradients_in_one_update(wrong):
    given = {"update": "joint", **wrong, "adversarial_schedule": "balanced"}
    with pytest.raises(ValueError, match="balanced` compares .* Received: update="):
        tiny_config(**given)


def test_points_where_a_gradient_is_zero_stay_finite():
    zero = tf.zeros([3])
    scaled, _ = balanced([zero], [tf.ones([3])], 2.0)
    np.testing.assert_array_equal(scaled[0], zero)
