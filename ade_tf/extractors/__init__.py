"""Extractors: images to features and class probabilities, by name and by hash."""

from ade_tf.lazy import lazy

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "cache": ("cached_features", "default_cache_dir"),
        "feature_set": ("FeatureSet", "collect"),
        "extractor": ("Extractor",),
        "inputs": ("extractor_input",),
        "kinds": ("EXTRACTORS",),
    },
)
