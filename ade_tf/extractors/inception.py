"""The Inception network of the published FID and Inception scores.

Nodes are fed and read as the published codes do: pool_3 for the distance
(bioinf-jku/TTUR, fid.py), and for the score the softmax of pool_3 times the weights of
the logits, without their bias (openai/improved-gan, inception_score/model.py).
"""

import dataclasses
import hashlib
from pathlib import Path

import tensorflow as tf
from google.protobuf.message import DecodeError

from ade_tf.extractors.extractor import Extractor
from ade_tf.extractors.saved_model import load_saved_model

__all__ = ["load_inception"]

_INPUT, _FEATURES, _LOGITS = "ExpandDims", "pool_3", "softmax/logits/MatMul"
_NUM_FEATURES, _NUM_CLASSES = 2048, 1008
_RULE = (
    "The Inception network of the published scores is classify_image_graph_def.pb of "
    f"inception-2015-12-05, with the nodes {_INPUT}, {_FEATURES} and {_LOGITS}, or a "
    f"SavedModel of it, with {_NUM_FEATURES} features and {_NUM_CLASSES} classes of "
    "colour images of any size. The file is in download.tensorflow.org/models/image/"
    "imagenet/inception-2015-12-05.tgz."
)


def load_inception(path="", data=None, cache_dir="", progress=None) -> Extractor:
    """Loads the original Inception network, with its own resizing and scaling.

    Args:
      path: The frozen graph, or the directory of a SavedModel as `load_saved_model`
        takes it.
      data, cache_dir, progress: Not used: everything is in the file.

    Returns:
      An extractor named `inception`, of 2048 features and 1008 classes.

    Raises:
      ValueError: If there is no such file, or it is not a network of this interface.
    """
    del data, cache_dir, progress
    if path and Path(path).is_dir():
        return _checked(load_saved_model(path), path)
    if not path or not Path(path).is_file():
        raise ValueError(f"{_RULE} Received: extractor_path={str(path)!r}")
    content = Path(path).read_bytes()
    return Extractor(
        name="inception",
        kind="inception",
        sha256=hashlib.sha256(content).hexdigest(),
        channels=3,
        feature_size=_NUM_FEATURES,
        num_classes=_NUM_CLASSES,
        function=_function(content, path),
    )


def _checked(extractor, path):
    sizes = (extractor.feature_size, extractor.num_classes, extractor.channels)
    if sizes != (_NUM_FEATURES, _NUM_CLASSES, 3) or any(extractor.image_size):
        raise ValueError(
            f"{_RULE} Received: {str(path)!r} with {sizes[0]} features, {sizes[1]} "
            f"classes, {sizes[2]} channels, image size {extractor.image_size}"
        )
    return dataclasses.replace(extractor, name="inception", kind="inception")


def _function(content, path):
    graph = tf.compat.v1.GraphDef()
    try:
        graph.ParseFromString(content)
    except DecodeError as error:
        raise ValueError(f"{_RULE} Received: {str(path)!r}, no graph at all") from error
    nodes = {node.name: node for node in graph.node}
    missing = {_INPUT, _FEATURES, _LOGITS} - set(nodes)
    if missing:
        raise ValueError(
            f"{_RULE} Received: {str(path)!r} without {', '.join(sorted(missing))}"
        )
    weights = nodes[_LOGITS].input[1].partition(":")[0]
    graph = _needed(nodes, (_FEATURES, weights))

    def run(images):
        # The batch of one image that the graph itself makes is replaced by ours.
        features, kernel = tf.graph_util.import_graph_def(
            graph,
            input_map={f"{_INPUT}:0": tf.cast(images, tf.float32)},
            return_elements=[f"{_FEATURES}:0", f"{weights}:0"],
            name="",
        )
        if (features.shape[1:], kernel.shape) != (
            tf.TensorShape([1, 1, _NUM_FEATURES]),
            tf.TensorShape([_NUM_FEATURES, _NUM_CLASSES]),
        ):
            raise ValueError(
                f"{_RULE} Received: {str(path)!r} with {_FEATURES} of shape "
                f"{features.shape} and logits of weights {kernel.shape}"
            )
        features = tf.squeeze(features, [1, 2])
        return features, tf.nn.softmax(features @ kernel)

    spec = tf.TensorSpec([None, None, None, 3], tf.uint8)
    return tf.compat.v1.wrap_function(run, [spec])


def _needed(nodes, outputs):
    """Returns the graph from the input to the outputs, in today's operations."""
    graph = tf.compat.v1.GraphDef()
    graph.versions.producer = tf.version.GRAPH_DEF_VERSION
    pending, seen = list(outputs), set()
    while pending:
        name = pending.pop().lstrip("^").partition(":")[0]
        if name in seen or name not in nodes:
            continue
        seen.add(name)
        node = graph.node.add()
        node.CopyFrom(nodes[name])
        # Shapes written down for a batch of one image.
        node.attr.pop("_output_shapes", None)
        if name == _INPUT:
            del node.input[:]
            node.op = "Placeholder"
            node.attr.clear()
            node.attr["dtype"].type = tf.float32.as_datatype_enum
        if node.op == "BatchNormWithGlobalNormalization":
            _renew_batch_norm(graph, node)
        pending.extend(node.input)
    return graph


def _renew_batch_norm(graph, node):
    """Rewrites a batch normalisation that TensorFlow no longer runs in functions."""
    images, mean, variance, offset, scale = node.input
    if not node.attr["scale_after_normalization"].b:
        ones = graph.node.add(name=f"{node.name}/ones", op="OnesLike", input=[variance])
        ones.attr["T"].type = tf.float32.as_datatype_enum
        scale = ones.name
    epsilon = node.attr["variance_epsilon"].f
    node.op = "FusedBatchNormV3"
    node.input[:] = [images, scale, offset, mean, variance]
    node.attr.clear()
    node.attr["T"].type = node.attr["U"].type = tf.float32.as_datatype_enum
    node.attr["epsilon"].f = epsilon
    node.attr["is_training"].b = False
