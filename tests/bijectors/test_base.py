"""Our bijectors where TFP and graphs meet them."""

import gc
import weakref

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from ade_tf import bijectors as adb
from ade_tf.randomness import BatchDraws
from tests.helpers.bijectors import copy_weights, perturb

tfb, tfd = tfp.bijectors, tfp.distributions

SHAPE = (2, 3, 4)
# One coupling with the "conv" network has two 3x3 convolutions (the 1x1 is a matmul).
CONVOLUTIONS = 2


def make_coupling(parity=0, **settings):
    mask = adb.channel_mask(SHAPE, parity)
    return perturb(adb.Coupling(SHAPE, mask, width=5, **settings))


def images(batch=3):
    return tf.constant(np.random.default_rng(5).normal(size=(batch, *SHAPE)), "float32")


def density(bijector):
    base = tfd.Independent(tfd.Normal(tf.zeros(SHAPE), 1.0), 3)
    return tfd.TransformedDistribution(base, bijector)


def fused_log_prob(bijector, x, condition=None):
    y, log_det = adb.inverse_and_log_det(bijector, x, condition)
    return density(bijector).distribution.log_prob(y) + log_det


def count(graph, kind):
    return sum(op.type == kind for op in graph.get_operations())


ARRANGEMENTS = {
    "ours": lambda a, b: adb.FusedChain([a, b]),
    "chain": lambda a, b: tfb.Chain([a, b]),
    "nested_chain": lambda a, b: tfb.Chain([tfb.Chain([a]), adb.FusedChain([b])]),
    "invert": lambda a, b: tfb.Invert(tfb.Chain([a, b])),
    "chain_of_invert": lambda a, b: tfb.Chain([tfb.Invert(a), b]),
}
arrangements = pytest.mark.parametrize(
    "arrange", ARRANGEMENTS.values(), ids=ARRANGEMENTS.keys()
)


@arrangements
@pytest.mark.parametrize("trained", [False, True])
def test_log_prob_in_a_graph_runs_each_network_once(arrange, trained):
    bijector = arrange(make_coupling(0), make_coupling(1))
    variables = bijector.trainable_variables
    distribution = density(bijector)

    def run(x):
        with tf.GradientTape() as tape:
            log_prob = distribution.log_prob(x)
        return log_prob, tape.gradient(log_prob, variables) if trained else []

    traced = tf.function(run)
    x = images()
    graph = traced.get_concrete_function(x).graph
    assert count(graph, "Conv2D") == 2 * CONVOLUTIONS

    with tf.GradientTape() as tape:
        expected = fused_log_prob(bijector, x)
    log_prob, gradients = traced(x)
    np.testing.assert_allclose(log_prob, expected, rtol=1e-4)
    np.testing.assert_allclose(distribution.log_prob(x), expected, rtol=1e-4)
    if trained:
        for value, other in zip(
            gradients, tape.gradient(expected, variables), strict=True
        ):
            np.testing.assert_allclose(value, other, rtol=1e-3, atol=1e-4)


def test_sampling_with_its_log_prob_in_a_graph_runs_the_network_once():
    distribution = density(make_coupling())
    traced = tf.function(
        lambda: distribution.experimental_sample_and_log_prob(4, seed=[1, 2])
    )
    assert count(traced.get_concrete_function().graph, "Conv2D") == CONVOLUTIONS
    x, log_prob = traced()
    np.testing.assert_allclose(log_prob, distribution.log_prob(x), rtol=1e-4)


@pytest.mark.parametrize("in_graph", [False, True])
def test_values_follow_an_assignment(in_graph):
    bijector = make_coupling()
    bias = bijector.trainable_variables[-1]
    x = images()

    def before_and_after(x):
        before = bijector.inverse(x), bijector.inverse_log_det_jacobian(x)
        bias.assign_add(tf.ones_like(bias))
        return before, (bijector.inverse(x), bijector.inverse_log_det_jacobian(x))

    run = tf.function(before_and_after) if in_graph else before_and_after
    expected_before = bijector.inverse_and_log_det(x)
    before, after = run(x)
    expected_after = bijector.inverse_and_log_det(x)
    assert np.max(np.abs(expected_after[0] - expected_before[0])) > 0.1
    for values, expected in ((before, expected_before), (after, expected_after)):
        for value, other in zip(values, expected, strict=True):
            np.testing.assert_allclose(value, other, rtol=1e-5, atol=1e-5)


