"""The kinds of extractors, by name; reading the table imports no TensorFlow."""

from ade_tf.config.choices import Choice

__all__ = ["EXTRACTORS"]

# Kind -> loader(path="", data=None, cache_dir="", progress=None) -> Extractor.
EXTRACTORS = {
    "classifier": Choice("ade_tf.extractors.classifier:load_classifier"),
    "inception": Choice("ade_tf.extractors.inception:load_inception"),
    "pixels": Choice("ade_tf.extractors.pixels:load_pixels"),
    "random": Choice("ade_tf.extractors.random_network:load_random_network"),
    "savedmodel": Choice("ade_tf.extractors.saved_model:load_saved_model"),
}
