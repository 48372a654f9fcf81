"""Wall times of several programs taken by turns in one process."""

import statistics
import time

import tensorflow as tf

__all__ = ["interleaved", "mean_over_copies", "ratio", "run_to_end", "summary"]


def interleaved(calls: dict, rounds: int, warmup: int = 3, progress=None) -> dict:
    """Times functions by turns, so that a busy machine slows all of them alike.

    Each round takes the functions in the given order, from the next one on in every
    round, and calls each twice. The second call is timed: it finds its own weights in
    the caches, as in a loop of its own, and no thread of another's that still spins. A
    call ends when its results can be read. Of a `Call` with a cycle, a whole cycle is
    timed, and counts by its mean.

    Args:
      calls: `name -> function` without arguments that returns Tensors, or nothing.
      rounds: Timed calls of each, at least 1.
      warmup: Calls of each that come first and are not timed; they trace graphs.
      progress: None, or a function of the rounds done and of all rounds.

    Returns:
      `name -> [milliseconds of each round]`.

    Raises:
      ValueError: If `rounds` is below 1.
    """
    if rounds < 1:
        raise ValueError(f"`rounds` must be at least 1. Received: rounds={rounds}")
    for call in calls.values():
        for _ in range(warmup):
            run_to_end(call)
    times = {name: [] for name in calls}
    names = list(calls)
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            run_to_end(calls[name])
            cycle = getattr(calls[name], "cycle", 1)
            begin = time.perf_counter()
            for _ in range(cycle):
                run_to_end(calls[name])
            times[name].append(1e3 * (time.perf_counter() - begin) / cycle)
        if progress is not None:
            progress(turn + 1, rounds)
    return times


def mean_over_copies(times: dict) -> dict:
    """Returns the mean of each round over the copies of a function.

    Args:
      times: `(name, copy) -> [milliseconds of each round]`.

    Returns:
      `name -> [milliseconds of each round]`.
    """
    copies = {}
    for (name, _), rounds in times.items():
        copies.setdefault(name, []).append(rounds)
    return {
        name: [statistics.fmean(turn) for turn in zip(*rounds, strict=True)]
        for name, rounds in copies.items()
    }


def run_to_end(call) -> None:
    """Calls a function and waits until its results, Tensors, can be read."""
    for result in tf.nest.flatten(call()):
        if tf.is_tensor(result):
            result.numpy()


def summary(times) -> dict:
    """Returns the median, least and greatest of numbers, by name."""
    return {"median": statistics.median(times), "min": min(times), "max": max(times)}


def ratio(times, reference_times) -> dict:
    """Returns the summary of the rounds' ratios: a round's time over its reference's.

    What slows down a whole round cancels in its ratio.

    Raises:
      ValueError: If the numbers of rounds differ.
    """
    if len(times) != len(reference_times):
        raise ValueError(
            "Ratios are of the same rounds. "
            f"Received: {len(times)} and {len(reference_times)} rounds"
        )
    return summary([a / b for a, b in zip(times, reference_times, strict=True)])
