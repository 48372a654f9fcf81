"""Extractors: images to features and class probabilities, by name and by hash."""

from ade_tf.extractors.cache import cached_features, default_cache_dir
from ade_tf.extractors.classifier import load_classifier
from ade_tf.extractors.collect import FeatureSet, collect
from ade_tf.extractors.extractor import Extractor
from ade_tf.extractors.inception import load_inception
from ade_tf.extractors.inputs import extractor_input
from ade_tf.extractors.saved_model import load_saved_model

__all__ = [
    "EXTRACTORS",
    "Extractor",
    "FeatureSet",
    "cached_features",
    "collect",
    "default_cache_dir",
    "extractor_input",
]

# Kind -> loader(path="", data=None, cache_dir="", progress=None) -> Extractor.
EXTRACTORS = {
    "classifier": load_classifier,
    "inception": load_inception,
    "savedmodel": load_saved_model,
}
