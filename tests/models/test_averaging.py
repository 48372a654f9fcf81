import numpy as np
import pytest
import tensorflow as tf

from ade_tf.models import averaged_weights
from tests.helpers.models import batch, tiny_model


@pytest.mark.parametrize("update", ["joint", "alternating"])
def test_the_average_decays_once_per_step_and_comes_and_goes(update):
    model = tiny_model("av_gde", update=update, average_decay=0.25)
    step = tf.function(model.train_step)
    step(batch())
    with averaged_weights(model):
        average = [v.numpy() for v in model.generator_variables]
    # Where a step is one update, the average after it is known from the weights.
    if update == "joint":
        step(batch())
        after = [v.numpy() for v in model.generator_variables]
        expected = [0.25 * a + 0.75 * b for a, b in zip(average, after, strict=True)]
        with averaged_weights(model):
            for wanted, variable in zip(
                expected, model.generator_variables, strict=True
            ):
                np.testing.assert_allclose(
                    variable.numpy(), wanted, rtol=1e-5, atol=1e-9
                )
    assert model.generator_optimizer.ema_momentum == (
        0.25 if update == "joint" else 0.5
    )


def test_the_weights_come_back_bit_for_bit_after_an_error():
    model = tiny_model("vae", average_decay=0.9)
    step = tf.function(model.train_step)
    # After the first update the average is the weights.
    for start in (0, 8):
        step(batch(start=start))
    before = [v.numpy() for v in model.variables]
    with pytest.raises(KeyError), averaged_weights(model):
        changed = [v.numpy() for v in model.variables]
        raise KeyError("inside")
    assert any(not np.array_equal(a, b) for a, b in zip(before, changed, strict=True))
    for kept, variable in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(kept, variable.numpy())
