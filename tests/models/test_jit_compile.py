import numpy as np
import pytest

from ade_tf.data import training_stream
from ade_tf.strategies import make_strategy
from tests.helpers.models import digits, tiny_model


def test_several_replicas_are_refused():
    strategy = make_strategy("mirrored", 8)
    with strategy.scope(), pytest.raises(ValueError, match="one replica.*2 replicas"):
        tiny_model("vae", jit_compile=True)


def first_step(preset, **settings):
    """Returns the terms of a run's first step, and the model."""
    model = tiny_model(preset, **settings)
    stream = training_stream(digits().train, batch_size=8, seed=0)
    history = model.fit(stream, steps_per_epoch=1, verbose=0)
    return {name: values[0] for name, values in history.history.items()}, model


@pytest.mark.parametrize(
    ("preset", "settings"),
    [
        ("flow", dict(flow_steps=(1,))),
        ("flow", dict(feature_map="residual", residual_blocks=1, residual_width=8)),
        pytest.param("av_ade", {}, marks=pytest.mark.long),
    ],
    ids=["flow", "residual", "av_ade"],
)
def test_a_compiled_step_does_what_the_graph_does_but_for_its_draws(preset, settings):
    plain, other = first_step(preset, **settings)
    compiled, model = first_step(preset, jit_compile=True, **settings)
    again, _ = first_step(preset, jit_compile=True, **settings)
    assert model.jit_compile and not other.jit_compile
    assert compiled == again
    assert list(compiled) == list(plain)
    if preset == "flow":
        # XLA's noise is another: a batch of 8 tells to a few hundredths.
        assert compiled["bits_per_dim"] == pytest.approx(plain["bits_per_dim"], 0.03)
        assert compiled["bits_per_dim"] != plain["bits_per_dim"]
    assert all(np.isfinite(value) for value in compiled.values())
    bound = 2.1e-3 * len(model.updates())
    for start, here, there in zip(
        tiny_model(preset, **settings).trainable_variables,
        other.trainable_variables,
        model.trainable_variables,
        strict=True,
    ):
        moved = np.abs(there.numpy() - start.numpy())
        assert moved.max() > 0
        # Adam's first updates are as long as the learning rate, of either sign.
        np.testing.assert_allclose(here.numpy(), there.numpy(), atol=bound)
