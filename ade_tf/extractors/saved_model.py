"""Extractors from SavedModels: `images -> {features, probabilities}`."""

import hashlib
from pathlib import Path

import tensorflow as tf

from ade_tf.extractors.extractor import Extractor
from ade_tf.files import read_by_tensorflow
from ade_tf.private_doors import freeze

__all__ = ["hash_directory", "load_saved_model"]

_RULE = (
    "A SavedModel extractor must have the signature serving_default(images: uint8 "
    "[None, H, W, C]) -> {features: float32 [None, d], probabilities: float32 "
    "[None, K]}, C 1 or 3, probabilities optional."
)


def load_saved_model(path="", data=None, cache_dir="", progress=None) -> Extractor:
    """Loads a SavedModel as an extractor named after its directory.

    Its variables become constants, so that it runs on every replica alike.

    Args:
      path: Directory of the SavedModel.
      data, cache_dir, progress: Not used: everything is in the file.

    Raises:
      ValueError: If there is no such SavedModel, or its signature is another.
    """
    del data, cache_dir, progress
    directory = Path(path)
    if not path or not (directory / "saved_model.pb").is_file():
        raise ValueError(
            "extractor_path must be the directory of a SavedModel, with a "
            f"saved_model.pb in it. Received: {str(path)!r}"
        )
    directory = directory.resolve()
    try:
        with read_by_tensorflow(directory) as readable:
            loaded = tf.saved_model.load(str(readable))
    except (OSError, ValueError, KeyError, tf.errors.OpError) as error:
        raise ValueError(
            f"A SavedModel must load. Received: {str(path)!r}: {error}"
        ) from error
    signature = loaded.signatures.get("serving_default")
    images, features, probabilities = _check(signature, path)
    return Extractor(
        name=directory.name,
        kind="savedmodel",
        sha256=hash_directory(directory),
        channels=images.shape[3],
        feature_size=features.shape[1],
        num_classes=None if probabilities is None else probabilities.shape[1],
        function=_freeze(signature),
        image_size=tuple(images.shape[1:3]),
    )


def hash_directory(directory) -> str:
    """Returns the SHA-256 over the relative names and contents of files, sorted."""
    directory = Path(directory)
    digest = hashlib.sha256()
    files = [path for path in directory.rglob("*") if path.is_file()]
    for path in sorted(files, key=lambda path: path.relative_to(directory).as_posix()):
        with open(path, "rb") as file:
            content = hashlib.file_digest(file, "sha256").digest()
        digest.update(path.relative_to(directory).as_posix().encode() + b"\0" + content)
    return digest.hexdigest()


def _check(signature, path):
    """Returns the specs of images, features and probabilities (or None)."""
    if signature is None:
        raise ValueError(f"{_RULE} Received: {str(path)!r} without serving_default")
    inputs = signature.structured_input_signature[1]
    outputs = signature.structured_outputs
    images = inputs.get("images")
    features = outputs.get("features")
    probabilities = outputs.get("probabilities")
    good = (
        set(inputs) == {"images"}
        and images.dtype == tf.uint8
        and images.shape.rank == 4
        and images.shape[0] is None
        and images.shape[3] in (1, 3)
        and features is not None
        and all(
            output.dtype == tf.float32
            and output.shape.rank == 2
            and output.shape[0] is None
            and output.shape[1] is not None
            for output in (features, probabilities)
            if output is not None
        )
    )
    if not good:
        received = ", ".join(
            f"{name}: {spec.dtype.name} {spec.shape}"
            for name, spec in {**inputs, **outputs}.items()
        )
        raise ValueError(f"{_RULE} Received: {str(path)!r} with {received}")
    return images, features, probabilities


def _freeze(signature):
    names = sorted(signature.structured_outputs)
    frozen = freeze(signature)

    def function(images):
        # A frozen function gives its outputs flat, in the order of their names.
        outputs = dict(zip(names, frozen(images), strict=True))
        return outputs["features"], outputs.get("probabilities")

    return function
