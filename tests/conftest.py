"""Settings of the test session: two logical CPU devices, so replicas can be tested."""

import keras
import pytest
import tensorflow as tf

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0],
    [tf.config.LogicalDeviceConfiguration()] * 2,
)


@pytest.fixture(autouse=True)
def seeds():
    """Gives every test the same global seeds, whatever ran before it."""
    keras.utils.set_random_seed(0)
