"""The moving average of the weights, and evaluation with it."""

import contextlib

import numpy as np
import tensorflow as tf

__all__ = ["MovingAverage", "averaged_weights", "use_averaged_weights"]


class MovingAverage(tf.Module):
    """The exponential moving average of variables, kept as one vector.

        average <- average + (1 - d_t) (w - average),
        d_t = min(decay, (1 + t) / (10 + t))

    for the values w after every update t = 1, 2, ..., and w itself after the first: the
    decay warms up, so that early weights are soon forgotten. In one vector all
    are averaged together: an operation on each of hundreds of small variables costs
    several times the arithmetic. What an update leaves is taken in before the next one,
    beside the passes in between. Create it in the scope of the variables' strategy.

    Args:
      variables: Keras variables of one dtype, at least one; the methods take them
        again, in this order.
      decay: In [0, 1).

    Raises:
      ValueError: If there are no variables, or the dtypes differ.
    """

    def __init__(self, variables, decay: float):
        super().__init__(name="average")
        dtypes = sorted({variable.dtype for variable in variables})
        if len(dtypes) != 1:
            raise ValueError(
                "an average is of variables of one dtype, at least one. "
                f"Received: {len(variables)} variables of dtypes {dtypes}"
            )
        self.decay = decay
        size = sum(_sizes(variables))
        self.vector = tf.Variable(tf.zeros([size], dtypes[0]), trainable=False)
        self.taken = tf.Variable(tf.zeros([], tf.int64), trainable=False)

    def take_in(self, variables, updates) -> None:
        """Takes in the variables, if they were updated since the last time.

        Call it in replica context, before every update.

        Args:
          variables: The same on all replicas.
          updates: Number of updates made so far, a scalar of integers.
        """
        with tf.name_scope("average"):
            weights = tf.concat([tf.reshape(v.value, [-1]) for v in variables], 0)
            updates = tf.cast(updates, tf.int64)
            t = tf.cast(updates, tf.float32)
            rate = tf.maximum(1.0 - self.decay, _warm_rate(t))
            rate = tf.where(updates > 1, rate, 1.0)

        def take(strategy, weights, rate, updated, updates):
            strategy.extended.update(self.vector, _move, args=(weights, rate, updated))
            strategy.extended.update(self.taken, _assign, args=(updates,))

        context = tf.distribute.get_replica_context()
        context.merge_call(take, args=(weights, rate, updates > self.taken, updates))

    def assign_to(self, variables, updates) -> None:
        """Takes the variables in and overwrites them by their average.

        Call it outside replica context. Before the first update nothing changes.

        Args:
          variables: As in `take_in`.
          updates: As in `take_in`.
        """
        updates, average = int(updates), self.vector.numpy()
        if updates > self.taken.numpy():
            weights = np.concatenate([v.numpy().ravel() for v in variables])
            rate = max(1.0 - self.decay, _warm_rate(updates)) if updates > 1 else 1.0
            average = average + rate * (weights - average)
            self.vector.assign(average)
            self.taken.assign(updates)
        if not updates:
            return
        parts = np.split(average, np.cumsum(_sizes(variables))[:-1])
        for variable, part in zip(variables, parts, strict=True):
            variable.assign(part.reshape(variable.shape))


@contextlib.contextmanager
def averaged_weights(model):
    """Puts the moving average in place of the generator side's weights for a while.

    Without an average, or before the first update, the weights stay as they are. Call
    it outside replica context; the weights come back bit for bit, also after an error.

    Args:
      model: A compiled `AdaptiveDensityEstimator`.
    """
    variables = model.generator_variables
    kept = [v.numpy() for v in variables]
    try:
        use_averaged_weights(model)
        yield model
    finally:
        for variable, value in zip(variables, kept, strict=True):
            variable.assign(value)


def use_averaged_weights(model) -> None:
    """Overwrites the generator side's weights by their moving average, for good.

    Without an average, or before the first update, nothing changes; nor does it when
    called again.
    """
    if model.average is not None:
        updates = model.generator_optimizer.iterations.numpy()
        model.average.assign_to(model.generator_variables, updates)


def _warm_rate(updates):
    """Returns 1 - (1 + t) / (10 + t)."""
    return 9.0 / (10.0 + updates)


def _sizes(variables):
    return [int(np.prod(variable.shape)) for variable in variables]


def _move(average, weights, rate, updated):
    def move():
        # One operation, where `assign_sub` would be two.
        tf.raw_ops.ResourceApplyGradientDescent(
            var=average.handle,
            alpha=tf.cast(rate, average.dtype),
            delta=average - weights,
        )

    tf.cond(updated, move, lambda: None)


def _assign(variable, value):
    variable.assign(value)
