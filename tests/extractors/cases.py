"""Small extractors, and files of the shapes in which extractors come."""

import functools

import numpy as np
import tensorflow as tf

from ade_tf.extractors import Extractor


def images(count, side=8, channels=3, levels=256, seed=0):
    """Returns random images, no two alike."""
    generator = np.random.default_rng(seed)
    return generator.integers(0, levels, (count, side, side, channels), np.uint8)


@functools.cache
def kernels(channels=3, features=6, classes=4):
    """Returns the constants of a small convolutional network."""
    generator = np.random.default_rng(5)
    shapes = ((3, 3, channels, features), (features, classes))
    return [generator.normal(0.0, 0.5, s).astype(np.float32) for s in shapes]


def network(images, kernel, head):
    """Returns features and probabilities of uint8 images."""
    h = tf.nn.conv2d(tf.cast(images, tf.float32) / 255.0, kernel, 1, "SAME")
    features = tf.reduce_mean(tf.nn.relu(h), [1, 2])
    return features, tf.nn.softmax(features @ head)


def small_extractor(sha256="0" * 64, function=None, channels=3, num_classes=4):
    """Returns an extractor of 6 features and 4 classes."""
    if function is None:

        @tf.function(autograph=False)
        def function(images):
            features, probabilities = network(images, *kernels(channels))
            return features, probabilities if num_classes else None

    return Extractor("small", "savedmodel", sha256, channels, 6, num_classes, function)


def save_model(path, *, shape=(None, None, None, 3), dtype=tf.uint8, **options):
    """Writes a SavedModel with variables and returns its path as text.

    Options: `outputs` (names of features, probabilities), `argument` (name of the
    images), `signature`, and `sizes` (of features and classes).
    """
    outputs = options.get("outputs", ("features", "probabilities"))
    sizes = options.get("sizes", (6, 4))
    module = tf.Module()
    module.weights = [tf.Variable(k) for k in kernels(shape[3], *sizes)]
    spec = tf.TensorSpec(shape, dtype, name=options.get("argument", "images"))

    @tf.function(input_signature=[spec])
    def extract(images):
        return dict(zip(outputs, network(images, *module.weights), strict=False))

    module.extract = extract
    signatures = {options.get("signature", "serving_default"): extract}
    tf.saved_model.save(module, str(path), signatures)
    return str(path)


def inception_graph(features=2048, classes=1008, scale_after=False):
    """Returns a frozen graph as TensorFlow wrote them in 2015, one convolution deep.

    It has the nodes of the original that are fed or read, its sizes, resizing and
    scaling, its batch normalisation (which newer graphs may not contain), its batch
    of one image in a reshape and in noted shapes, and its decoder of JPEG files.
    """
    generator = np.random.default_rng(7)

    def normal(*shape):
        return generator.normal(0.0, 0.3, shape).astype(np.float32)

    def constant(value, name):
        return tf.constant(value, name=name)

    with tf.Graph().as_default() as graph:
        contents = constant(b"", "DecodeJpeg/contents")
        decoded = tf.io.decode_jpeg(contents, channels=3, name="DecodeJpeg")
        x = tf.expand_dims(tf.cast(decoded, tf.float32, name="Cast"), 0, "ExpandDims")
        size = constant([299, 299], "ResizeBilinear/size")
        x = tf.raw_ops.ResizeBilinear(images=x, size=size, name="ResizeBilinear")
        x = tf.subtract(x, 128.0, "Sub")
        x = tf.multiply(x, 1.0 / 128.0, "Mul")
        kernel = constant(normal(9, 9, 3, features), "conv/conv2d_params")
        x = tf.nn.conv2d(x, kernel, 60, "VALID", name="conv/Conv2D")
        x = tf.identity(x, "conv/batchnorm")
        for name, low in (("mean", -1), ("variance", 0.5), ("beta", -1), ("gamma", 1)):
            value = generator.uniform(low, low + 2.0, features).astype(np.float32)
            constant(value, f"conv/batchnorm/{name}")
        x = tf.nn.relu(tf.debugging.check_numerics(x, "conv"), "conv")
        side = x.shape[1]
        pool = tf.nn.avg_pool2d(x, side, 1, "VALID", name="pool_3")
        flat = tf.raw_ops.Reshape(
            tensor=pool,
            shape=constant([1, features], "pool_3/_reshape/shape"),
            name="pool_3/_reshape",
        )
        weights = constant(normal(features, classes), "softmax/weights")
        logits = tf.linalg.matmul(flat, weights, name="softmax/logits/MatMul")
        biases = constant(normal(classes), "softmax/biases")
        tf.nn.softmax(
            tf.nn.bias_add(logits, biases, name="softmax/logits"), name="softmax"
        )
        definition = graph.as_graph_def(add_shapes=True)
    definition.versions.producer = 8
    for node in definition.node:
        if node.name == "conv/batchnorm":
            node.op = "BatchNormWithGlobalNormalization"
            node.input.extend(
                f"conv/batchnorm/{name}"
                for name in ("mean", "variance", "beta", "gamma")
            )
            node.attr["variance_epsilon"].f = 0.001
            node.attr["scale_after_normalization"].b = scale_after
    return definition
