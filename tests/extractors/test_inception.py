"""Tests of the original Inception graph's interface, on a small graph that has it."""

import hashlib

import numpy as np
import pytest
import tensorflow as tf

from ade_tf.extractors import EXTRACTORS, collect
from ade_tf.strategies import make_strategy
from tests.extractors import cases

load = EXTRACTORS["inception"]


@pytest.fixture(scope="module")
def graph():
    return cases.inception_graph()


def write(path, graph):
    path.write_bytes(graph.SerializeToString())
    return str(path)


def published(graph, images):
    """Returns features and softmax as the published codes read them, one by one."""
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        tf.graph_util.import_graph_def(graph, name="")
        read = ["pool_3:0", "softmax/weights:0"]
        features = []
        for image in images:
            fed = {"ExpandDims:0": image[None].astype(np.float32)}
            pool, weights = session.run(read, fed)
            features.append(pool.reshape(-1))
    features = np.stack(features).astype(np.float64)
    logits = features @ weights
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return features, exponentials / exponentials.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("scale_after", [False, True])
def test_agrees_with_the_published_reading(tmp_path, scale_after):
    graph = cases.inception_graph(scale_after=scale_after)
    path = write(tmp_path / "classify_image_graph_def.pb", graph)
    extractor = load(path=path)
    assert (extractor.name, extractor.kind) == ("inception", "inception")
    assert (extractor.feature_size, extractor.num_classes) == (2048, 1008)
    content = (tmp_path / "classify_image_graph_def.pb").read_bytes()
    assert extractor.sha256 == hashlib.sha256(content).hexdigest()
    images = cases.images(5, side=32)
    expected = published(graph, images)
    assert np.ptp(expected[0], axis=0).max() > 0.1
    for strategy in (None, make_strategy("mirrored", 4)):
        found = collect(extractor, images, levels=256, batch_size=4, strategy=strategy)
        np.testing.assert_allclose(found.features, expected[0], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(
            found.probabilities, expected[1], rtol=1e-3, atol=1e-7
        )


def test_a_saved_model_of_the_same_sizes_serves(tmp_path):
    path = cases.save_model(tmp_path / "m", sizes=(2048, 1008))
    extractor = load(path=path)
    assert (extractor.name, extractor.kind) == ("inception", "inception")
    assert extractor.sha256 == EXTRACTORS["savedmodel"](path=path).sha256
    assert extractor(cases.images(2))[0].shape == (2, 2048)


def test_refuses_other_saved_models(tmp_path):
    with pytest.raises(ValueError, match="2048 features.*Received: .*6 features, 4"):
        load(path=cases.save_model(tmp_path / "m"))
    path = cases.save_model(tmp_path / "n", sizes=(2048, 1008), shape=(None, 32, 32, 3))
    with pytest.raises(ValueError, match=r"any size.*Received: .*\(32, 32\)"):
        load(path=path)


@pytest.mark.parametrize(
    "sizes", [dict(features=64), dict(classes=1001)], ids=["features", "classes"]
)
def test_refuses_other_sizes(tmp_path, sizes):
    path = write(tmp_path / "g.pb", cases.inception_graph(**sizes))
    size = next(iter(sizes.values()))
    with pytest.raises(ValueError, match=f"2048 features and 1008.*Received: .*{size}"):
        load(path=path)


@pytest.mark.parametrize("missing", ["ExpandDims", "pool_3", "softmax/logits/MatMul"])
def test_refuses_a_graph_without_a_node(tmp_path, graph, missing):
    other = tf.compat.v1.GraphDef()
    other.CopyFrom(graph)
    for node in other.node:
        if node.name == missing:
            node.name = "renamed"
    path = write(tmp_path / "g.pb", other)
    with pytest.raises(ValueError, match=f"Received: .* without {missing}"):
        load(path=path)


@pytest.mark.parametrize("kind", ["none", "missing", "text", "directory"])
def test_refuses_what_is_no_graph(tmp_path, kind):
    paths = {"none": "", "missing": str(tmp_path / "gone"), "directory": str(tmp_path)}
    (tmp_path / "text.pb").write_text("no graph at all")
    with pytest.raises(ValueError, match=r"Received: "):
        load(path=paths.get(kind, str(tmp_path / "text.pb")))
