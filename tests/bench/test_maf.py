"""A MAF costs what its networks cost, and is compared with the MAF of nflows."""

import sys

import pytest
import tensorflow as tf

from ade_tf.bijectors import autoregressive_flow
from ade_tf.config import RunConfig
from experiments.bench import interleaved, ratio
from experiments.bench.references import check_reference
from tests.helpers.bijectors import perturb

# What flags/bench_maf.flags says.
MAF = dict(
    preset="flow",
    feature_map="autoregressive",
    levels=256,
    logit_alpha=0,
    actnorm="none",
    schedule="constant",
    clip_norm=0,
    average_decay=0,
    check_gradients=False,
)


@pytest.mark.long
def test_the_density_takes_little_more_than_one_pass_of_the_networks():
    """The sum of the log-dets and of squares, and the transforms, are the rest."""
    shape = (16, 16, 1)
    flow = perturb(autoregressive_flow(shape, width=512, actnorm="none"), 0.01)
    x = tf.random.stateless_normal([100, *shape], [0, 0])
    steps = [step._network for step in flow.bijectors]

    @tf.function
    def log_prob(x):
        y, log_det = flow.inverse_and_log_det(x)
        return log_det - 0.5 * tf.reduce_sum(y**2, [1, 2, 3])

    @tf.function
    def networks(x):
        # One behind the other, as in the flow.
        x = tf.reshape(x, [-1, *steps[0].shape])
        for network in steps:
            x, _ = network(x)
        return x

    times = interleaved(
        {"density": lambda: log_prob(x), "networks": lambda: networks(x)}, 101
    )
    found = ratio(times["density"], times["networks"])
    print(found)
    assert found["median"] < 1.2


@pytest.mark.parametrize(
    ("settings", "name", "message"),
    [
        ({"coupling": "spline"}, "nflows", "MAF of nflows .*coupling='spline'"),
        ({"actnorm": "position"}, "nflows", "MAF of nflows .*actnorm='position'"),
        ({}, "normflows", "direct Glow .*feature_map='autoregressive'"),
        ({}, "direct", "direct Glow .*feature_map='autoregressive'"),
    ],
)
def test_other_models_are_not_compared_with_the_maf(settings, name, message):
    maf = RunConfig.from_flat({**MAF, **settings})
    with pytest.raises(ValueError, match=message):
        check_reference(name, maf, "python3")


def test_the_maf_of_the_flagfile_is_that_of_nflows():
    # It is not installed: all else is found to be in order.
    with pytest.raises(ValueError, match="needs torch and nflows"):
        check_reference("nflows", RunConfig.from_flat(MAF), sys.executable)
