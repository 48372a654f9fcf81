import numpy as np
import pytest

from ade_tf.data import training_stream
from tests.helpers.models import digits, tiny_model


def losses(preset, **settings):
    """Returns the terms of a run's second step, and the model."""
    model = tiny_model(preset, **settings)
    stream = training_stream(digits().train, batch_size=8, seed=0)
    history = model.fit(stream, steps_per_epoch=2, shuffle=False, verbose=0)
    return {name: values[-1] for name, values in history.history.items()}, model


@pytest.mark.parametrize(
    "preset", ["flow", pytest.param("av_ade", marks=pytest.mark.long)]
)
def test_a_compiled_step_does_what_the_graph_does(preset):
    plain, _ = losses(preset)
    compiled, model = losses(preset, jit_compile=True)
    assert model.jit_compile
    assert list(compiled) == list(plain)
    for name, value in plain.items():
        # The second step's terms see the first one's update.
        np.testing.assert_allclose(compiled[name], value, rtol=2e-3, err_msg=name)
