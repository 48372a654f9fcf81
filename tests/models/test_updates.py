import keras
import numpy as np
import pytest
import tensorflow as tf

from ade_tf.models.updates import guarded_update, mean_over_replicas
from ade_tf.objectives import free_bits_kl
from ade_tf.strategies import make_strategy
from tests.helpers.models import batch, tiny_model


def make(value=(1.0, 2.0), optimizer=None):
    variable = keras.Variable(np.float32(value))
    optimizer = optimizer or keras.optimizers.SGD(1.0)
    optimizer.build([variable])
    return variable, optimizer


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_bad_gradient_changes_nothing(bad):
    variable, optimizer = make(optimizer=keras.optimizers.Adam(0.1))
    guarded_update(optimizer, [tf.constant([1.0, 1.0])], [variable])
    state = [v.numpy() for v in [variable, *optimizer.variables]]

    @tf.function
    def update(gradient):
        return guarded_update(optimizer, [gradient], [variable], clip_norm=1.0)

    _, skipped = update(tf.constant([1.0, bad]))
    assert float(skipped) == 1.0
    for before, after in zip(state, [variable, *optimizer.variables], strict=True):
        np.testing.assert_array_equal(before, after.numpy())
    _, skipped = update(tf.constant([1.0, 1.0]))
    assert float(skipped) == 0.0
    assert not np.array_equal(state[0], variable.numpy())


def test_without_the_check_a_bad_gradient_is_applied():
    variable, optimizer = make()
    gradient = tf.constant([1.0, np.nan])
    _, skipped = guarded_update(optimizer, [gradient], [variable], check=False)
    assert float(skipped) == 0.0
    np.testing.assert_array_equal(variable.numpy(), [0.0, np.nan])


def test_clipping_keeps_the_direction():
    variable, optimizer = make()
    gradient = tf.constant([3.0, 4.0])
    norm, _ = guarded_update(optimizer, [gradient], [variable], clip_norm=1.0)
    assert float(norm) == pytest.approx(5.0)
    np.testing.assert_allclose(variable.numpy(), [1.0 - 0.6, 2.0 - 0.8], rtol=1e-6)


def test_replicas_clip_the_mean_gradient():
    strategy = make_strategy("mirrored", 2)
    with strategy.scope():
        variable, optimizer = make((0.0, 0.0))
    gradients = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant([[6.0, 0.0], [0.0, 8.0]])[
            context.replica_id_in_sync_group
        ]
    )

    @tf.function
    def update():
        return strategy.run(
            lambda g: guarded_update(optimizer, [g], [variable], clip_norm=2.5)[0],
            args=(gradients,),
        )

    norms = strategy.experimental_local_results(update())
    np.testing.assert_allclose(norms, [5.0, 5.0])
    for value in strategy.experimental_local_results(variable.value):
        np.testing.assert_allclose(value, [-1.5, -2.0], rtol=1e-6)


def test_replicas_judge_free_bits_by_the_whole_batch():
    # Units below the free bits on one replica or the other, on both, and on none.
    kl = np.float32([[0.1, 0.2, 1.0, 0.1], [0.1, 1.2, 3.0, 0.3], [0.1, 0.4, 1.0, 0.9]])
    kl = np.concatenate([kl, [[0.1, 0.4, 2.0, 0.9]]]).astype(np.float32)
    free_bits = 0.5
    strategy = make_strategy("mirrored", 2)
    with strategy.scope():
        variable = keras.Variable(np.ones(4, np.float32))

    def gradient(part):
        with tf.GradientTape() as tape:
            loss = free_bits_kl((variable.value * part,), free_bits, mean_over_replicas)
        return loss, tape.gradient(loss, [variable.value])[0]

    parts = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(np.split(kl, 2)[context.replica_id_in_sync_group])
    )
    found = tf.function(lambda: strategy.run(gradient, args=(parts,)))()
    losses, gradients = map(strategy.experimental_local_results, found)
    units = kl.mean(0)
    np.testing.assert_allclose(losses, [np.maximum(units, free_bits).sum()] * 2)
    expected = np.where(units > free_bits, units, 0.0)
    assert 0.0 in expected and np.count_nonzero(expected) == 3
    np.testing.assert_allclose(np.mean(gradients, 0), expected, rtol=1e-6)


def test_a_step_with_a_nan_is_skipped_counted_and_named():
    model = tiny_model("vae")
    weight = model.posterior.trainable_variables[0]
    weight.assign(np.full(weight.shape, np.nan, np.float32))
    others = [v.numpy() for v in model.decoder.trainable_variables]
    logs = tf.function(model.train_step)(batch())
    assert float(logs["skipped"]) == 1.0
    assert int(model.skipped_updates.numpy()) == 1
    assert int(model.step.numpy()) == 1
    assert not np.isfinite(logs["kl"])
    for before, after in zip(others, model.decoder.trainable_variables, strict=True):
        np.testing.assert_array_equal(before, after.numpy())
