"""A small classifier of the data set's own labels, for want of a better extractor."""

import dataclasses
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import ade_tf.keras_settings  # noqa: F401
from ade_tf.config.data import short_name
from ade_tf.data import Split, training_stream
from ade_tf.extractors.cache import content_hash, read_arrays, write_arrays
from ade_tf.extractors.extractor import Extractor, HeldOutAccuracy
from ade_tf.extractors.feature_set import collect
from ade_tf.extractors.inputs import extractor_input
from ade_tf.extractors.network import NUM_FEATURES, build_network, freeze_network

__all__ = ["load_classifier"]

# To be raised when anything below would train other weights from the same data.
_RECIPE = 1
_BATCH_SIZE = 64
_MAX_STEPS = 1200
_MAX_EPOCHS = 60
# Steps after which it is said how long the rest takes.
_TIMED = 20
_RULE = (
    "The classifier extractor is trained on the labels of the data set: it needs "
    "at least two classes and images of whole levels."
)


def load_classifier(path="", data=None, cache_dir="", progress=None) -> Extractor:
    """Trains a small classifier on the training labels, or takes it from the cache.

    Two blocks of two 3x3 convolutions and a layer of 64 ReLU features, trained by Adam
    with a fixed seed for at most 60 epochs and 1200 steps of 64 images. Its scores
    compare runs on the same data under the same hash and nothing else. The accuracy on
    the validation images is printed once and kept in `accuracy`. What training costs is
    said before it begins.

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
    name = f"classifier({short_name(data.name)})"
    identity = (_RECIPE, data.levels, data.num_classes)
    key = content_hash(data.train.images, labels, identity=identity)
    cache_path = Path(cache_dir, f"classifier-{key[:32]}.npz") if cache_dir else None
    model = build_network(data.image_shape, data.num_classes)
    kept = read_arrays(cache_path, key) if cache_path else None
    weights = _order(kept, model)
    if weights is None:
        kept_in = f"kept in {cache_dir}" if cache_dir else "kept nowhere"
        print(
            f"{name}: to be trained first, on {len(labels)} images, "
            f"{_num_steps(labels)} steps of {_BATCH_SIZE}; {kept_in}",
            flush=True,
        )
        weights = _train(model, data, progress)
        if cache_path:
            write_arrays(cache_path, key, {str(i): w for i, w in enumerate(weights)})
    extractor = Extractor(
        name=name,
        kind="classifier",
        sha256=content_hash(*weights, identity="classifier"),
        channels=data.image_shape[2],
        feature_size=NUM_FEATURES,
        num_classes=data.num_classes,
        function=freeze_network(model, weights, data.image_shape),
        image_size=data.image_shape[:2],
    )
    accuracy = _accuracy(extractor, data.validation, data.levels)
    if kept is None:
        print(f"{extractor.name}: {accuracy.words()}", flush=True)
    return dataclasses.replace(extractor, accuracy=accuracy)


def _train(model, data, progress):
    """Trains the model and returns its weights."""
    images = extractor_input(data.train.images, data.levels, data.image_shape[2])
    stream = training_stream(
        Split(images, data.train.labels), batch_size=_BATCH_SIZE, seed=0
    )
    steps = _num_steps(images)
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

    start = 0.0
    for done, batch in enumerate(stream.take(steps), 1):
        step(batch["image"], batch["label"])
        # The first step holds the tracing.
        if done == 1:
            start = time.perf_counter()
        elif done == _TIMED:
            seconds = (time.perf_counter() - start) / (_TIMED - 1) * (steps - _TIMED)
            print(f"about {seconds:.0f} s", flush=True)
        if progress is not None:
            progress(done, steps)
    return model.get_weights()


def _num_steps(images):
    return min(_MAX_STEPS, _MAX_EPOCHS * -(-len(images) // _BATCH_SIZE))


def _order(kept, model):
    """Returns weights of the cache in their order, or None if they do not fit."""
    if kept is None:
        return None
    weights = [kept.get(str(i)) for i in range(len(model.weights))]
    shapes = [None if weight is None else weight.shape for weight in weights]
    return weights if shapes == [tuple(w.shape) for w in model.weights] else None


def _accuracy(extractor, split, levels):
    found = collect(extractor, split.images, levels=levels)
    right = found.classes == split.labels
    most = np.bincount(split.labels).max()
    return HeldOutAccuracy(float(np.mean(right)), float(most / len(split)), len(split))
