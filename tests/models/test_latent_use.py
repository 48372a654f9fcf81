import numpy as np
import tensorflow as tf

from ade_tf.data import training_stream
from ade_tf.models import LikelihoodScorer
from ade_tf.randomness import BatchDraws
from tests.helpers.models import digits, tiny_model


def test_a_short_training_teaches_the_decoder_to_read_z():
    steps = dict(num_steps=200, batch_size=64, learning_rate=5e-3, average_decay=0.0)
    model = tiny_model("v_ade", perturbed=False, flow_steps=(1,), **steps)
    untrained = LikelihoodScorer(model).bound(digits().test)
    stream = training_stream(digits().train, batch_size=64, seed=0)
    model.fit(stream, steps_per_epoch=200, verbose=0)
    trained = LikelihoodScorer(model).bound(digits().test)
    assert trained.bits_per_dim.mean() < untrained.bits_per_dim.mean() - 0.3
    # Bits/dim cannot see a collapsed posterior; its KL can.
    assert trained.kl.mean() > 0.05
    images = model.batch(digits().test.images)
    x = model.dequantize(images, BatchDraws(1, 300)).value
    z = model.posterior_density(x).mean()
    y, _ = model.feature_map(x)
    own = model.feature_density(z).log_prob(y)
    permuted = model.feature_density(tf.roll(z, 1, 0)).log_prob(y)
    worse = tf.reduce_mean(own - permuted) / (model.dims * np.log(2.0))
    assert float(worse) > 0.2
