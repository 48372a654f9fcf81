"""A MAF costs what its networks cost, and is compared with the MAF of nflows."""

import sys

import pytest

from ade_tf.config import RunConfig
from experiments.bench.references import check_reference

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
