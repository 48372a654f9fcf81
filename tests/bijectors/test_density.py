"""Densities as wholes: they integrate to 1, and a plain loop trains them."""

import keras
import numpy as np
import pytest
import sklearn.datasets
import tensorflow as tf
import tensorflow_probability as tfp

from ade_tf import bijectors as adb
from tests.helpers.bijectors import perturb

tfb, tfd = tfp.bijectors, tfp.distributions


def density(bijector, shape):
    base = tfd.Independent(tfd.Normal(tf.zeros(shape, bijector.dtype), 1.0), 3)
    return tfd.TransformedDistribution(base, bijector)


@pytest.mark.parametrize("coupling", ["affine", "spline"])
def test_a_flow_of_toy_images_integrates_to_one(coupling):
    shape = (1, 1, 2)
    flow = perturb(
        adb.glow(
            shape,
            steps=(4,),
            squeeze=False,
            network="mlp",
            width=8,
            coupling=coupling,
        ),
        # More would spread the mass over hundreds of units, beyond any grid.
        scale=0.15,
    )
    side = np.linspace(-20, 20, 401, dtype="float32")
    points = np.stack(np.meshgrid(side, side), -1).reshape(-1, 1, 1, 2)
    prob = density(flow, shape).prob(points)
    total = np.sum(prob, dtype="float64") * (side[1] - side[0]) ** 2
    assert abs(total - 1) < 0.01
    # Far from the normal it started from, or the integral would say little.
    assert np.max(np.abs(prob - density(adb.FusedChain([]), shape).prob(points))) > 0.01


def test_a_plain_loop_lowers_the_nll_of_digits():
    data = sklearn.datasets.load_digits().images[:512, ..., None].astype("float32")
    noise = np.random.default_rng(0).uniform(size=data.shape).astype("float32")
    x = tf.constant(data + noise)
    flow = adb.FusedChain(
        [
            adb.ImageSpace(17),
            adb.glow((8, 8, 1), steps=(2, 1), width=16, learned_prior=True),
        ]
    )
    flow.initialize(x)
    distribution = density(flow, (8, 8, 1))
    optimizer = keras.optimizers.Adam(3e-3)
    optimizer.build(flow.trainable_variables)

    @tf.function
    def step(batch):
        with tf.GradientTape() as tape:
            loss = -tf.reduce_mean(distribution.log_prob(batch))
        gradients = tape.gradient(loss, flow.trainable_variables)
        optimizer.apply(gradients, flow.trainable_variables)
        return loss

    before = -tf.reduce_mean(distribution.log_prob(x))
    for _ in range(10):
        for start in range(0, 512, 128):
            step(x[start : start + 128])
    after = -tf.reduce_mean(distribution.log_prob(x))
    assert np.isfinite(after)
    assert after < before - 10
