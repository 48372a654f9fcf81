"""Draws of each example by itself: functions of a seed and the example's position."""

import numpy as np
import tensorflow as tf

from ade_tf.randomness import Draws, fold

__all__ = ["ExampleDraws", "content_indices"]

# Examples drawn in one turn of the loop, which costs more than a small draw.
_TOGETHER = 8
_PHILOX = 1
_WORD = 2**32 - 1
_ROUNDS = 10
_MULTIPLIERS = np.array([[0xD2511F53], [0xCD9E8D57]], np.int64)
_STEPS = np.array([0x9E3779B9, 0xBB67AE85], np.int64)
# The key by which TensorFlow scrambles the seeds of its stateless functions.
_SCRAMBLE = np.array([0x3EC8F720, 0x02461E29], np.int64)


class ExampleDraws(Draws):
    """Draws of each example by itself, so that no batch size can show.

    The first normal draw of the example at position i is
    `tf.random.stateless_normal(shape, fold(seed, i), alg="philox")`, the k-th after it
    that of the seed `fold(seed, k)`. The streams of a purpose (`of`) have a seed of
    their own, whatever else is drawn.

    Args:
      seed: An integer or int32 `[2]` Tensor.
      indices: Integer Tensor, `[B]`, the examples' positions in their set.
    """

    def __init__(self, seed, indices):
        self.count = tf.shape(indices)[0]
        self._seed = seed
        self._indices = indices
        self._calls = 0

    def of(self, purpose: str) -> "ExampleDraws":
        return ExampleDraws(fold(self._seed, purpose), self._indices)

    def normal(self, shape, dtype=tf.float32) -> tf.Tensor:
        """Draws from N(0, 1); `shape` holds known numbers."""
        return self._next(tf.raw_ops.StatelessRandomNormalV2, shape, dtype)

    def uniform(self, shape, dtype=tf.float32) -> tf.Tensor:
        """Draws from U[0, 1); `shape` holds known numbers."""
        return self._next(tf.raw_ops.StatelessRandomUniformV2, shape, dtype)

    def _next(self, draw, shape, dtype):
        seed = fold(self._seed, self._calls) if self._calls else self._seed
        self._calls += 1
        return tf.cast(_draw(draw, shape, seed, self._indices), dtype)


def content_indices(images) -> tf.Tensor:
    """Returns a number for each image that its values alone decide, int64 `[B]`.

        sum_i w_i bits(x_i)  mod 2^64,  w_i uniform on 0 .. 2^64 - 1

    As `indices` of `ExampleDraws`, they give an image the same draws wherever it
    stands, and different images independent ones (two have the same number with
    probability 2^-41 at most).

    Args:
      images: `[B, ...]` of known shape but for B; compared as float32.
    """
    bits = tf.bitcast(tf.cast(images, tf.float32), tf.int32)
    size = np.prod(images.shape[1:], dtype=int)
    bits = tf.cast(tf.reshape(bits, [-1, size]), tf.int64)
    weights = tf.random.stateless_uniform(
        [size], fold(0, "content"), None, None, tf.int64, alg="philox"
    )
    return tf.reduce_sum(bits * weights, axis=1)


def _draw(draw, shape, seed, indices):
    count = tf.shape(indices)[0]
    keys, counters = _generators(seed, tf.pad(indices, [[0, -count % _TOGETHER]]))

    def some(generators):
        parts = [tf.unstack(part, _TOGETHER) for part in generators]
        drawn = [
            draw(shape=shape, key=k[None], counter=c, alg=_PHILOX, dtype=tf.float32)
            for k, c in zip(*parts, strict=True)
        ]
        return tf.stack(drawn)

    drawn = tf.map_fn(
        some,
        (
            tf.reshape(keys, [-1, _TOGETHER]),
            tf.reshape(counters, [-1, _TOGETHER, 2]),
        ),
        fn_output_signature=tf.TensorSpec([_TOGETHER, *shape], tf.float32),
    )
    drawn = tf.reshape(drawn, [-1, *shape])[:count]
    return tf.ensure_shape(drawn, [indices.shape[0], *shape])


def _generators(seed, indices):
    """Returns the key `[B]` and the counter `[B, 2]` of each example, uint64.

    They are those of the seeds `fold(seed, index)`, found for all at once.
    """
    indices = tf.cast(indices, tf.int64)
    zeros = tf.zeros_like(indices)
    counter = [indices & _WORD, tf.bitwise.right_shift(indices, 32) & _WORD]
    key = tf.cast(fold(seed), tf.int64) & _WORD
    seeds = _philox(key, [*counter, zeros, zeros])[:2]
    # TensorFlow widens the numbers of a seed: the upper word is all sign.
    signs = [tf.bitwise.right_shift(part, 31) * _WORD for part in seeds]
    mixed = _philox(_SCRAMBLE, [seeds[0], signs[0], seeds[1], signs[1]])
    key, counter = (mixed[i] | tf.bitwise.left_shift(mixed[i + 1], 32) for i in (0, 2))
    counter = tf.stack([zeros, counter], axis=-1)
    return tf.bitcast(key, tf.uint64), tf.bitcast(counter, tf.uint64)


def _philox(key, counter):
    """Returns the blocks of Philox 4x32-10 (Salmon et al., SC 2011).

    Args:
      key: int64 `[2]`, words of 32 bits.
      counter: Four int64 Tensors `[B]`, words of 32 bits.

    Returns:
      Four int64 Tensors `[B]`, words of 32 bits.
    """
    keys = (key + np.arange(_ROUNDS)[:, None] * _STEPS) & _WORD
    keys = tf.unstack(keys[..., None])
    even, odd = tf.stack(counter[::2]), tf.stack(counter[1::2])
    for key in keys:
        # The product of two words wraps around into the sign: its bits are all there.
        product = tf.reverse(even * _MULTIPLIERS, [0])
        even = (tf.bitwise.right_shift(product, 32) & _WORD) ^ odd ^ key
        odd = product & _WORD
    return [even[0], odd[0], even[1], odd[1]]
