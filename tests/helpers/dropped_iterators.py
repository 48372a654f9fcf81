"""A process that drops iterators while they read: dropped_iterators REPLICAS.

It ends with status 0, after forty, unless one of them hangs or ends it.
"""

import sys
import time

import numpy as np
import tensorflow as tf

from ade_tf.data import Split, training_stream
from ade_tf.data.stored import StoredImages
from ade_tf.strategies import shared_batches


class SlowImages(StoredImages):
    """Images that take up to 4 ms of Python to read."""

    def read(self, places):
        """Returns images of zeros."""
        end = time.perf_counter() + 1e-3 * (places[0] % 5)
        while time.perf_counter() < end:
            sum(range(100))
        return np.zeros([len(places), *self.shape[1:]], self.dtype)


def main(replicas):
    """Drops forty iterators, each after some batches."""
    devices = [f"CPU:{number}" for number in range(int(replicas))]
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration()] * len(devices),
    )
    strategy = tf.distribute.MirroredStrategy(devices)
    images = SlowImages([100, 8, 8, 3], np.uint8)
    split = Split(images, np.zeros(100, np.int32))
    for number in range(40):
        stream = training_stream(split, batch_size=4, seed=number)
        batches = iter(shared_batches(stream, strategy))
        for _ in range(number % 4):
            next(batches)
        time.sleep(1e-3 * (number % 7))
        del batches


if __name__ == "__main__":
    main(*sys.argv[1:])
