import importlib
import types

import pytest
import tensorflow as tf

from experiments.bench import interleaved, mean_over_copies, ratio, summary
from experiments.bench.calls import Call

timing = importlib.import_module("experiments.bench.timing")


def test_calls_take_turns():
    seen = []

    def call(name):
        seen.append(name)
        return tf.zeros([])

    times = interleaved(
        {name: lambda name=name: call(name) for name in "abc"}, rounds=4, warmup=1
    )
    assert "".join(seen) == "abc" + "aabbcc" + "bbccaa" + "ccaabb" + "aabbcc"
    assert {name: len(ms) for name, ms in times.items()} == {"a": 4, "b": 4, "c": 4}
    assert all(ms > 0 for row in times.values() for ms in row)


def test_a_cycle_is_timed_as_a_whole_and_counts_by_its_mean(monkeypatch):
    seen, now = [], [0.0]
    clock = types.SimpleNamespace(perf_counter=lambda: now[0])
    monkeypatch.setattr(timing, "time", clock)

    def step():
        seen.append(len(seen))
        now[0] += 0.08 if len(seen) % 4 == 0 else 0.0
        return tf.zeros([])

    times = interleaved({"lazy": Call(step, (), cycle=4)}, rounds=2, warmup=1)
    assert len(seen) == 1 + 2 * (1 + 4)
    # One in four of the timed calls is slow.
    assert times["lazy"] == pytest.approx([20.0, 20.0])


def test_ratios_are_of_the_same_round():
    # The second round was slow for both, the third for one.
    result = ratio([2.0, 20.0, 6.0], [1.0, 10.0, 1.0])
    assert result == {"median": 2.0, "min": 2.0, "max": 6.0}
    assert summary([3.0, 1.0, 8.0, 4.0]) == {"median": 3.5, "min": 1.0, "max": 8.0}


def test_rounds_are_checked():
    with pytest.raises(ValueError, match="`rounds` must be.*Received: rounds=0"):
        interleaved({}, rounds=0)
    with pytest.raises(ValueError, match="same rounds. Received: 1 and 2 rounds"):
        ratio([1.0], [1.0, 2.0])


def test_copies_of_a_function_count_by_their_mean():
    times = {("a", 0): [1.0, 5.0], ("b", 0): [10.0, 20.0], ("a", 1): [3.0, 5.0]}
    assert mean_over_copies(times) == {"a": [2.0, 5.0], "b": [10.0, 20.0]}
