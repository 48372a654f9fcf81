"""The small convolutional network of the extractors that need no file."""

import itertools

import keras
import tensorflow as tf

import ade_tf.keras_settings  # noqa: F401

__all__ = ["NUM_FEATURES", "build_network", "freeze_network"]

NUM_FEATURES = 64
_WIDTHS = (32, 64)


def build_network(image_shape, num_classes: int = 0) -> keras.Model:
    """Returns the model images in 0..255 -> features, or -> (features, logits).

    Two blocks of two 3x3 convolutions and a layer of 64 ReLU features. Its initial
    weights are those of He et al. (arXiv 1502.01852) by fixed seeds.

    Args:
      image_shape: `(H, W, C)`.
      num_classes: Number of logits; 0 for none.
    """
    layers = keras.layers
    seeds = itertools.count()

    def settings():
        initializer = keras.initializers.HeNormal(seed=next(seeds))
        return {"kernel_initializer": initializer, "dtype": "float32"}

    images = keras.Input(image_shape, dtype="float32")
    h = layers.Rescaling(2.0 / 255.0, offset=-1.0, dtype="float32")(images)
    for width in _WIDTHS:
        for _ in range(2):
            conv = layers.Conv2D(width, 3, padding="same", **settings())
            h = layers.ReLU(dtype="float32")(conv(h))
        h = layers.MaxPooling2D(2, padding="same", dtype="float32")(h)
    h = layers.Flatten(dtype="float32")(h)
    features = layers.Dense(NUM_FEATURES, activation="relu", **settings())(h)
    if not num_classes:
        return keras.Model(images, features)
    logits = layers.Dense(num_classes, **settings())(features)
    return keras.Model(images, [features, logits])


def freeze_network(model, weights, image_shape):
    """Returns the function of an `Extractor`: the network with constant weights.

    Args:
      model: What `build_network` returned.
      weights: Arrays, in the order of `model.weights`.
      image_shape: `(H, W, C)`.
    """
    constants = [tf.constant(weight) for weight in weights]
    spec = tf.TensorSpec([None, *image_shape], tf.uint8)

    @tf.function(input_signature=[spec], autograph=False)
    def function(images):
        images = tf.cast(images, tf.float32)
        outputs, _ = model.stateless_call(constants, [], images)
        features, *logits = keras.tree.flatten(outputs)
        return features, tf.nn.softmax(logits[0]) if logits else None

    return function
