import keras
import numpy as np
import pytest
import tensorflow as tf

from ade_tf.models import averaged_weights, use_averaged_weights
from ade_tf.models.averaging import MovingAverage
from ade_tf.strategies import make_strategy
from tests.helpers.models import batch, tiny_model

SHAPES = [(3, 4), (5,), ()]
# Decays of the second, third and fourth update: (1 + t) / (10 + t).
SECOND, THIRD, FOURTH = 3 / 12, 4 / 13, 5 / 14


@pytest.mark.parametrize("update", ["joint", "alternating"])
def test_the_average_decays_once_per_step_and_comes_and_goes(update):
    model = tiny_model("av_gde", update=update, average_decay=0.25)
    step = tf.function(model.train_step)
    step(batch())
    with averaged_weights(model):
        average = [v.numpy() for v in model.generator_variables]
    # Where a step is one update, the average after it is known from the weights.
    if update == "joint":
        step(batch())
        after = [v.numpy() for v in model.generator_variables]
        expected = [0.25 * a + 0.75 * b for a, b in zip(average, after, strict=True)]
        with averaged_weights(model):
            for wanted, variable in zip(
                expected, model.generator_variables, strict=True
            ):
                np.testing.assert_allclose(
                    variable.numpy(), wanted, rtol=1e-5, atol=1e-9
                )
    assert model.average.decay == (0.25 if update == "joint" else 0.5)


def test_the_weights_come_back_bit_for_bit_after_an_error():
    model = tiny_model("vae", average_decay=0.9)
    step = tf.function(model.train_step)
    # After the first update the average is the weights.
    for start in (0, 8):
        step(batch(start=start))
    before = [v.numpy() for v in model.variables]
    with pytest.raises(KeyError), averaged_weights(model):
        changed = [v.numpy() for v in model.variables]
        raise KeyError("inside")
    assert any(not np.array_equal(a, b) for a, b in zip(before, changed, strict=True))
    for kept, variable in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(kept, variable.numpy())


def values(step):
    rng = np.random.default_rng(step)
    return [np.float32(rng.normal(size=shape)) for shape in SHAPES]


def assign(variables, step):
    for variable, value in zip(variables, values(step), strict=True):
        variable.assign(value)


def follow(average, variables, steps):
    """Gives variables the values of each step in turn, as updates would."""
    for updates, step in enumerate(steps):
        average.take_in(variables, updates)
        assign(variables, step)


def assert_average(average, variables, shares):
    """Checks an average against the steps' values by their shares."""
    average.assign_to(variables, max(shares))
    for i, variable in enumerate(variables):
        wanted = sum(share * values(step)[i] for step, share in shares.items())
        np.testing.assert_allclose(variable.numpy(), wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "shares",
    [
        {1: 1.0},
        {1: SECOND, 2: 1 - SECOND},
        {
            1: SECOND * THIRD * FOURTH,
            2: (1 - SECOND) * THIRD * FOURTH,
            3: (1 - THIRD) * FOURTH,
            4: 1 - FOURTH,
        },
    ],
    ids=len,
)
def test_the_average_is_the_weighted_sum_of_the_past(shares):
    variables = [keras.Variable(value) for value in values(0)]
    average = MovingAverage(variables, 0.9)
    follow(average, variables, shares)
    assert_average(average, variables, shares)


def test_before_the_first_update_nothing_changes():
    variables = [keras.Variable(value) for value in values(0)]
    average = MovingAverage(variables, 0.9)
    assert_average(average, variables, {0: 1.0})


@pytest.mark.parametrize("infinite", [False, True])
def test_what_is_no_update_is_not_taken_in(infinite):
    variables = [keras.Variable(value) for value in values(0)]
    average = MovingAverage(variables, 0.9)
    follow(average, variables, [1, 2])
    average.take_in(variables, 2)
    # As where a guard has left out an update.
    for variable in variables:
        variable.assign(variable + (np.inf if infinite else 1.0))
    average.take_in(variables, 2)
    assert_average(average, variables, {1: SECOND, 2: 1 - SECOND})


def test_the_average_goes_on_after_it_was_looked_at():
    variables = [keras.Variable(value) for value in values(0)]
    average = MovingAverage(variables, 0.9)
    follow(average, variables, [1, 2])
    for _ in range(2):
        assert_average(average, variables, {1: SECOND, 2: 1 - SECOND})
    average.take_in(variables, 2)
    assign(variables, 3)
    shares = {1: SECOND * THIRD, 2: (1 - SECOND) * THIRD, 3: 1 - THIRD}
    assert_average(average, variables, shares)


@pytest.mark.parametrize(("updates", "decay"), [(3, 4 / 13), (70, 71 / 80), (90, 0.9)])
def test_the_decay_warms_up_to_the_one_that_is_set(updates, decay):
    variables = [keras.Variable(value) for value in values(0)]
    average = MovingAverage(variables, 0.9)
    assign(variables, 1)
    average.take_in(variables, 1)
    assign(variables, 2)
    average.take_in(variables, updates)
    assert_average(average, variables, {1: decay, 2: 1 - decay, updates: 0.0})


def test_every_replica_has_the_average_that_one_has():
    strategy = make_strategy("mirrored", 2)
    with strategy.scope():
        variables = [keras.Variable(value) for value in values(0)]
        average = MovingAverage(variables, 0.5)
    single = [keras.Variable(value) for value in values(0)]
    alone = MovingAverage(single, 0.5)

    @tf.function
    def take_in(updates):
        strategy.run(lambda: average.take_in(variables, updates))

    for step in range(4):
        take_in(tf.constant(step))
        assign(variables, step)
    follow(alone, single, range(4))
    for copy in strategy.experimental_local_results(average.vector):
        np.testing.assert_allclose(copy.numpy(), alone.vector.numpy(), rtol=1e-6)
    for copy in strategy.experimental_local_results(average.taken):
        assert int(copy.numpy()) == 3
    average.assign_to(variables, 4)
    alone.assign_to(single, 4)
    for here, there in zip(variables, single, strict=True):
        for copy in strategy.experimental_local_results(here.value):
            np.testing.assert_allclose(copy.numpy(), there.numpy(), rtol=1e-6)


def test_an_update_is_one_operation_for_all_variables():
    variables = [keras.Variable(value) for value in values(0)]
    average = MovingAverage(variables, 0.9)
    update = tf.function(lambda updates: average.take_in(variables, updates))
    graph = update.get_concrete_function(tf.constant(1)).graph
    functions = graph.as_graph_def().library.function
    kinds = [node.op for function in functions for node in function.node_def]
    assert kinds.count("ResourceApplyGradientDescent") == 1


@pytest.mark.parametrize("dtypes", [[], ["float32", "float64"]])
def test_variables_that_make_no_vector_are_refused(dtypes):
    variables = [keras.Variable(1.0, dtype=dtype) for dtype in dtypes]
    with pytest.raises(ValueError, match=f"Received: {len(dtypes)} variables"):
        MovingAverage(variables, 0.9)


def test_weights_overwritten_by_their_average_stay():
    model = tiny_model("vae", average_decay=0.9)
    step = tf.function(model.train_step)
    for start in (0, 8, 16):
        step(batch(start=start))
    last = [v.numpy() for v in model.generator_variables]
    with averaged_weights(model):
        average = [v.numpy() for v in model.generator_variables]
    for _ in range(2):
        use_averaged_weights(model)
        for wanted, variable in zip(average, model.generator_variables, strict=True):
            np.testing.assert_array_equal(variable.numpy(), wanted)
    assert any(not np.array_equal(a, b) for a, b in zip(last, average, strict=True))
