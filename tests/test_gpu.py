"""What only a machine with a GPU can tell: its steps are those of the CPU.

python -m pytest -m gpu tests/test_gpu.py
"""

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.data import training_stream
from ade_tf.models import build_model, initialize_from_data
from ade_tf.strategies import make_strategy
from tests.helpers.models import digits, tiny_config

GPUS = tf.config.list_physical_devices("GPU")
pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not GPUS, reason="TensorFlow sees no GPU"),
]
CPU, GPU = "CPU:0", "GPU:0"


@pytest.fixture(autouse=True, scope="module")
def whole_float32():
    """Turns TensorFloat-32 off, whose products have 10 bits."""
    before = tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    yield
    tf.config.experimental.enable_tensor_float_32_execution(before)


def trained(strategy, steps=3, **settings):
    """Returns the terms of each step, and the model."""
    data = digits()
    config = tiny_config(**{"flow_steps": (1,), "update": "joint", **settings})
    with strategy.scope():
        model = build_model(config, data.image_shape, data.levels, data.num_classes)
        initialize_from_data(model, data.train.images[:64])
    stream = training_stream(data.train, batch_size=8, seed=0)
    history = model.fit(stream, steps_per_epoch=1, epochs=steps, verbose=0).history
    return history, model


def on(device):
    return tf.distribute.OneDeviceStrategy(device)


def assert_alike(here, there, share):
    """Compares the terms of the first step, then how far the weights went."""
    (terms, model), (others, other) = here, there
    assert terms.keys() == others.keys()
    for name in ("bits_per_dim", "kl", "adversarial_loss"):
        assert others[name][0] == pytest.approx(terms[name][0], rel=share, abs=share)
    pairs = zip(model.trainable_variables, other.trainable_variables, strict=True)
    for one, two in pairs:
        # Adam's steps are of the learning rate's length whatever the gradient.
        np.testing.assert_allclose(one.numpy(), two.numpy(), atol=100 * share * 1e-3)


def test_a_gpu_does_what_the_cpu_does():
    assert_alike(trained(on(CPU)), trained(on(GPU)), 1e-3)


def test_mirrored_gpus_do_what_the_cpu_does():
    replicas = make_strategy("mirrored", 8)
    assert replicas.num_replicas_in_sync == len(GPUS)
    assert_alike(trained(on(CPU)), trained(replicas), 1e-3)


def test_bfloat16_is_near_float32():
    terms, _ = trained(on(GPU))
    rounded, model = trained(on(GPU), precision="bfloat16")
    assert rounded["bits_per_dim"][0] == pytest.approx(terms["bits_per_dim"][0], 0.02)
    assert {v.dtype for v in model.trainable_variables} == {"float32"}


def test_a_compiled_step_is_near_the_graph():
    terms, _ = trained(on(GPU))
    compiled, _ = trained(on(GPU), jit_compile=True)
    # XLA's noise is another: a batch of 8 tells to a few hundredths.
    assert compiled["bits_per_dim"][0] == pytest.approx(terms["bits_per_dim"][0], 0.03)
    assert np.isfinite([*compiled.values()]).all()