def test_optimizer_steps_in_one_graph_are_those_of_eager_mode():
    def two_steps(bijector, x):
        variables = bijector.trainable_variables
        losses = []
        for _ in range(2):
            with tf.GradientTape() as tape:
                loss = -tf.reduce_mean(density(bijector).log_prob(x))
            for variable, gradient in zip(
                variables, tape.gradient(loss, variables), strict=True
            ):
                variable.assign_sub(0.01 * gradient)
            losses.append(loss)
        return losses

    first = make_coupling()
    second = copy_weights(first, make_coupling())
    expected = two_steps(first, images())
    losses = tf.function(two_steps)(second, images())
    np.testing.assert_allclose(losses, expected, rtol=1e-5)
    assert losses[1] < losses[0]


def test_gradients_in_a_graph_do_not_miss_a_remembered_pass():
    bijector = make_coupling()

    def first_with(tape):
        """Makes a pass known before, or under another tape, then differentiates."""
        x = images()
        if tape == "none":
            bijector.inverse(x)
        elif tape == "another":
            with tf.GradientTape() as other:
                other.watch(x)
                bijector.inverse(x)
        with tf.GradientTape(persistent=tape == "outer") as outer:
            outer.watch(x)
            if tape == "outer":
                bijector.inverse(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                log_det = bijector.inverse_log_det_jacobian(x)
            slope = inner.gradient(log_det, x)
        return slope, outer.gradient(slope, x)

    expected = first_with("no pass")
    for tape in ("none", "another", "outer"):
        for value, other in zip(tf.function(first_with)(tape), expected, strict=True):
            np.testing.assert_allclose(value, other, rtol=1e-3, atol=1e-5)


def test_a_tape_that_watches_the_features_differentiates_forward_by_them():
    bijector = make_coupling()

    @tf.function
    def slope(x):
        y = bijector.inverse(x)
        with tf.GradientTape() as tape:
            tape.watch(y)
            log_det = bijector.forward_log_det_jacobian(y)
        return y, tape.gradient(log_det, y)

    y, value = slope(images())
    with tf.GradientTape() as tape:
        tape.watch(y)
        log_det = bijector.forward_and_log_det(y)[1]
    np.testing.assert_allclose(value, tape.gradient(log_det, y), rtol=1e-3, atol=1e-5)


def test_control_flow_inside_a_graph():
    bijector = make_coupling()
    distribution = density(bijector)
    x = images()

    @tf.function
    def everywhere(x):
        outside = distribution.log_prob(x)
        mapped = tf.map_fn(
            distribution.log_prob, x, fn_output_signature=tf.TensorSpec([])
        )
        chosen = tf.cond(
            tf.reduce_sum(x) > 1e9, lambda: outside, lambda: distribution.log_prob(x)
        )
        _, looped = tf.while_loop(
            lambda i, _: i < 2,
            lambda i, total: (i + 1, total + distribution.log_prob(x)),
            [0, tf.zeros_like(outside)],
        )
        return outside, mapped, chosen, looped / 2

    expected = fused_log_prob(bijector, x)
    for value in everywhere(x):
        np.testing.assert_allclose(value, expected, rtol=1e-4)


def test_each_condition_has_its_own_values_in_a_graph():
    bijector = make_coupling(condition_shape=(2,))
    distribution = density(tfb.Chain([bijector]))
    x = images()
    conditions = tf.zeros([3, 2]), tf.ones([3, 2])

    @tf.function
    def both(x, *conditions):
        return [
            distribution.log_prob(x, bijector_kwargs={"coupling": {"condition": c}})
            for c in conditions
        ]

    values = both(x, *conditions)
    assert np.max(np.abs(values[0] - values[1])) > 1e-3
    for value, condition in zip(values, conditions, strict=True):
        np.testing.assert_allclose(
            value, fused_log_prob(bijector, x, condition), rtol=1e-4
        )


def test_value_and_log_det_in_a_graph_come_of_the_same_draws():
    bijector = make_coupling(dropout=0.5)
    distribution = density(bijector)
    x = images()

    @tf.function
    def under_draws(x):
        values = []
        all_draws = [BatchDraws(1, len(x)), BatchDraws(2, len(x))]
        for draws in all_draws:
            with draws.scope():
                values.append(distribution.log_prob(x))
        return values

    values = under_draws(x)
    for seed, value in zip((1, 2), values, strict=True):
        with BatchDraws(seed, len(x)).scope():
            expected = fused_log_prob(bijector, x)
        np.testing.assert_allclose(value, expected, rtol=1e-4)
    assert np.max(np.abs(values[0] - values[1])) > 1e-3


def test_a_graph_is_not_kept_alive():
    bijector = make_coupling()

    def traced_graph():
        traced = tf.function(density(bijector).log_prob)
        return weakref.ref(traced.get_concrete_function(images()).graph)

    graph = traced_graph()
    gc.collect()
    assert graph() is None


@pytest.mark.parametrize("leading", [(), (4,), (2, 3), (2, 1, 3)])
def test_leading_dimensions_beside_the_batch(leading):
    bijector = make_coupling(condition_shape=(2,))
    batch = leading[-1] if leading else 1
    x = tf.random.stateless_normal([*leading, *SHAPE], [1, 2])
    condition = tf.random.stateless_normal([batch, 2], [3, 4])
    y, log_det = bijector.inverse_and_log_det(x, condition)
    assert y.shape == x.shape and log_det.shape == leading

    flat = tf.reshape(x, [-1, batch, *SHAPE])
    parts = [bijector.inverse_and_log_det(part, condition) for part in flat]
    expected_y = tf.reshape(tf.stack([part for part, _ in parts]), y.shape)
    expected_log_det = tf.reshape(tf.stack([part for _, part in parts]), leading)
    np.testing.assert_allclose(y, expected_y, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(log_det, expected_log_det, rtol=1e-5, atol=1e-5)


def test_samples_and_densities_of_any_sample_shape():
    distribution = density(make_coupling())
    for shape in ((), (5,), (2, 3)):
        x = distribution.sample(shape, seed=1)
        assert x.shape == (*shape, *SHAPE)
        assert distribution.log_prob(x).shape == shape


def test_bijectors_work_in_a_data_map():
    bijector = make_coupling()
    x = images(4)
    data = tf.data.Dataset.from_tensor_slices(x).batch(2)
    mapped = data.map(bijector.inverse_and_log_det, num_parallel_calls=2)
    y, log_det = (tf.concat(parts, 0) for parts in zip(*mapped, strict=True))
    expected_y, expected_log_det = bijector.inverse_and_log_det(x)
    np.testing.assert_allclose(y, expected_y, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(log_det, expected_log_det, rtol=1e-5, atol=1e-5)


def test_two_bijectors_of_the_same_settings_are_not_equal():
    first, second = make_coupling(), make_coupling()
    assert first != second and first == first
    assert len({first, second}) == 2


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: adb.ActNorm(SHAPE, dtype="float16"), r"float32 or .*dtype=float16"),
        (lambda: adb.ActNorm((2, 3)), r"event_shape=\(2, 3\)"),
        (lambda: adb.ActNorm((2, 0, 1)), r"at least 1.*event_shape=\(2, 0, 1\)"),
        (lambda: make_coupling().inverse(tf.zeros([2, 3, 3, 4])), r"\(2, 3, 4\)"),
        (lambda: adb.Squeeze().inverse_and_log_det(tf.zeros([4, 4])), "at least 3"),
    ],
)
def test_errors_state_the_rule(make, message):
    with pytest.raises(ValueError, match=message):
        make()
