"""A flow that stores no activations has the gradients of one that does."""

import contextlib
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from ade_tf import bijectors as adb
from ade_tf.randomness import BatchDraws
from tests.helpers.bijectors import Case, copy_weights, perturb

tfb, tfd = tfp.bijectors, tfp.distributions

ROOT = pathlib.Path(__file__).parents[2]
BATCH = 3


def flow(builder, shape, condition_shape=None, **settings):
    def make(dtype):
        return builder(
            shape, dtype=dtype, width=6, condition_shape=condition_shape, **settings
        )

    return Case(make, shape, condition_shape)


def mixed_chain(dtype):
    """A bijector twice, a tfb.Invert, foreign ones and chains in chains."""
    shape = (2, 2, 4)
    twice = adb.Coupling(shape, adb.channel_mask(shape), width=6, dtype=dtype)
    weight = tf.Variable(1.5, dtype=dtype)
    return adb.FusedChain(
        [
            adb.Squeeze(dtype=dtype),
            adb.FusedChain([twice, adb.InvertibleConv(4, dtype=dtype)]),
            tfb.Invert(adb.Coupling(shape, adb.channel_mask(shape, 1), dtype=dtype)),
            tfb.Scale(weight),
            tfb.Invert(adb.FusedChain([twice, adb.ActNorm(shape, dtype=dtype)])),
            twice,
            tfb.Invert(adb.Squeeze(dtype=dtype)),
        ]
    )


CASES = {
    "glow": flow(adb.glow, (4, 4, 1), steps=(2,)),
    "glow_3_scales": flow(
        adb.glow, (8, 8, 1), (3,), steps=(1, 1, 1), learned_prior=True, dropout=0.4
    ),
    "glow_spline": flow(
        adb.glow, (4, 4, 3), steps=(1, 1), coupling="spline", mixing="dense"
    ),
    "glow_all_channels": flow(
        adb.glow, (4, 4, 1), steps=(2, 1), factor_out=False, mixing="none"
    ),
    "real_nvp": flow(adb.real_nvp, (2, 4, 2), steps=(2,), dropout=0.4),
    "real_nvp_3_scales": flow(
        adb.real_nvp,
        (8, 8, 1),
        (8, 8, 2),
        steps=(1, 1, 1),
        learned_prior=True,
        dropout=0.4,
        position_maps=True,
        actnorm="position",
    ),
    "real_nvp_additive": flow(
        adb.real_nvp, (4, 4, 2), steps=(1, 1), coupling="additive", actnorm="none"
    ),
    "mixed_chain": Case(mixed_chain, (4, 4, 1)),
    "nothing": Case(lambda d: adb.identity((2, 3, 1), dtype=d), (2, 3, 1)),
}
each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


def recomputed(chain):
    return adb.RecomputedChain(chain.bijectors, dtype=chain.dtype)


def gradients(chain, direction, x, condition, draws=True, of="both"):
    """The gradients of a loss that weighs every entry and log-det differently."""
    rng = np.random.default_rng(7)
    weights = tf.constant(rng.normal(size=x.shape), x.dtype)
    of_log_det = tf.constant(rng.normal(size=len(x)), x.dtype)
    sources = [x] if condition is None else [x, condition]
    count = int(np.prod(x.shape[:-3]))
    scope = BatchDraws(3, count).scope() if draws else contextlib.nullcontext()
    with tf.GradientTape() as tape:
        tape.watch(sources)
        with scope:
            y, log_det = getattr(chain, f"{direction}_and_log_det")(x, condition)
        loss = tf.zeros([], x.dtype)
        if of != "log_det":
            loss += tf.reduce_sum(weights * tf.square(y))
        if of != "value":
            loss += tf.reduce_sum(of_log_det * log_det)
    # Called outside of the scope, as in training: the draws must not depend on it.
    return [y, log_det, *tape.gradient(loss, [*sources, *chain.trainable_variables])]


def assert_close(found, expected, tolerance):
    assert [g is None for g in found] == [g is None for g in expected]
    for here, there in zip(found, expected, strict=True):
        if here is not None:
            scale = max(1.0, np.abs(there).max())
            error = np.abs(here.numpy() - there.numpy()).max() / scale
            assert error < tolerance, (error, there.shape)


def inputs(case, direction, dtype="float64"):
    draw = case.images if direction == "inverse" else case.features
    return draw(BATCH, dtype), case.condition(BATCH, dtype)


each_direction = pytest.mark.parametrize("direction", ["inverse", "forward"])


@each_case
@each_direction
def test_gradients_are_those_of_the_chain(case, direction):
    wide = perturb(case.make("float64"))
    narrow = copy_weights(wide, case.make("float32"))
    for plain, dtype, tolerance in ((wide, "float64", 1e-9), (narrow, "float32", 1e-5)):
        x, condition = inputs(case, direction, dtype)
        expected = gradients(plain, direction, x, condition)
        found = gradients(recomputed(plain), direction, x, condition)
        assert_close(found, expected, tolerance)


@each_direction
@pytest.mark.parametrize("name", ["glow_3_scales", "real_nvp", "nothing"])
def test_gradients_of_a_graph_are_those_of_the_chain(name, direction):
    case = CASES[name]
    plain = perturb(case.make("float64"))
    args = direction, *inputs(case, direction)
    found = tf.function(gradients)(recomputed(plain), *args)
    assert_close(found, gradients(plain, *args), 1e-9)


