"""Features of a whole set of images, in batches of one size."""

import dataclasses

import numpy as np
import tensorflow as tf

from ade_tf.extractors.inputs import extractor_input

__all__ = ["FeatureSet", "collect"]


@dataclasses.dataclass(frozen=True, eq=False)
class FeatureSet:
    """What an extractor says of a set of images, in their order.

    Attributes:
      features: `[N, d]`, float32.
      probabilities: `[N, K]`, float32, or None.
    """

    features: np.ndarray
    probabilities: np.ndarray | None

    def __len__(self) -> int:
        return len(self.features)

    @property
    def classes(self) -> np.ndarray:
        """The most probable class of each image, int `[N]`."""
        return self.probabilities.argmax(axis=1)


def collect(
    extractor,
    images,
    *,
    levels: int,
    batch_size: int = 100,
    strategy=None,
    progress=None,
    total: int | None = None,
) -> FeatureSet:
    """Runs an extractor over images and keeps what it gives.

    Beside the result, memory holds a batch or two. The last batch is filled up, so that
    nothing is traced twice; the filling is dropped. Neither the batch size nor the
    number of replicas changes more than the rounding of float32.

    Args:
      extractor: An `Extractor`.
      images: `[N, H, W, C]`, or an iterable of such arrays, of any numbers of images.
      levels: Number of grey levels; values are 0 .. levels-1.
      batch_size: Images per pass, over all replicas.
      strategy: Distribution strategy whose replicas share each batch; under several
        workers, each worker extracts all images with its own replicas.
      progress: Called with `(done, total)` images after each batch, if the total is
        known.
      total: Number of images of an iterable.

    Raises:
      ValueError: If there are no images or not `total` of them, if the batch cannot be
        shared, if the images do not fit the extractor, or if a feature or probability
        is not finite.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1. Received: {batch_size}")
    batches = images
    if hasattr(images, "shape"):
        starts = range(0, len(images), batch_size)
        batches = (images[start : start + batch_size] for start in starts)
        total = len(images)
    run = _on_replicas(extractor, strategy, batch_size)
    features, probabilities = _Rows("features"), _Rows("probabilities")
    done = 0
    for batch in _regroup(batches, batch_size):
        batch = extractor_input(batch, levels, extractor.channels)
        extractor.check_images(batch)
        count = len(batch)
        filling = np.repeat(batch[:1], batch_size - count, axis=0)
        new_features, new_probabilities = run(np.concatenate([batch, filling]))
        features.append(new_features[:count], extractor.name)
        if new_probabilities is not None:
            probabilities.append(new_probabilities[:count], extractor.name)
        done += count
        if progress is not None and total is not None:
            progress(done, total)
    if done == 0 or total not in (None, done):
        expected = f"{total} images" if total else "at least one image"
        raise ValueError(f"Features need {expected}. Received: {done} images")
    return FeatureSet(
        features.finish(), probabilities.finish() if extractor.num_classes else None
    )


def _regroup(batches, batch_size):
    """Yields the images in batches of one size, the last one shorter."""
    held = None
    for batch in batches:
        batch = np.asarray(batch)
        held = (
            np.concatenate([held, batch]) if held is not None and len(held) else batch
        )
        while len(held) >= batch_size:
            yield held[:batch_size]
            held = held[batch_size:]
    if held is not None and len(held):
        yield held


def _on_replicas(extractor, strategy, batch_size):
    """Returns the extractor as a function of arrays of `batch_size` images."""
    if strategy is None or strategy.num_replicas_in_sync == 1:
        return lambda batch: _to_numpy(extractor(batch))
    replicas = len(strategy.extended.worker_devices)
    if batch_size % replicas:
        raise ValueError(
            "batch_size must be a multiple of the number of replicas. "
            f"Received: batch_size={batch_size}, replicas={replicas}"
        )
    share = batch_size // replicas

    @tf.function(autograph=False)
    def step(images):
        return strategy.run(extractor, (images,))

    def run(batch):
        def part(context):
            first = context.replica_id_in_sync_group % replicas * share
            return tf.constant(batch[first : first + share])

        outputs = step(strategy.experimental_distribute_values_from_function(part))
        return [_join(strategy.experimental_local_results(o)) for o in outputs]

    return run


def _to_numpy(tensors):
    return [None if tensor is None else tensor.numpy() for tensor in tensors]


def _join(parts):
    return None if parts[0] is None else np.concatenate(_to_numpy(parts))


class _Rows:
    """A growing array of finite rows."""

    def __init__(self, name):
        self._name = name
        self._rows = None
        self._count = 0

    def append(self, rows, extractor):
        finite = np.isfinite(rows).all(axis=1)
        if not finite.all():
            raise ValueError(
                f"All {self._name} must be finite. Received: {self._name} of image "
                f"{self._count + int(np.argmin(finite))} from the extractor "
                f"{extractor} that are not"
            )
        end = self._count + len(rows)
        if self._rows is None:
            self._rows = np.empty((max(end, 256), rows.shape[1]), np.float32)
        if end > len(self._rows):
            # Grown in place: a set of features may fill most of the memory.
            self._rows.resize((2 * end, rows.shape[1]), refcheck=False)
        self._rows[self._count : end] = rows
        self._count = end

    def finish(self):
        self._rows.resize((self._count, self._rows.shape[1]), refcheck=False)
        return self._rows
