"""Each private door opens what it says, and no other file has one."""

import ast
import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from ade_tf import private_doors as doors
from ade_tf.strategies import make_strategy

tfb, tfd = tfp.bijectors, tfp.distributions

ROOT = pathlib.Path(__file__).parents[1]
FILES = [
    path
    for folder in ("ade_tf", "experiments", "tests")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if path.name not in ("private_doors.py", "test_private_doors.py")
]
PRIVATE_MODULES = (
    "keras.src",
    "tensorflow.",
    "tensorflow_probability.",
    "tf.__internal__",
)
# What TFP asks a subclass to write.
HOOKS = {
    "batch_shape",
    "batch_shape_tensor",
    "event_shape",
    "event_shape_tensor",
    "forward",
    "forward_event_shape",
    "forward_event_shape_tensor",
    "forward_log_det_jacobian",
    "inverse",
    "inverse_event_shape",
    "inverse_event_shape_tensor",
    "inverse_log_det_jacobian",
    "is_permutation",
    "log_prob",
    "mean",
    "parameter_properties",
    "sample_n",
}
both_modes = pytest.mark.parametrize("in_graph", [False, True])


def private_names():
    """The underscored attributes of what we subclass."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(), "mse")
    model.fit(np.zeros([2, 2]), np.zeros([2, 1]), verbose=0)
    classes = (
        keras.Model,
        keras.layers.Dense,
        keras.Variable,
        keras.callbacks.Callback,
        keras.optimizers.Adam,
        tf.Module,
        tfb.Bijector,
        tfd.Distribution,
    )
    names = {name for owner in classes for name in dir(owner)}
    names |= set(vars(model.optimizer))
    hooks = {f"_{name}" for name in HOOKS}
    return {n for n in names if n[0] == "_" and n[:2] != "__"} - hooks


def used_names(tree):
    """Modules that are imported or gone through, and attributes that are read."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute):
            yield node.attr
            yield ast.unparse(node)
        elif isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, ast.FunctionDef):
                    yield part.name
                elif isinstance(part, ast.Assign):
                    yield from (ast.unparse(target) for target in part.targets)


def test_no_other_file_uses_private_names():
    private = private_names()
    found = {
        (str(path.relative_to(ROOT)), name)
        for path in FILES
        for name in used_names(ast.parse(path.read_text()))
        if name in private or name.startswith(PRIVATE_MODULES)
    }
    assert not found


def test_the_search_finds_the_doors_themselves():
    text = (ROOT / "ade_tf" / "private_doors.py").read_text()
    found = set(used_names(ast.parse(text)))
    assert found & private_names() == {
        "_TF_MODULE_IGNORED_PROPERTIES",
        "_backend_update_step",
        "_cache",
        "_get_variable_index",
        "_maybe_symbolic_build",
        "_momentums",
        "_no_dependency",
        "_velocities",
    }
    assert "tensorflow.python.eager.record" in found


def called(function, in_graph, *args):
    return (tf.function(function) if in_graph else function)(*args)


@both_modes
def test_stop_recording(in_graph):
    def gradients(x):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            with doors.stop_recording():
                hidden = x * 3.0
            seen = hidden + x * 2.0
        unknown = tape.gradient(hidden, x, unconnected_gradients="zero")
        return unknown, tape.gradient(seen, x)

    assert [float(g) for g in called(gradients, in_graph, tf.constant(1.0))] == [0, 2]


@both_modes
def test_tapes_are_counted(in_graph):
    counts = []

    def run(x):
        other = tf.constant(1.0)
        counts.append((doors.tape_is_active(), doors.watching_tapes([x])))
        with tf.GradientTape() as tape:
            counts.append((doors.tape_is_active(), doors.watching_tapes([x])))
            tape.watch(x)
            y = x * 2.0
            for tensors in ([x], [y], [other, x], [other]):
                counts.append(doors.watching_tapes(tensors))
            with tf.GradientTape() as second:
                second.watch(x)
                counts.append(doors.watching_tapes([x]))
                counts.append(doors.watching_tapes([y]))
            with doors.stop_recording():
                counts.append(doors.tape_is_active())
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            counts.append(doors.watching_tapes([x]))

    called(run, in_graph, tf.constant(1.0))
    assert counts == [(False, 0), (True, 0), 1, 1, 1, 0, 2, 1, False, 2]


def test_checkpoints_do_not_look_into_what_is_untracked(tmp_path):
    module = tf.Module()
    module.seen = [tf.Variable(1.0)]
    module.hidden = doors.untracked(module, [tf.Variable(2.0)])
    path = tf.train.Checkpoint(module=module).save(tmp_path / "it")
    names = [name for name, _ in tf.train.list_variables(path)]
    assert any("seen" in name for name in names)
    assert not any("hidden" in name for name in names)
    assert type(module.hidden) is list
    assert len(module.variables) == 2


