"""A process that takes one gradient of a flow and prints its peak memory.

python -m tests.helpers.peak_memory {plain|recomputed} DEPTH DROPOUT DIRECTION
"""

import sys

import tensorflow as tf

from ade_tf import bijectors
from ade_tf.randomness import BatchDraws
from experiments.bench.machine import peak_memory_mb

BATCH, SHAPE = 128, (32, 32, 3)


def main(kind, depth, dropout, direction):
    """Prints the peak resident memory in MiB before and after the gradient."""
    flow = bijectors.glow(SHAPE, steps=(int(depth),), width=64, dropout=float(dropout))
    if kind == "recomputed":
        flow = bijectors.RecomputedChain(flow.bijectors)
    variables = flow.trainable_variables

    @tf.function(input_signature=[tf.TensorSpec([None, *SHAPE])])
    def gradients(x):
        with tf.GradientTape() as tape, BatchDraws(0, tf.shape(x)[0]).scope():
            y, log_det = getattr(flow, f"{direction}_and_log_det")(x)
            loss = tf.reduce_sum(tf.square(y)) / 2 - tf.reduce_sum(log_det)
        return tape.gradient(loss, variables)

    x = tf.random.stateless_normal([BATCH, *SHAPE], [0, 1])
    # The graph itself is built and optimised before the measurement.
    gradients(x[:1])
    before = peak_memory_mb()
    gradients(x)
    print(before, peak_memory_mb())


if __name__ == "__main__":
    main(*sys.argv[1:])
