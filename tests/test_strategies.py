import pytest
import tensorflow as tf

from ade_tf.strategies import make_strategy


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
