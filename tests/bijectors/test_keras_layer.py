"""The same variables for TFP, Keras, checkpoints and replicas."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from ade_tf import bijectors as adb
from ade_tf.strategies import make_strategy
from tests.helpers.bijectors import perturb

tfb, tfd = tfp.bijectors, tfp.distributions

SHAPE = (4, 4, 1)
# Two scales of one step: ActNorm 2, 1x1 convolution 3, coupling network 6 variables;
# between them a prior's network of 6.
TRAINABLE = 2 * (2 + 3 + 6) + 6
# An `initialized` flag each ActNorm; permutation and signs each 1x1 convolution.
FIXED = 2 * (1 + 2)


def make_flow():
    return adb.glow(SHAPE, steps=(1, 1), learned_prior=True, width=4)


def images(batch=3):
    return tf.constant(np.random.default_rng(5).normal(size=(batch, *SHAPE)), "float32")


class Holder(keras.Model):
    def __init__(self, bijector):
        super().__init__()
        self.feature_map = adb.BijectorLayer(bijector)

    def call(self, x):
        return self.feature_map(x)


def functional(bijector):
    inputs = keras.Input(SHAPE)
    return keras.Model(inputs, adb.BijectorLayer(bijector)(inputs))


ARRANGEMENTS = {
    "ours": make_flow,
    "chain": lambda: tfb.Chain([make_flow()]),
    "invert": lambda: tfb.Invert(make_flow()),
    "nested": lambda: tfb.Chain([tfb.Invert(tfb.Chain([make_flow()]))]),
}
HOLDERS = {"layer": adb.BijectorLayer, "subclass": Holder, "functional": functional}
each_arrangement = pytest.mark.parametrize(
    "arrange", ARRANGEMENTS.values(), ids=ARRANGEMENTS.keys()
)


@each_arrangement
@pytest.mark.parametrize("replicas", [1, 2])
def test_everyone_counts_the_same_variables(arrange, replicas):
    strategy = tf.distribute.get_strategy()
    if replicas == 2:
        strategy = make_strategy("mirrored", 2)
    with strategy.scope():
        bijector = arrange()
        holders = [hold(bijector) for hold in HOLDERS.values()]
    owners = [bijector, *holders]
    for owner in owners:
        assert len(owner.trainable_variables) == TRAINABLE
        assert len(owner.variables) == TRAINABLE + FIXED
    expected = {id(v) for v in bijector.trainable_variables}
    for holder in holders:
        assert {id(v.value) for v in holder.trainable_variables} == expected


def test_replicas_share_the_variables_and_get_gradients():
    strategy = make_strategy("mirrored", 2)
    with strategy.scope():
        bijector = perturb(tfb.Chain([make_flow()]))
    base = tfd.Independent(tfd.Normal(tf.zeros(SHAPE), 1.0), 3)
    distribution = tfd.TransformedDistribution(base, bijector)

    def step(x):
        with tf.GradientTape() as tape:
            log_prob = distribution.log_prob(x)
            total = tf.reduce_sum(log_prob)
        gradients = tape.gradient(total, bijector.trainable_variables)
        context = tf.distribute.get_replica_context()
        return log_prob, context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)

    x = images(4)
    parts = strategy.experimental_distribute_values_from_function(
        lambda context: x[2 * context.replica_id_in_sync_group :][:2]
    )
    log_prob, gradients = tf.function(lambda x: strategy.run(step, (x,)))(parts)
    log_prob = tf.concat(strategy.experimental_local_results(log_prob), 0)
    with tf.GradientTape() as tape:
        y, log_det = adb.inverse_and_log_det(bijector, x)
        expected = base.log_prob(y) + log_det
        total = tf.reduce_sum(expected)
    np.testing.assert_allclose(log_prob, expected, rtol=1e-4)
    expected = tape.gradient(total, bijector.trainable_variables)
    for both, single in zip(gradients, expected, strict=True):
        for value in strategy.experimental_local_results(both):
            np.testing.assert_allclose(value, single, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("hold", [Holder, functional])
def test_weights_file_round_trip(tmp_path, hold):
    first, second = (hold(tfb.Chain([make_flow()])) for _ in range(2))
    perturb(first)
    path = tmp_path / "model.weights.h5"
    x = images()
    expected = [part.numpy() for part in first(x)]
    second(x)
    first.save_weights(path)
    second.load_weights(path)
    for value, other in zip(second(x), expected, strict=True):
        np.testing.assert_array_equal(value, other)


@pytest.mark.parametrize("arrange", ["ours", "chain", "invert"])
@pytest.mark.parametrize("hold", [None, "subclass"])
def test_checkpoint_round_trip(tmp_path, arrange, hold):
    arrange, hold = ARRANGEMENTS[arrange], HOLDERS.get(hold)
    first, second = arrange(), arrange()
    perturb(first, seed=1)
    for variable in first.non_trainable_variables:
        variable.assign_add(tf.ones_like(variable))
    path = tf.train.Checkpoint(it=hold(first) if hold else first).save(tmp_path / "c")
    status = tf.train.Checkpoint(it=hold(second) if hold else second).restore(path)
    status.assert_existing_objects_matched().assert_consumed()
    assert len(first.variables) == TRAINABLE + FIXED
    for old, new in zip(first.variables, second.variables, strict=True):
        np.testing.assert_array_equal(old, new)


def test_saved_model_round_trip(tmp_path):
    bijector = perturb(make_flow())
    module = tf.Module()
    module.held = tfb.Chain([bijector])
    module.inverse = tf.function(
        module.held.inverse, input_signature=[tf.TensorSpec([None, *SHAPE])]
    )
    tf.saved_model.save(module, tmp_path)
    loaded = tf.saved_model.load(tmp_path)
    x = images()
    np.testing.assert_allclose(
        loaded.inverse(x), bijector.inverse(x), rtol=1e-5, atol=1e-5
    )


def test_a_layer_gives_features_and_log_det():
    bijector = perturb(make_flow())
    layer = adb.BijectorLayer(bijector)
    x = images()
    y, log_det = layer(x)
    for got, expected in zip(
        (y, log_det), bijector.inverse_and_log_det(x), strict=True
    ):
        np.testing.assert_array_equal(got, expected)
    back, back_log_det = layer.forward_and_log_det(y)
    np.testing.assert_allclose(back, x, atol=1e-4)
    np.testing.assert_allclose(back_log_det, -log_det, atol=1e-4)
    assert layer.bijector is bijector


def test_fit_trains_a_bijector_in_a_plain_model():
    model = functional(tfb.Chain([adb.ImageSpace(16, alpha=0), make_flow()]))

    class Likelihood(keras.Model):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def call(self, x):
            y, log_det = self.inner(x)
            return tf.reduce_sum(y**2, [1, 2, 3]) / 2 - log_det

    trained = Likelihood(model)
    trained.compile(
        keras.optimizers.Adam(1e-2), loss=lambda _, nats: tf.reduce_mean(nats)
    )
    x = np.random.default_rng(0).uniform(4, 8, (64, *SHAPE)).astype("float32")
    losses = trained.fit(x, np.zeros(64), epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0] - 5


def test_a_condition_reaches_the_bijector():
    flow = perturb(adb.glow(SHAPE, steps=(1,), width=4, condition_shape=(2,)))
    layer = adb.BijectorLayer(tfb.Invert(flow))
    x = images()
    near = layer(x, condition=tf.zeros([3, 2]))[0]
    far = layer(x, condition=tf.ones([3, 2]))[0]
    assert np.max(np.abs(near - far)) > 1e-3


def test_variables_that_keras_cannot_see_are_refused():
    free = tf.Variable(2.0, name="free")
    bijector = adb.FusedChain([make_flow(), tfb.Scale(free)])
    with pytest.raises(ValueError, match=r"held by Keras layers.*Received.*free"):
        adb.BijectorLayer(bijector)
    with pytest.raises(TypeError, match="tfb.Bijector. Received: .*Dense"):
        adb.BijectorLayer(keras.layers.Dense(1))
