"""Pixels as features."""

import numpy as np
import tensorflow as tf

from ade_tf.extractors.cache import content_hash
from ade_tf.extractors.extractor import Extractor
from ade_tf.extractors.inputs import check_needs_no_file

__all__ = ["load_pixels"]


def load_pixels(path="", data=None, cache_dir="", progress=None) -> Extractor:
    """Makes the extractor whose features are the values of an image, 0 to 255.

    It sees everything, however small, and knows nothing of what is in an image: for
    tests of whether two sets differ at all, of small images.

    Args:
      path: Must be empty: there is no file.
      data: The `ImageData`, for the shape of its images.
      cache_dir, progress: Not used.

    Returns:
      An extractor named `pixels(HxWxC)`, without probabilities.

    Raises:
      ValueError: If a path is given, or the data is continuous.
    """
    del cache_dir, progress
    check_needs_no_file("The extractor of pixels", path, data)
    size = int(np.prod(data.image_shape))

    def function(images):
        return tf.reshape(tf.cast(images, tf.float32), [-1, size]), None

    return Extractor(
        name=f"pixels({'x'.join(map(str, data.image_shape))})",
        kind="pixels",
        sha256=content_hash(identity=("pixels", data.image_shape)),
        channels=data.image_shape[2],
        feature_size=size,
        num_classes=None,
        function=function,
        image_size=data.image_shape[:2],
    )
