"""Settings of the test session: two logical CPU devices, so replicas can be tested."""

import keras
import pytest
import tensorflow as tf

from tests.helpers.eager import eagerly
from tests.helpers.processes import end_all

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0],
    [tf.config.LogicalDeviceConfiguration()] * 2,
)


@pytest.fixture(autouse=True)
def seeds():
    """Gives every test the same global seeds, whatever ran before it."""
    keras.utils.set_random_seed(0)


@pytest.fixture(autouse=True)
def no_process_is_left():
    """Ends the processes that a test which failed has left."""
    yield
    end_all()


@pytest.fixture(scope="session")
def v_ade_run(tmp_path_factory):
    """The directory of a short, finished `v_ade` run; pictures may be added."""
    # Imported here: the devices above must be configured first.
    from ade_tf.training import train
    from tests.helpers.models import tiny_config

    directory = tmp_path_factory.mktemp("runs") / "v_ade"
    # Whatever module asks for it first.
    with eagerly(False):
        train(tiny_config("v_ade", flow_steps=(1,), average_decay=0.5), directory)
    return directory


@pytest.fixture(scope="module")
def eager():
    """Runs the `tf.function`s of a module eagerly."""
    with eagerly():
        yield


@pytest.fixture
def in_graphs(eager):
    """Traces in one test of an eager module what a graph could do otherwise."""
    del eager
    with eagerly(False):
        yield
