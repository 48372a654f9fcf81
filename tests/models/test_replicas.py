import numpy as np
import pytest

from ade_tf.data import training_stream
from ade_tf.models import build_model, initialize_from_data
from ade_tf.training import make_strategy
from tests.helpers.models import digits, tiny_config

SETTINGS = dict(
    coupling_dropout=0.3,
    encoder_dropout=0.3,
    decoder_dropout=0.3,
    spectral_norm=True,
    clip_norm=0.5,
    weight_decay=0.01,
    flow_steps=(1,),
)


def trained(strategy, update, penalty):
    data = digits()
    config = tiny_config(update=update, penalty=penalty, **SETTINGS)
    with strategy.scope():
        model = build_model(config, data.image_shape, data.levels)
        initialize_from_data(model, data.train.images[:64])
    before = [v.numpy() for v in model.variables]
    stream = training_stream(data.train, batch_size=8, seed=0)
    model.fit(stream, steps_per_epoch=3, shuffle=False, verbose=0)
    return model, before


@pytest.mark.parametrize(
    ("update", "penalty"),
    [
        ("alternating", "none"),
        pytest.param("joint", "interpolates", marks=pytest.mark.long),
    ],
)
def test_two_replicas_do_what_one_does(update, penalty):
    strategy = make_strategy("mirrored", 2)
    one, before = trained(make_strategy("single", 1), update, penalty)
    two, _ = trained(strategy, update, penalty)
    assert int(one.step.numpy()) == int(two.step.numpy()) == 3
    moved = 0.0
    for old, here, there in zip(before, one.variables, two.variables, strict=True):
        replicas = strategy.experimental_local_results(there.value)
        assert len(replicas) == 2
        np.testing.assert_array_equal(*replicas, err_msg=there.path)
        np.testing.assert_allclose(
            here.numpy(), replicas[0], rtol=0, atol=1e-5, err_msg=there.path
        )
        if here.trainable:
            moved = max(moved, np.abs(here.numpy() - old).max())
    # A hundred times the tolerance: nothing agrees by standing still.
    assert moved > 1e-3
