"""What an exported model answers: functions of Tensors, by name."""

import tensorflow as tf

from ade_tf.config import missing
from ade_tf.data.images import type_of_levels
from ade_tf.example_draws import ExampleDraws, content_indices
from ade_tf.metrics import bits_per_dim
from ade_tf.models import DOMAINS, classify, decode, encode, sample
from ade_tf.randomness import fold

__all__ = ["make_endpoints"]


def make_endpoints(model) -> dict:
    """Returns the functions that `export_model` describes, `name -> function`.

    Their arguments have the names of `argument_specs`. Endpoints share their passes:
    what two of them need stands in the graph once.

    Args:
      model: An `AdaptiveDensityEstimator`.
    """
    passes = _Passes(model)
    functions = _given_labels(passes) if model.conditional else _without_labels(passes)
    if model.image_condition is not None:
        functions |= _given_images(passes)
    if not model.config.preset.likelihood:
        for name in ("serving_default", "log_prob", "bits_per_dim"):
            del functions[name]
    if model.encoder is None:
        del functions["encode"]
    if model.classifier is None:
        functions.pop("classify", None)
    if not model.latent_size:
        del functions["decode"]
    if missing(model.config, "samples"):
        del functions["sample"]
    if not missing(model.config, "two domains"):
        functions["translate_to_b"] = lambda images: passes.to_b(_floats(images))
        functions["translate_to_a"] = lambda images: passes.to_a(_floats(images))
    return functions


class _Passes:
    """The passes through a model, each a graph of its own that endpoints call."""

    def __init__(self, model):
        self._model = model
        self.kind = tf.as_dtype(type_of_levels(model.levels))
        images = tf.TensorSpec([None, *model.image_shape], tf.float32)
        z = tf.TensorSpec([None, model.latent_size], tf.float32)
        scalar = tf.TensorSpec([], tf.int32)
        labels = [tf.TensorSpec([None], tf.int32)] if model.conditional else []
        given = labels
        if model.image_condition is not None:
            shape = [None, *model.image_condition.given_shape]
            given = [tf.TensorSpec(shape, tf.float32)]

        def graph(function, *specs, more=labels):
            return tf.function(function, [*specs, *more], autograph=False)

        self.log_prob = graph(self._log_prob, images, scalar)
        self.encode = graph(self._encode, images)
        self.decode = graph(self._decode, z, more=given)
        self.classify = tf.function(self._classify, [images], autograph=False)
        self.to_a, self.to_b = (
            tf.function(self._translate(to), [images], autograph=False)
            for to in range(len(DOMAINS))
        )

    def scores(self, images, *labels):
        log_prob = self.log_prob(images, 0, *labels)
        return {"bits_per_dim": self.bits_per_dim(log_prob), "log_prob": log_prob}

    def bits_per_dim(self, log_prob):
        return bits_per_dim(log_prob, self._model.dims)

    def sample(self, num, temperature, seed, given=None):
        num = _require(num, num >= 1, "num must be at least 1")
        good = tf.math.is_finite(temperature) & (temperature >= 0)
        temperature = _require(temperature, good, "temperature must be at least 0")
        draws = ExampleDraws(_seed(seed), tf.range(num))
        condition = self._model.condition(given)
        found = sample(self._model, draws, temperature, condition=condition)
        return tf.cast(found, self.kind)

    def checked_labels(self, labels, count):
        """Returns labels that are refused unless they fit `count` examples."""
        most = self._model.num_classes - 1
        good = (labels >= 0) & (labels <= most)
        labels = _require(labels, good, f"labels must be in 0 .. {most}")
        number = tf.size(labels)
        each = "labels must be one for each image"
        with tf.control_dependencies([_require(number, number == count, each)]):
            return tf.identity(labels)

    def _log_prob(self, images, seed, labels=None):
        batch = self._batch(images, labels)
        draws = ExampleDraws(_seed(seed), content_indices(images))
        return -self._model.likelihood_terms(batch, draws).loss_nats()

    def _encode(self, images, labels=None):
        return encode(self._model, self._batch(images, labels))

    def _classify(self, images):
        return classify(self._model, self._batch(images, None))

    def _translate(self, to):
        def translated(images):
            given = self._batch(images, None).images
            return tf.cast(self._model.translated(given, to), self.kind)

        return translated

    def _decode(self, z, given=None):
        if self._model.conditional:
            given = self.checked_labels(given, tf.shape(z)[0])
        elif given is not None:
            given = self.checked_images(given, "condition")
            same = tf.shape(given)[0] == tf.shape(z)[0]
            each = "condition must be one for each z"
            with tf.control_dependencies([_require(tf.shape(given)[0], same, each)]):
                given = tf.identity(given)
        found = decode(self._model, z, self._model.condition(given))
        return tf.cast(found, self.kind)

    def checked_images(self, images, name="images"):
        """Returns images that are refused unless all their values are levels."""
        if self._model.levels:
            most = self._model.levels - 1
            good = (images >= 0) & (images <= most) & (images == tf.floor(images))
            return _require(
                images, good, f"{name} must hold whole levels in 0 .. {most}"
            )
        return _require(images, tf.math.is_finite(images), f"{name} must be finite")

    def _batch(self, images, labels):
        images = self.checked_images(images)
        if labels is not None:
            labels = self.checked_labels(labels, tf.shape(images)[0])
        return self._model.batch(images, labels)


