"""A small classifier of the data set's own labels, for want of a better extractor."""

import dataclasses
import itertools
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import ade_tf.keras_settings  # noqa: F401
from ade_tf.data import Split, training_stream
from ade_tf.extractors.cache import content_hash, read_arrays, write_arrays
from ade_tf.extractors.extractor import Extractor
from ade_tf.extractors.feature_set import collect
from ade_tf.extractors.inputs import extractor_input

__all__ = ["load_classifier"]

# To be raised when anything below would train other weights from the same data.
_RECIPE = 1
_BATCH_SIZE = 64
_MAX_STEPS = 1200
_MAX_EPOCHS = 60
_WIDTHS = (32, 64)
_FEATURES = 64
_RULE = (
    "The classifier extractor is trained on the labels of the data set: it needs "
    "at least two classes and images of whole levels."
)


def load_classifier(path="", data=None, cache_dir="", progress=None) -> Extractor:
    """Trains a small classifier on the training labels, or takes it from the cache.

    Two blocks of two 3x3 convolutions and a layer of 64 ReLU features, trained by Adam
    with a fixed seed for at most 60 epochs and 1200 steps of 64 images. Its scores
    compare runs on the same data under the same hash and nothing else. The accuracy on
    the validation images is printed once and kept in `validation_accuracy`.

    Args:
      path: Must be empty: there is no file.
      data: The `ImageData`.
      cache_dir: Directory that keeps the weights; empty to train anew.
      progress: Called with `(done, total)` steps of training.

    Returns:
      An extractor named `classifier(NAME)`; its hash is that of its weights.

    Raises:
      ValueError: If a path is given, or the data has no labels to learn.
    """
    if path:
        raise ValueError(
            f"The classifier extractor takes no extractor_path. Received: {str(path)!r}"
        )
    if data is None or data.levels == 0 or data.num_classes < 2:
        received = "none" if data is None else data.description
        raise ValueError(f"{_RULE} Received: {received}")
    labels = np.asarray(data.train.labels)
    if len(np.unique(labels)) < 2:
        raise ValueError(f"{_RULE} Received: {data.name} with class {labels[0]} only")
    identity = (_RECIPE, data.levels, data.num_classes)
    key = content_hash(data.train.images, labels, identity=identity)
    cache_path = Path(cache_dir, f"classifier-{key[:32]}.npz") if cache_dir else None
    model = _build(data.image_shape, data.num_classes)
    kept = read_arrays(cache_path, key) if cache_path else None
    weights = _order(kept, model)
    if weights is None:
        weights = _train(model, data, progress)
        if cache_path:
            write_arrays(cache_path, key, {str(i): w for i, w in enumerate(weights)})
    extractor = Extractor(
        name=f"classifier({data.name})",
        kind="classifier",
        sha256=content_hash(*weights, identity="classifier"),
        channels=data.image_shape[2],
        feature_size=_FEATURES,
        num_classes=data.num_classes,
        function=_freeze(model, weights, data.image_shape),
        image_size=data.image_shape[:2],
    )
    accuracy = _accuracy(extractor, data.validation, data.levels)
    if kept is None:
        print(
            f"{extractor.name}: {accuracy:.1%} of {len(data.validation)} validation "
            "images right",
            flush=True,
        )
    return dataclasses.replace(extractor, validation_accuracy=accuracy)


def _build(image_shape, num_classes):
    """Returns the model images in 0..255 -> (features, logits)."""
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
    features = layers.Dense(_FEATURES, activation="relu", **settings())(h)
    logits = layers.Dense(num_classes, **settings())(features)
    return keras.Model(images, [features, logits])


def _train(model, data, progress):
    """Trains the model and returns its weights."""
    images = extractor_input(data.train.images, data.levels, data.image_shape[2])
    stream = training_stream(
        Split(images, data.train.labels), batch_size=_BATCH_SIZE, seed=0
    )
    epochs_steps = _MAX_EPOCHS * -(-len(images) // _BATCH_SIZE)
    steps = min(_MAX_STEPS, epochs_steps)
    optimizer = keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(1e-3, steps)
    )
    optimizer.build(model.trainable_variables)
    loss_function = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    @tf.function(autograph=False)
    def step(images, labels):
        with tf.GradientTape() as tape:
            _, logits = model(images, training=True)
            loss = loss_function(labels, logits)
        optimizer.apply(tape.gradient(loss, model.trainable_variables))

    for done, batch in enumerate(stream.take(steps), 1):
        step(batch["image"], batch["label"])
        if progress is not None:
            progress(done, steps)
    return model.get_weights()


def _order(kept, model):
    """Returns weights of the cache in their order, or None if they do not fit."""
    if kept is None:
        return None
    weights = [kept.get(str(i)) for i in range(len(model.weights))]
    shapes = [None if weight is None else weight.shape for weight in weights]
    return weights if shapes == [tuple(w.shape) for w in model.weights] else None


def _freeze(model, weights, image_shape):
    constants = [tf.constant(weight) for weight in weights]
    spec = tf.TensorSpec([None, *image_shape], tf.uint8)

    @tf.function(input_signature=[spec], autograph=False)
    def function(images):
        images = tf.cast(images, tf.float32)
        (features, logits), _ = model.stateless_call(constants, [], images)
        return features, tf.nn.softmax(logits)

    return function


def _accuracy(extractor, split, levels):
    found = collect(extractor, split.images, levels=levels)
    return float(np.mean(found.probabilities.argmax(1) == split.labels))
