"""Tests of the stateless draws."""

import threading

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from ade_tf.randomness import BatchDraws, MeanDraws, current_draws, fold

_KINDS = ["normal", "uniform"]


def _draw(kind, seed, shape, shard=(0, 1), calls=1, dtype=tf.float32):
    draws = BatchDraws(seed, shape[0], shard)
    return [getattr(draws, kind)(shape[1:], dtype).numpy() for _ in range(calls)][-1]


def test_fold_is_a_function_of_seed_and_purposes_in_order():
    seeds = [
        fold(3),
        fold(4),
        fold(3 + 2**31),
        fold(3, "noise"),
        fold(3, "latent"),
        fold(4, "noise"),
        fold(3, 0),
        fold(3, 1),
        fold(3, "noise", "latent"),
        fold(3, "latent", "noise"),
    ]
    assert all(seed.dtype == tf.int32 and seed.shape == [2] for seed in seeds)
    assert len({tuple(seed.numpy()) for seed in seeds}) == len(seeds)
    np.testing.assert_array_equal(fold(3, "noise", 1), fold(fold(3, "noise"), 1))


def test_fold_of_a_step_is_the_same_in_a_graph():
    step = tf.Variable(7, dtype=tf.int64)
    graph = tf.function(lambda: fold(3, "noise", step))
    np.testing.assert_array_equal(graph(), fold(3, "noise", 7))
    step.assign_add(1)
    np.testing.assert_array_equal(graph(), fold(3, "noise", 8))


@pytest.mark.parametrize(
    ("kind", "distribution"),
    [("normal", scipy.stats.norm()), ("uniform", scipy.stats.uniform())],
)
def test_draws_have_their_distribution_and_do_not_correlate(kind, distribution):
    draws = BatchDraws(0, 100)
    first, second = (getattr(draws, kind)([200]).numpy() for _ in range(2))
    for values in (first, second):
        assert scipy.stats.kstest(values.ravel(), distribution.cdf).pvalue > 1e-3
    for other in (second, np.roll(first, 1, 0), np.roll(first, 1, 1)):
        assert abs(np.corrcoef(first.ravel(), other.ravel())[0, 1]) < 4 / np.sqrt(2e4)


def test_uniform_is_at_least_zero_and_below_one():
    values = _draw("uniform", 0, [1000, 1000])
    assert values.min() >= 0 and values.max() < 1


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("call", [1, 3])
@pytest.mark.parametrize("replicas", [1, 2, 4])
def test_replicas_draw_the_parts_of_the_global_batch(kind, call, replicas):
    whole = _draw(kind, 5, [8, 3, 2], calls=call)
    parts = [
        _draw(kind, 5, [8 // replicas, 3, 2], (index, replicas), call)
        for index in range(replicas)
    ]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize("kind", _KINDS)
def test_equal_seeds_draw_equal_values_and_others_do_not(kind):
    first = _draw(kind, 5, [4, 3])
    np.testing.assert_array_equal(_draw(kind, fold(5), [4, 3]), first)
    for other in (_draw(kind, 6, [4, 3]), _draw(kind, 5, [4, 3], calls=2)):
        assert not np.isin(other, first).any()


@pytest.mark.parametrize("dtype", [tf.bfloat16, tf.float16, tf.float32, tf.float64])
def test_dtype_is_kept(dtype):
    for draws in (BatchDraws(0, 2), MeanDraws(2)):
        assert draws.normal([3], dtype).dtype == dtype
        assert draws.uniform([3], dtype).dtype == dtype


def test_mean_draws_are_the_means():
    draws = MeanDraws(tf.constant(2))
    np.testing.assert_array_equal(draws.normal([3]), np.zeros([2, 3]))
    np.testing.assert_array_equal(draws.of("a purpose").uniform([]), [0.5, 0.5])


def test_repeated_examples_lie_side_by_side_in_every_replica():
    whole = BatchDraws(5, 4).repeat(3).normal([2])
    parts = [BatchDraws(5, 2, (i, 2)).repeat(3).normal([2]) for i in range(2)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    assert len(np.unique(whole)) == 24


@pytest.mark.parametrize("shard", [(0, 1), (1, 2)])
def test_graph_draws_as_eager_does_with_static_shape_and_unknown_batch(shard):
    @tf.function(input_signature=[tf.TensorSpec([None, 5])])
    def draw(x):
        fixed = BatchDraws(9, 4, shard).normal([3])
        moving = BatchDraws(9, tf.shape(x)[0], shard).uniform([5])
        assert fixed.shape == [4, 3]
        assert moving.shape.as_list() == [None, 5]
        return fixed, moving

    fixed, moving = draw(tf.zeros([4, 5]))
    np.testing.assert_array_equal(fixed, BatchDraws(9, 4, shard).normal([3]))
    np.testing.assert_array_equal(moving, BatchDraws(9, 4, shard).uniform([5]))


def test_mirrored_replicas_draw_what_one_device_draws():
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])

    @tf.function
    def step():
        def replica():
            context = tf.distribute.get_replica_context()
            index, count = context.replica_id_in_sync_group, 2
            with BatchDraws(fold(1, "noise"), 3, (index, count)).scope():
                current_draws().uniform([2])
                return current_draws().normal([2])

        return strategy.experimental_local_results(strategy.run(replica))

    np.testing.assert_array_equal(
        np.concatenate([part.numpy() for part in step()]),
        _two_calls(BatchDraws(fold(1, "noise"), 6)),
    )


def _two_calls(draws):
    draws.uniform([2])
    return draws.normal([2])


def test_scopes_nest_and_end_by_errors_too():
    outer, inner = BatchDraws(0, 1), BatchDraws(1, 1)
    assert current_draws() is None
    with outer.scope() as entered:
        assert entered is outer
        with pytest.raises(KeyError), inner.scope():
            assert current_draws() is inner
            with inner.scope():
                assert current_draws() is inner
            assert current_draws() is inner
            raise KeyError
        assert current_draws() is outer
    assert current_draws() is None


def test_scopes_belong_to_their_thread():
    seen = []
    with BatchDraws(0, 1).scope():
        thread = threading.Thread(target=lambda: seen.append(current_draws()))
        thread.start()
        thread.join()
    assert seen == [None]
