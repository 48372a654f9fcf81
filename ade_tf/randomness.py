"""Stateless random draws: functions of a seed, a purpose and a position."""

import contextlib
import functools
import numbers
import threading
import zlib

import tensorflow as tf

__all__ = [
    "BatchDraws",
    "Draws",
    "MeanDraws",
    "current_draws",
    "draws_scope",
    "fold",
]

_scopes = threading.local()


def fold(seed, *purposes) -> tf.Tensor:
    """Derives a seed for a purpose: equal inputs give equal seeds, others unrelated.

    Args:
      seed: An integer of at most 62 bits, or an int32 Tensor of shape `[2]`.
      *purposes: Words or integers of 32 bits (Python's or scalar Tensors), by turn.

    Returns:
      An int32 Tensor of shape `[2]`, fit for TensorFlow's stateless functions.
    """
    if isinstance(seed, numbers.Integral):
        seed = [int(seed) & 0x7FFFFFFF, (int(seed) >> 31) & 0x7FFFFFFF]
    seed = tf.convert_to_tensor(seed, tf.int32)
    for purpose in purposes:
        if isinstance(purpose, str):
            purpose = zlib.crc32(purpose.encode()) & 0x7FFFFFFF
        # tf.random.fold_in would keep only 32 bits of the seed. Here it is the key of a
        # Philox generator, whose blocks of 128 bits the purposes count.
        seed = tf.raw_ops.StatelessRandomUniformFullIntV2(
            shape=[2],
            key=tf.bitcast(seed, tf.uint64)[None],
            counter=tf.stack([tf.cast(purpose, tf.uint64), 0]),
            alg=1,
            dtype=tf.int32,
        )
    return seed


class Draws:
    """Random numbers for the examples of a batch: one interface for every purpose.

    `normal` and `uniform` give `[count, *shape]`, a row for each example. `of` names
    what the next numbers are for, where streams have names.

    Attributes:
      count: Number of examples, an integer or a scalar Tensor.
    """

    count: int | tf.Tensor

    def normal(self, shape, dtype=tf.float32) -> tf.Tensor:
        """Draws from N(0, 1), `[count, *shape]`."""
        raise NotImplementedError

    def uniform(self, shape, dtype=tf.float32) -> tf.Tensor:
        """Draws from U[0, 1), `[count, *shape]`."""
        raise NotImplementedError

    def of(self, purpose: str) -> "Draws":
        """Returns the draws of a purpose, the same where streams have no names."""
        del purpose
        return self


class MeanDraws(Draws):
    """Every number's mean in place of a draw: 0 for a normal, 1/2 for a uniform one.

    Args:
      count: Number of examples.
    """

    def __init__(self, count):
        self.count = count

    def normal(self, shape, dtype=tf.float32) -> tf.Tensor:
        return tf.zeros(_rows(self.count, shape), dtype)

    def uniform(self, shape, dtype=tf.float32) -> tf.Tensor:
        return tf.fill(_rows(self.count, shape), tf.constant(0.5, dtype))


class BatchDraws(Draws):
    """A numbered row of random streams over the examples of a global batch.

    The k-th call reads the k-th stream. A replica draws for the whole global batch and
    keeps its own part, so that an example's values depend on its position in the global
    batch and not on how many replicas share the work. Calls are counted while a graph
    is traced: make it inside the function that uses it, and do not call it in the body
    of a loop.

    Args:
      seed: Integer or int32 `[2]` Tensor; say what it is for with `fold`.
      count: Examples of this replica, an integer or a scalar Tensor.
      shard: `(replica_index, num_replicas)`; replicas hold equal, contiguous parts.
      copies: Rows for each example, side by side, that share its values.
    """

    def __init__(self, seed, count, shard=(0, 1), copies=1):
        self.count = count * copies
        self._examples, self._copies = count, copies
        self._seed = fold(seed)
        self._shard = shard
        self._calls = 0
        self._groups = []

    def normal(self, shape, dtype=tf.float32) -> tf.Tensor:
        return self._draw(tf.random.stateless_normal, shape, dtype)

    def uniform(self, shape, dtype=tf.float32) -> tf.Tensor:
        return self._draw(tf.random.stateless_uniform, shape, dtype)

    def repeat(self, times: int, alike: bool = False) -> "BatchDraws":
        """Returns fresh draws for `times` copies of each example, side by side.

        Args:
          times: Number of copies.
          alike: Whether the copies of an example share its values.
        """
        if alike:
            return BatchDraws(self._seed, self.count, self._shard, times)
        return BatchDraws(self._seed, self.count * times, self._shard)

    def of_their_own(self, purpose: str) -> "BatchDraws":
        """Returns draws of a purpose that have nothing in common with these."""
        seed = fold(self._seed, purpose)
        return BatchDraws(seed, self._examples, self._shard, self._copies)

    def _draw(self, function, shape, dtype):
        seed = fold(self._seed, self._calls)
        self._calls += 1
        index, replicas = self._shard
        total = _rows(self._examples * replicas, shape)
        values = function(total, seed, dtype=dtype, alg="philox")
        if replicas > 1:
            first = index * self._examples
            values = values[first : first + self._examples]
        return values if self._copies == 1 else tf.repeat(values, self._copies, axis=0)

    def scope(self):
        """Makes these the draws of the networks called inside (this thread only)."""
        return draws_scope(self)

    @contextlib.contextmanager
    def group(self):
        """Notes the calls made inside, so that `log` finds them."""
        start = self._calls
        yield
        self._groups.append((start, self._calls))

    @contextlib.contextmanager
    def log(self):
        """Gives a list that at the end holds a function for each group made inside.

        A call of it returns new draws that repeat those of the group.

        Raises:
          ValueError: At the end, if a call was made outside of any group.
        """
        start, first, found = self._calls, len(self._groups), []
        yield found
        groups = self._groups[first:]
        calls, known = self._calls - start, sum(b - a for a, b in groups)
        if calls != known:
            raise ValueError(
                "what is to be repeated draws inside of `BatchDraws.group` only. "
                f"Received: {calls} calls, {known} of them in groups"
            )
        found.extend(functools.partial(self._from, start) for start, _ in groups)

    def again(self):
        """Returns new draws that go on as these do from here."""
        return self._from(self._calls)

    def _from(self, calls):
        again = BatchDraws(self._seed, self._examples, self._shard, self._copies)
        again._calls = calls
        return again


@contextlib.contextmanager
def draws_scope(draws):
    """Makes `draws`, or None, the current ones inside (this thread only)."""
    previous = current_draws()
    _scopes.draws = draws
    try:
        yield draws
    finally:
        _scopes.draws = previous


def current_draws() -> BatchDraws | None:
    """Returns the draws of the innermost `BatchDraws.scope`, or None outside of any."""
    return getattr(_scopes, "draws", None)


def _rows(count, shape):
    shape = tf.convert_to_tensor(shape, tf.int32)
    return tf.concat([tf.reshape(tf.cast(count, tf.int32), [1]), shape], 0)
