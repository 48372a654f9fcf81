"""Features of a network with random weights, for images of any kind."""

from ade_tf.extractors.cache import content_hash
from ade_tf.extractors.extractor import Extractor
from ade_tf.extractors.inputs import check_needs_no_file
from ade_tf.extractors.network import NUM_FEATURES, build_network, freeze_network

__all__ = ["load_random_network"]


def load_random_network(path="", data=None, cache_dir="", progress=None) -> Extractor:
    """Makes the classifier's network with its initial weights, which never learn.

    Random features tell sets of images apart without labels and without a file
    (Naeem et al., arXiv 2002.09797, section 5, take them where a trained network knows
    other images). They see shapes and textures, not what is in an image. Weights are
    drawn by fixed seeds; scores compare on images of one shape, under the same hash.

    Args:
      path: Must be empty: there is no file.
      data: The `ImageData`, for the shape of its images.
      cache_dir, progress: Not used.

    Returns:
      An extractor named `random(HxWxC)`, without probabilities.

    Raises:
      ValueError: If a path is given, or the data is continuous.
    """
    del cache_dir, progress
    check_needs_no_file("The random extractor", path, data)
    model = build_network(data.image_shape)
    weights = model.get_weights()
    return Extractor(
        name=f"random({'x'.join(map(str, data.image_shape))})",
        kind="random",
        sha256=content_hash(*weights, identity="random"),
        channels=data.image_shape[2],
        feature_size=NUM_FEATURES,
        num_classes=None,
        function=freeze_network(model, weights, data.image_shape),
        image_size=data.image_shape[:2],
    )