@pytest.mark.parametrize("of", ["value", "log_det"])
@pytest.mark.parametrize("draws", [True, False])
def test_one_of_both_outputs_and_none_of_the_draws(of, draws):
    case = CASES["glow_3_scales"]
    plain = perturb(case.make("float64"))
    x, condition = inputs(case, "inverse")
    expected = gradients(plain, "inverse", x, condition, draws, of)
    found = gradients(recomputed(plain), "inverse", x, condition, draws, of)
    # A gradient that a tape leaves out as unconnected is zeros here.
    expected = [
        tf.zeros_like(g) if e is None and g is not None else e
        for e, g in zip(expected, found, strict=True)
    ]
    assert_close(found, expected, 1e-9)


def test_dropout_matters_to_these_tests():
    case = CASES["glow_3_scales"]
    plain = perturb(case.make("float64"))
    args = inputs(case, "inverse")
    drawn = gradients(plain, "inverse", *args)
    without = gradients(plain, "inverse", *args, draws=False)
    assert max(np.abs(a - b).max() for a, b in zip(drawn, without, strict=True)) > 0.1


@pytest.mark.parametrize(
    "in_graph", [False, pytest.param(True, marks=pytest.mark.long)]
)
def test_second_gradients_are_those_of_the_chain(in_graph):
    case = CASES["glow_3_scales"]
    plain = perturb(case.make("float64"))
    x, condition = inputs(case, "inverse")

    def second(chain):
        sources = [x, condition, *chain.trainable_variables]
        with tf.GradientTape() as tape:
            tape.watch([x, condition])
            first = gradients(chain, "inverse", x, condition)
            total = tf.add_n([tf.reduce_sum(tf.sin(g)) for g in first])
        return tape.gradient(total, sources, unconnected_gradients="zero")

    if in_graph:
        second = tf.function(second)
    assert_close(second(recomputed(plain)), second(plain), 1e-9)


@pytest.mark.parametrize("in_graph", [False, True])
def test_tfp_asks_for_value_and_log_det_by_themselves(in_graph):
    case = CASES["glow_3_scales"]
    plain = perturb(case.make("float64"))
    x, condition = inputs(case, "inverse")

    def log_prob_gradients(chain):
        zeros = tf.zeros(case.shape, x.dtype)
        base = tfd.Independent(tfd.Normal(zeros, tf.ones([], x.dtype)), 3)
        with tf.GradientTape() as tape:
            tape.watch([x, condition])
            own = adb.Conditioned(chain, condition)
            log_prob = tfd.TransformedDistribution(base, own).log_prob(x)
        return log_prob, *tape.gradient(
            log_prob, [x, condition, *chain.trainable_variables]
        )

    if in_graph:
        log_prob_gradients = tf.function(log_prob_gradients)
    expected = log_prob_gradients(plain)
    assert_close(log_prob_gradients(recomputed(plain)), expected, 1e-9)


def test_a_graph_asked_for_both_runs_the_flow_once():
    chain = recomputed(CASES["glow"].make("float32"))

    @tf.function
    def log_prob(x):
        with tf.GradientTape() as tape:
            y = chain.inverse(x)
            log_det = chain.inverse_log_det_jacobian(x, 3)
            total = tf.reduce_sum(tf.square(y)) + tf.reduce_sum(log_det)
        return tape.gradient(total, chain.trainable_variables)

    ops = log_prob.get_concrete_function(tf.zeros([2, 4, 4, 1])).graph.get_operations()
    # Two couplings with two 3x3 convolutions, in the pass and once more behind it.
    assert sum(op.type == "Conv2D" for op in ops) == 8


def test_a_tape_asked_twice_repeats_the_same_draws():
    case = CASES["real_nvp"]
    chain = recomputed(perturb(case.make("float64")))
    x = case.images(BATCH)
    with tf.GradientTape(persistent=True) as tape, BatchDraws(3, BATCH).scope():
        tape.watch(x)
        y, log_det = chain.inverse_and_log_det(x)
        total = tf.reduce_sum(y) + tf.reduce_sum(log_det)
    first, again = (tape.gradient(total, x) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_leading_dimensions():
    case = CASES["glow_3_scales"]
    plain = perturb(case.make("float64"))
    x = tf.reshape(case.images(2 * BATCH), [2, BATCH, *case.shape])
    condition = case.condition(BATCH)
    expected = gradients(plain, "inverse", x, condition, of="value")
    found = gradients(recomputed(plain), "inverse", x, condition, of="value")
    assert_close(found[2:4], expected[2:4], 1e-9)
    assert found[0].shape == x.shape and found[1].shape == (2, BATCH)


def test_draws_that_cannot_be_repeated_are_refused():
    class Noise(adb.FusedBijector):
        def _inverse_and_log_det(self, x, condition):
            draws = adb.base.current_draws()
            return x + draws.normal(tf.shape(x)[1:]), tf.zeros([])

    chain = adb.RecomputedChain([Noise()])
    with pytest.raises(ValueError, match="Draws.group.*Received: 1 calls, 0 of them"):
        with BatchDraws(0, 1).scope():
            chain.inverse_and_log_det(tf.zeros([1, 2, 2, 1]))


def peak(*arguments):
    """Peak memory in MiB that a gradient adds, in a process of its own."""
    command = [sys.executable, "-m", "tests.helpers.peak_memory", *map(str, arguments)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    before, after = map(float, ended.stdout.split())
    return after - before


@pytest.mark.long
@pytest.mark.parametrize(("dropout", "direction"), [(0.0, "inverse"), (0.3, "forward")])
def test_peak_memory_does_not_grow_with_the_depth(dropout, direction):
    plain, flat = (
        peak(kind, 16, dropout, direction) - peak(kind, 4, dropout, direction)
        for kind in ("plain", "recomputed")
    )
    # 12 networks keep two hidden layers each, [128, 16, 16, 64], 8 MiB.
    assert plain > 12 * 2 * 8
    assert flat < 0.2 * plain