def test_frozen_functions_have_no_variables():
    weight = tf.Variable(2.0)

    @tf.function(input_signature=[tf.TensorSpec([None])])
    def function(x):
        return {"b": weight * x, "a": x}

    frozen = doors.freeze(function.get_concrete_function())
    weight.assign(3.0)
    assert not frozen.variables and not frozen.graph.variables
    outputs = frozen(tf.constant([1.0]))
    assert [output.numpy().tolist() for output in outputs] == [[1.0], [2.0]]


def test_a_profile_can_be_read(tmp_path):
    tf.profiler.experimental.start(str(tmp_path))
    tf.matmul(tf.ones([2, 2]), tf.ones([2, 2])).numpy()
    tf.profiler.experimental.stop()
    (path,) = tmp_path.rglob("*.xplane.pb")
    names = {
        plane.event_metadata[event.metadata_id].name
        for plane in doors.read_profile(path).planes
        for line in plane.lines
        for event in line.events
        if event.duration_ps
    }
    assert any("MatMul" in name for name in names)


def make_scale(parent):
    class Scale(parent):
        def __init__(self, held=None):
            parameters = dict(locals())
            super().__init__(forward_min_event_ndims=0, parameters=parameters)
            self.weight = tf.Variable(2.0)

        def _forward(self, x):
            return self.weight * x

        def _inverse(self, y):
            return y / self.weight

        def _forward_log_det_jacobian(self, x):
            return tf.math.log(self.weight)

    return Scale


@pytest.mark.parametrize(
    ("parent", "expected"), [(tfb.Bijector, 2.0), (doors.UncachedBijector, 3.0)]
)
def test_values_are_fresh_where_those_of_tfp_are_old(parent, expected):
    scale = make_scale(parent)()
    x = tf.constant(1.0)
    before = scale.forward(x)
    assert before == 2.0
    scale.weight.assign(3.0)
    assert scale.forward(x) == expected
    y = scale.forward(x)
    assert scale.inverse(y) == 1.0
    np.testing.assert_allclose(
        scale.inverse_log_det_jacobian(y), -np.log(3.0), rtol=1e-6
    )


def test_variables_are_not_looked_for_in_arguments():
    held = tf.Module()
    held.weight = tf.Variable(1.0)
    assert len(make_scale(tfb.Bijector)(held).variables) == 2
    assert len(make_scale(doors.UncachedBijector)(held).variables) == 1


def test_adam_gives_the_step_size_once_and_both_moments():
    class Descent(doors.OpenAdam):
        asked = 0

        def step_size(self, learning_rate):
            self.asked += 1
            return 10.0 * learning_rate

        def update_step(self, gradient, variable, learning_rate):
            m, v = self.moments(variable)
            m.assign(gradient)
            v.assign(gradient * gradient)
            variable.assign_sub(learning_rate * m)

    variables = [keras.Variable([1.0]), keras.Variable([2.0, 3.0])]
    optimizer = Descent(0.01)
    optimizer.build(variables)
    optimizer.apply([tf.constant([1.0]), tf.constant([2.0, 4.0])], variables)
    assert optimizer.asked == 1
    np.testing.assert_allclose(variables[0], [0.9], rtol=1e-6)
    np.testing.assert_allclose(variables[1], [1.8, 2.6], rtol=1e-6)
    names = {v.path.split("/", 1)[1]: v.numpy().tolist() for v in optimizer.variables}
    assert [1.0] in names.values() and [4.0, 16.0] in names.values()


@pytest.mark.parametrize(
    ("parent", "builds"), [(keras.Model, True), (doors.BuiltModel, False)]
)
def test_fit_of_a_built_model_takes_no_batch_to_build_it(parent, builds, monkeypatch):
    class Model(parent):
        def train_step(self, data):
            return {"loss": tf.reduce_mean(data["image"])}

    strategy = make_strategy("mirrored", 2)
    reduced = []
    reduce = strategy.reduce

    def spy(operation, value, axis):
        reduced.append(value)
        return reduce(operation, value, axis)

    monkeypatch.setattr(strategy, "reduce", spy)
    with strategy.scope():
        model = Model()
        model.built = True
        model.compile(keras.optimizers.SGD(), jit_compile=False)
    dataset = tf.data.Dataset.from_tensors({"image": np.ones([2, 1], "float32")})
    model.fit(dataset, shuffle=False, verbose=0)
    batches = [value for value in reduced if isinstance(value, dict)]
    assert len(batches) == (1 if builds else 0)
