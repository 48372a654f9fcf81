"""Files of what is slow to compute, named by the hash of what it was computed from."""

import hashlib
import io
import os
from pathlib import Path

import numpy as np
from absl import logging

from ade_tf.extractors.feature_set import FeatureSet, collect
from ade_tf.files import replace_file

__all__ = [
    "cached_features",
    "content_hash",
    "default_cache_dir",
    "read_arrays",
    "write_arrays",
]

# To be raised when the same images and extractor would give other features.
_VERSION = 1


def default_cache_dir() -> str:
    """Returns `$ADE_TF_CACHE`, or `~/.cache/ade_tf` if it is not set."""
    return os.environ.get("ADE_TF_CACHE") or str(Path.home() / ".cache" / "ade_tf")


def cached_features(
    extractor,
    images,
    levels: int,
    cache_dir: str = "",
    *,
    batch_size: int = 100,
    strategy=None,
    progress=None,
) -> FeatureSet:
    """Returns the features of images from the cache, or computes and keeps them.

    The file's name is a hash of the images, their levels and the extractor, so nothing
    is ever out of date. A damaged file is computed anew, with a warning.

    Args:
      extractor: An `Extractor`.
      images: `[N, H, W, C]`, in 0 .. levels-1.
      levels: Number of grey levels.
      cache_dir: Directory, made if it is missing; empty for no cache.
      batch_size: As in `collect`.
      strategy: As in `collect`.
      progress: As in `collect`; not called if the cache answers.

    Raises:
      ValueError: As `collect` does.
    """
    path = key = None
    if cache_dir:
        identity = (_VERSION, extractor.kind, extractor.sha256, levels)
        key = content_hash(images, identity=identity)
        path = Path(cache_dir, f"features-{key[:32]}.npz")
        kept = read_arrays(path, key)
        if kept is not None and _fits(kept, len(images), extractor):
            return FeatureSet(kept["features"], kept.get("probabilities"))
    found = collect(
        extractor,
        images,
        levels=levels,
        batch_size=batch_size,
        strategy=strategy,
        progress=progress,
    )
    if path is not None:
        arrays = {"features": found.features}
        if found.probabilities is not None:
            arrays["probabilities"] = found.probabilities
        write_arrays(path, key, arrays)
    return found


def content_hash(*arrays, identity=()) -> str:
    """Returns the SHA-256 of arrays, with shapes and types, and of what names them.

    Args:
      *arrays: NumPy arrays.
      identity: Whatever else tells one content from another; its `repr` is hashed.
    """
    digest = hashlib.sha256(repr(identity).encode())
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        # In pieces: an array that is not contiguous is copied to be read.
        for start in range(0, len(array), 4096):
            digest.update(np.ascontiguousarray(array[start : start + 4096]).data)
    return digest.hexdigest()


def read_arrays(path, key: str) -> dict | None:
    """Returns the arrays of a file by name, or None if there is none to be trusted.

    Args:
      path: The file.
      key: The hash it was written under.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except FileNotFoundError:
        return None
    except Exception as error:  # A damaged archive fails in too many ways to name.
        logging.warning("%s is damaged and will be computed again: %s", path, error)
        return None
    if str(arrays.pop("key", "")) != key:
        logging.warning("%s holds something else and will be computed again.", path)
        return None
    return arrays


def write_arrays(path, key: str, arrays: dict) -> None:
    """Writes arrays by name, whole or not at all; a full disk costs a warning only.

    Args:
      path: The file; its directory is made.
      key: The hash it is kept under.
      arrays: Names to arrays.
    """
    buffer = io.BytesIO()
    np.savez(buffer, key=np.array(key), **arrays)
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, buffer.getbuffer())
    except OSError as error:
        logging.warning("The computed arrays could not be saved: %s", error)


def _fits(arrays, count, extractor):
    shapes = {"features": (count, extractor.feature_size)}
    if extractor.num_classes:
        shapes["probabilities"] = (count, extractor.num_classes)
    return {name: array.shape for name, array in arrays.items()} == shapes
