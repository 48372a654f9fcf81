"""`prepare_data` that waits, so that a test is in time to disturb it.

HOLD_AT=COUNT python -m tests.helpers.held_prepare_data FLAGS

When so many shards are written, its processes begin another only once there is the
file that `released` names.
"""

import functools
import os
import time
from unittest import mock

from ade_tf.data.shards import write_shard
from experiments import prepare_data

__all__ = ["released"]


def released(directory):
    """Returns the file, beside the directory of the data set."""
    return directory.with_name(f"{directory.name}.released")


def held(count, directory, shard, part):
    """Writes a shard when it may."""
    while len([*directory.glob("*-of-*.json")]) >= count:
        if released(directory).exists():
            break
        time.sleep(0.01)
    write_shard(directory, shard, part)


if __name__ == "__main__":
    write = functools.partial(held, int(os.environ["HOLD_AT"]))
    with mock.patch("ade_tf.data.preparation.write_shard", write):
        prepare_data.run()
