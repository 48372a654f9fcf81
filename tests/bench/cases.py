"""The reference Glow of the benchmark, whole and in small."""

import numpy as np
import tensorflow as tf

from ade_tf.config import RunConfig
from ade_tf.models import build_model, initialize_from_data
from tests.helpers.models import perturb

# What flags/bench_glow.flags says.
REFERENCE = dict(
    preset="flow",
    feature_map="glow",
    levels=256,
    logit_alpha=0,
    flow_steps=(8, 8, 8),
    learned_prior=False,
    coupling="affine",
    mixing="plu",
    actnorm="channel",
    coupling_network="conv",
    coupling_width=64,
    batch_size=32,
    schedule="constant",
    clip_norm=0,
    average_decay=0,
    check_gradients=False,
)
SMALL = dict(flow_steps=(2, 1), coupling_width=4, batch_size=3)


def config(**settings):
    return RunConfig.from_flat({**REFERENCE, **settings})


def images(count, shape=(8, 8, 3)):
    return np.random.default_rng(0).uniform(0, 256, (count, *shape)).astype(np.float32)


def small_model(**settings):
    model = build_model(config(**SMALL, **settings), (8, 8, 3), 256)
    initialize_from_data(model, np.floor(images(16)))
    perturb(model)
    return model


def operations(function, *arguments):
    """Counts the operations of a traced function by type, nested ones included."""
    graph = tf.function(function).get_concrete_function(*arguments).graph.as_graph_def()
    nodes = [*graph.node, *(n for f in graph.library.function for n in f.node_def)]
    counts = {}
    for node in nodes:
        counts[node.op] = counts.get(node.op, 0) + 1
    return counts