def _without_labels(passes):
    def log_prob(images, seed):
        return passes.log_prob(_floats(images), seed)

    return {
        "serving_default": lambda images: passes.scores(_floats(images)),
        "log_prob": log_prob,
        "bits_per_dim": lambda images: passes.bits_per_dim(log_prob(images, 0)),
        "sample": lambda num, temperature, seed: passes.sample(num, temperature, seed),
        "encode": lambda images: passes.encode(_floats(images)),
        "decode": lambda z: passes.decode(z),
        "classify": lambda images: passes.classify(_floats(images)),
    }


def _given_labels(passes):
    def log_prob(images, labels, seed):
        return passes.log_prob(_floats(images), seed, _int32(labels))

    def drawn(labels, temperature, seed):
        labels = passes.checked_labels(labels, tf.size(labels))
        return passes.sample(tf.size(labels), temperature, seed, labels)

    return {
        "serving_default": lambda images, labels: passes.scores(
            _floats(images), _int32(labels)
        ),
        "log_prob": log_prob,
        "bits_per_dim": lambda images, labels: passes.bits_per_dim(
            log_prob(images, labels, 0)
        ),
        "sample": drawn,
        "encode": lambda images, labels: passes.encode(_floats(images), _int32(labels)),
        "decode": lambda z, labels: passes.decode(z, labels),
        "classify": lambda images: passes.classify(_floats(images)),
    }


def _given_images(passes):
    def drawn(condition, temperature, seed):
        given = passes.checked_images(_floats(condition), "condition")
        return passes.sample(tf.shape(given)[0], temperature, seed, given)

    return {
        "sample": drawn,
        "decode": lambda z, condition: passes.decode(z, _floats(condition)),
    }


def _floats(images):
    return tf.cast(images, tf.float32)


def _int32(labels):
    return tf.cast(labels, tf.int32)


def _require(value, good, rule):
    """Returns a value that is refused, when the graph runs, unless all of it is good.

    The first value that is not stands in the message.
    """
    bad = tf.reshape(tf.logical_not(good), [-1])
    wrong = tf.boolean_mask(tf.reshape(value, [-1]), bad)[:1]
    check = tf.debugging.Assert(tf.reduce_all(good), [f"{rule}. Received:", wrong])
    with tf.control_dependencies([check]):
        return tf.identity(value)


def _seed(seed):
    seed = _require(seed, seed >= 0, "seed must be at least 0")
    return fold(tf.stack([seed, 0]))
