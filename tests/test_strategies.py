import json

import pytest
import tensorflow as tf

from ade_tf.strategies import directory_of_worker, make_strategy


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
