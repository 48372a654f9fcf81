import keras
import numpy as np
import pytest
import tensorflow as tf

from ade_tf.models.optimizers import FusedAdam
from ade_tf.strategies import make_strategy

SHAPES = [(3, 4), (5,), ()]


def start(kind, **keywords):
    rng = np.random.default_rng(0)
    variables = [
        keras.Variable(rng.normal(size=shape), name=f"weight_{rank}")
        for rank, shape in enumerate(SHAPES)
    ]
    optimizer = kind(0.01, **keywords)
    optimizer.build(variables)
    return variables, optimizer


def gradients(step):
    rng = np.random.default_rng(100 + step)
    return [np.float32(rng.normal(size=shape) * 10.0 ** (step % 3)) for shape in SHAPES]


def run(variables, optimizer, steps):
    update = tf.function(lambda *grads: optimizer.apply(list(grads), variables))
    for step in steps:
        update(*map(tf.constant, gradients(step)))


def test_updates_are_those_of_the_paper():
    variables, optimizer = start(FusedAdam, beta_1=0.8, beta_2=0.95, epsilon=1e-8)
    expected = [v.numpy().astype(np.float64) for v in variables]
    first = [np.zeros(shape) for shape in SHAPES]
    second = [np.zeros(shape) for shape in SHAPES]
    for step in range(7):
        for i, gradient in enumerate(gradients(step)):
            first[i] = 0.8 * first[i] + 0.2 * gradient
            second[i] = 0.95 * second[i] + 0.05 * gradient**2
            alpha = 0.01 * np.sqrt(1 - 0.95 ** (step + 1)) / (1 - 0.8 ** (step + 1))
            expected[i] -= alpha * first[i] / (np.sqrt(second[i]) + 1e-8)
    run(variables, optimizer, range(7))
    for variable, value in zip(variables, expected, strict=True):
        np.testing.assert_allclose(variable.numpy(), value, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "keywords", [{}, dict(use_ema=True, weight_decay=0.1)], ids=str
)
def test_state_and_updates_are_those_of_keras(keywords):
    ours = start(FusedAdam, beta_1=0.5, **keywords)
    keras_own = start(keras.optimizers.Adam, beta_1=0.5, **keywords)
    for variables, optimizer in (ours, keras_own):
        run(variables, optimizer, range(5))
    (variables, optimizer), (others, other) = ours, keras_own
    paths = [v.path.split("/", 1)[1] for v in optimizer.variables]
    assert paths == [v.path.split("/", 1)[1] for v in other.variables]
    for here, there in zip(
        [*variables, *optimizer.variables], [*others, *other.variables], strict=True
    ):
        np.testing.assert_allclose(here.numpy(), there.numpy(), rtol=2e-5, atol=1e-6)


def test_a_checkpoint_of_keras_goes_on(tmp_path):
    variables, optimizer = start(keras.optimizers.Adam)
    run(variables, optimizer, range(3))
    path = tf.train.Checkpoint(
        optimizer=optimizer, variables=[v.value for v in variables]
    ).save(str(tmp_path / "of-keras"))
    others, other = start(FusedAdam)
    tf.train.Checkpoint(optimizer=other, variables=[v.value for v in others]).restore(
        path
    ).assert_consumed()
    run(variables, optimizer, range(3, 6))
    run(others, other, range(3, 6))
    for here, there in zip(
        [*variables, *optimizer.variables], [*others, *other.variables], strict=True
    ):
        np.testing.assert_allclose(here.numpy(), there.numpy(), rtol=2e-5, atol=1e-6)


def test_two_replicas_share_an_update():
    strategy = make_strategy("mirrored", 2)
    with strategy.scope():
        variables, optimizer = start(FusedAdam)
    single = start(FusedAdam)

    @tf.function
    def update(*grads):
        # Keras sums over the replicas.
        strategy.run(
            lambda *grads: optimizer.apply([g / 2.0 for g in grads], variables),
            args=grads,
        )

    for step in range(3):
        update(*map(tf.constant, gradients(step)))
    run(*single, range(3))
    for here, there in zip(
        [*variables, *optimizer.variables],
        [*single[0], *single[1].variables],
        strict=True,
    ):
        for copy in strategy.experimental_local_results(here.value):
            np.testing.assert_allclose(copy.numpy(), there.numpy(), rtol=1e-5)


def test_an_update_is_one_operation_a_variable():
    variables, optimizer = start(FusedAdam)
    update = tf.function(lambda *grads: optimizer.apply(list(grads), variables))
    graph = update.get_concrete_function(*map(tf.constant, gradients(0))).graph
    kinds = [op.type for op in graph.get_operations()]
    assert kinds.count("ResourceApplyAdam") == len(SHAPES)
    assert kinds.count("AssignSubVariableOp") == 0


@pytest.mark.parametrize(
    ("name", "value"), [("amsgrad", True), ("gradient_accumulation_steps", 2)]
)
def test_what_the_operation_does_not_know_is_refused(name, value):
    with pytest.raises(ValueError, match=f"Received: {name}={value}"):
        FusedAdam(0.1, **{name: value})
