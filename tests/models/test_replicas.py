import numpy as np
import pytest
import tensorflow as tf

from ade_tf.config import RunConfig
from ade_tf.data import training_stream
from ade_tf.models import build_model, initialize_from_data
from tests.helpers.models import TINY, digits

SETTINGS = dict(
    coupling_dropout=0.3,
    encoder_dropout=0.3,
    decoder_dropout=0.3,
    penalty="interpolates",
    spectral_norm=True,
    clip_norm=0.5,
    weight_decay=0.01,
)


def trained(strategy, **settings):
    data = digits()
    config = RunConfig.from_flat({**TINY, **SETTINGS, **settings})
    with strategy.scope():
        model = build_model(config, data.image_shape, data.levels)
        initialize_from_data(model, data.train.images[:64])
    stream = training_stream(data.train, batch_size=8, seed=0)
    model.fit(stream, steps_per_epoch=3, verbose=0)
    return model


@pytest.mark.parametrize("update", ["joint", "alternating"])
def test_two_replicas_do_what_one_does(update):
    one = trained(tf.distribute.get_strategy(), update=update)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    two = trained(strategy, update=update)
    assert int(two.step.numpy()) == 3
    for here, there in zip(one.variables, two.variables, strict=True):
        replicas = strategy.experimental_local_results(there.value)
        assert len(replicas) == 2
        np.testing.assert_array_equal(*replicas, err_msg=there.path)
        np.testing.assert_allclose(
            here.numpy(), replicas[0], atol=1e-5, err_msg=there.path
        )
