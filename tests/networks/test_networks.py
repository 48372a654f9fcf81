"""What every network must do."""

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.randomness import BatchDraws
from tests.networks.cases import CASES, Holder, inputs_for, outputs_of, perturb

SHAPES = [(8, 8, 1), (12, 8, 3), (32, 32, 3), (64, 64, 3), (7, 5, 2), (1, 1, 2)]
CONDITIONS = [(3,), (4, 2, 3), (24, 16, 3), (5, 9, 3)]
every_network = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


@every_network
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_output_shape_and_parameters_from_the_constructor(case, shape):
    network = case.build(shape, position_maps=True)
    before = len(network.variables)
    x = inputs_for(case, shape)
    y = outputs_of(network(x))
    assert y.shape == (3, *case.output_shape(shape))
    assert len(network.variables) == before > 0
    assert np.all(np.isfinite(y))


@every_network
def test_any_batch_size_in_one_trace(case):
    shape = (12, 8, 3)
    network = case.build(shape, condition_shape=(3,))
    traced = tf.function(
        lambda x, c: outputs_of(network(x, c)),
        input_signature=[
            tf.TensorSpec([None, *case.input_shape(shape)]),
            tf.TensorSpec([None, 3]),
        ],
    )
    output = traced.get_concrete_function().structured_outputs
    assert output.shape[1:] == case.output_shape(shape)
    for batch in (1, 4):
        x, c = inputs_for(case, shape, batch), tf.random.normal([batch, 3])
        expected = outputs_of(network(x, c))
        np.testing.assert_allclose(traced(x, c), expected, rtol=1e-4, atol=1e-5)


@every_network
@pytest.mark.parametrize("condition_shape", CONDITIONS, ids=str)
def test_condition_changes_its_own_example_only(case, condition_shape):
    shape = (12, 8, 3)
    network = case.build(shape, condition_shape=condition_shape)
    perturb(network)
    x = inputs_for(case, shape, 2)
    condition = tf.random.normal([2, *condition_shape])
    other = tf.concat([condition[:1], condition[1:] + 1.0], 0)
    y, y_other = (outputs_of(network(x, c)).numpy() for c in (condition, other))
    np.testing.assert_allclose(y[0], y_other[0], rtol=1e-4, atol=1e-5)
    assert np.max(np.abs(y[1] - y_other[1])) > 1e-3


@every_network
def test_condition_is_checked(case):
    shape = (8, 8, 1)
    x = inputs_for(case, shape)
    with pytest.raises(ValueError, match=r"takes no condition\. Received: .*3, 2"):
        case.build(shape)(x, tf.zeros([3, 2]))
    network = case.build(shape, condition_shape=(2,))
    with pytest.raises(ValueError, match=r"must have the shape .* Received: None"):
        network(x)
    with pytest.raises(ValueError, match=r"must have the shape .* Received: \(4,\)"):
        network(x, tf.zeros([3, 4]))
    with pytest.raises(ValueError, match=r"`condition_shape` must be .*\(2, 3\)"):
        case.build(shape, condition_shape=(2, 3))


@every_network
def test_every_trainable_variable_gets_a_gradient(case):
    shape = (12, 8, 3)
    network = case.build(shape, position_maps=True, condition_shape=(2,))
    perturb(network)
    x, condition = inputs_for(case, shape), tf.random.normal([3, 2])
    with tf.GradientTape() as tape:
        outputs = tf.nest.flatten(network(x, condition))
        loss = tf.add_n([tf.reduce_sum(tf.sin(y)) for y in outputs])
    variables = network.trainable_variables
    for variable, gradient in zip(
        variables, tape.gradient(loss, [v.value for v in variables]), strict=True
    ):
        assert gradient is not None, variable.path
        assert np.max(np.abs(gradient)) > 0.0, variable.path


@every_network
def test_weights_file_and_checkpoint_restore_everything(case, tmp_path):
    shape = (8, 8, 1)
    models = [Holder(case.build(shape, position_maps=True)) for _ in range(3)]
    perturb(models[0])
    models[0].save_weights(tmp_path / "w.weights.h5")
    models[1].load_weights(tmp_path / "w.weights.h5")
    path = tf.train.Checkpoint(model=models[0]).save(tmp_path / "checkpoint")
    tf.train.Checkpoint(model=models[2]).restore(path).assert_consumed()
    for restored in models[1:]:
        for saved, variable in zip(
            models[0].variables, restored.variables, strict=True
        ):
            np.testing.assert_array_equal(variable.numpy(), saved.numpy())


@every_network
def test_float64(case):
    network = case.build((12, 8, 3), condition_shape=(4, 2, 3), dtype="float64")
    x = inputs_for(case, (12, 8, 3), dtype="float64")
    result = network(x, tf.random.normal([3, 4, 2, 3]))
    assert all(y.dtype == tf.float64 for y in tf.nest.flatten(result))


@pytest.mark.parametrize("name", [n for n, case in CASES.items() if case.drops])
def test_dropout_acts_in_a_scope_only(name):
    case, shape = CASES[name], (8, 8, 1)
    network = case.build(shape, dropout=0.5)
    perturb(network)
    x = inputs_for(case, shape)
    calls = []
    for seed in (1, 1, 2):
        with BatchDraws(seed, len(x)).scope():
            calls.append(outputs_of(network(x)).numpy())
    plain = outputs_of(network(x)).numpy()
    np.testing.assert_array_equal(plain, outputs_of(network(x)))
    np.testing.assert_array_equal(calls[0], calls[1])
    assert np.max(np.abs(calls[0] - calls[2])) > 1e-3
    assert np.max(np.abs(calls[0] - plain)) > 1e-3
    with pytest.raises(ValueError, match=r"in \[0, 1\)\. Received: dropout=1.0"):
        case.build(shape, dropout=1.0)


@every_network
@pytest.mark.parametrize(
    "shape, keywords, message",
    [
        ((8, 8), {}, r"must be \(height, width, channels\).*Received: \(8, 8\)"),
        ((8, 0, 1), {}, r"all positive integers\. Received: \(8, 0, 1\)"),
        ((8, 8, 1), {"width": 0}, r"`width` must be at least 1\. Received: width=0"),
        ((8, 8, 1), {"network": "no"}, r"`network` must be one of .*Received: 'no'"),
    ],
)
def test_arguments_are_checked(case, shape, keywords, message):
    with pytest.raises(ValueError, match=message):
        case.build(shape, **keywords)
