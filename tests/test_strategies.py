import functools
import json

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.data import Split, training_stream
from ade_tf.strategies import directory_of_worker, make_strategy, shared_batches


def test_mirrored_takes_every_logical_device():
    devices = tf.config.list_logical_devices("CPU")
    strategy = make_strategy("mirrored", 4 * len(devices))
    assert strategy.num_replicas_in_sync == len(devices) == 2


@pytest.mark.parametrize("name", ["auto", "single"])
def test_one_device_takes_any_batch(name):
    assert make_strategy(name, 1).num_replicas_in_sync == 1


@pytest.mark.parametrize("batch_size", [1, 3])
def test_a_batch_that_replicas_cannot_share_is_refused(batch_size):
    message = f"multiple of the number.*Received: batch_size={batch_size}, replicas=2"
    with pytest.raises(ValueError, match=message):
        make_strategy("mirrored", batch_size)


@pytest.mark.parametrize("worker", [0, 1])
def test_the_replicas_of_a_worker_share_its_part(monkeypatch, worker):
    """Two workers of two GPUs each, for which the strategy stands in."""

    class Cluster:
        num_replicas_in_sync = 4

        def distribute_datasets_from_function(self, make, options):
            assert options.experimental_per_replica_buffer_size == 0
            return make(tf.distribute.InputContext(2, worker, 4))

    monkeypatch.setattr(
        tf.distribute, "MultiWorkerMirroredStrategy", Cluster, raising=True
    )
    split = Split(np.zeros([20, 2, 2, 1], np.uint8), np.arange(20, dtype=np.int32))
    stream = functools.partial(training_stream, split, batch_size=8, seed=0)
    found = list(shared_batches(stream, Cluster()).take(4).as_numpy_iterator())
    for step, whole in enumerate(stream().take(2).as_numpy_iterator()):
        for replica in range(2):
            rows = slice(4 * worker + 2 * replica, 4 * worker + 2 * replica + 2)
            own = found[2 * step + replica]
            np.testing.assert_array_equal(own["label"], whole["label"][rows])
            np.testing.assert_array_equal(own["image"], whole["image"][rows])


@pytest.mark.parametrize("jobs", [{"worker": 3}, {"chief": 1, "worker": 2}], ids=str)
def test_every_worker_has_a_directory_of_its_own(monkeypatch, jobs):
    cluster = {job: [f"host:{n}" for n in range(count)] for job, count in jobs.items()}
    found = []
    for job, count in jobs.items():
        for index in range(count):
            task = {"type": job, "index": index}
            words = json.dumps({"cluster": cluster, "task": task})
            monkeypatch.setenv("TF_CONFIG", words)
            found.append(directory_of_worker("multi_worker", "run"))
    assert len({*found}) == 3 and found[0] == "run"
