"""What a training step costs more when its images are read from disk."""

import numpy as np
import tensorflow as tf

from ade_tf.config import RunConfig
from ade_tf.data import Split, load_data, training_stream
from ade_tf.data.stored import in_memory
from ade_tf.models import build_model, initialize_from_split
from ade_tf.progress import Passes
from experiments.bench.calls import Call
from experiments.bench.measure import check_finite
from experiments.bench.timing import interleaved

__all__ = ["from_memory_and_disk", "load_stored"]

# Enough that the batches read ahead count for little.
_BATCHES = 50


def load_stored(config: RunConfig):
    """Loads the data set of a configuration, whose training images are on disk.

    Raises:
      ValueError: If they are in memory, or the data cannot be loaded.
    """
    data = load_data(config.data)
    if in_memory(data.train.images):
        raise ValueError(
            "a sweep of the storage needs images on disk (prepared:DIRECTORY). "
            f"Received: dataset={config.data.dataset!r}"
        )
    return data


def from_memory_and_disk(config: RunConfig, data, rounds: int) -> dict:
    """Times steps of one model by turns, from memory and from disk.

    A training step takes its batch from the stream of a run, which reads ahead while
    the step computes.

    Args:
      config: A resolved configuration.
      data: The data set, of `load_stored`.
      rounds: Timed calls of each.

    Returns:
      `mode -> value -> [milliseconds of each round]` for the values `memory` and
      `disk`; the modes are `train`, and `input`, a batch of the stream alone.

    Raises:
      FloatingPointError: If updates were skipped.
    """
    model = build_model(config, data.image_shape, data.levels)
    initialize_from_split(model, data.train)
    splits = {
        "memory": Split(np.asarray(data.train.images), data.train.labels),
        "disk": data.train,
    }
    step = tf.function(lambda batches: model.train_step(next(batches)), autograph=False)
    calls = {"train": {}, "input": {}}
    for name, split in splits.items():
        stream = training_stream(
            split,
            batch_size=config.training.batch_size,
            seed=config.training.seed,
            random_flip=config.data.random_flip,
        )
        calls["train"][name] = Call(step, (iter(stream),), config["penalty_every"])
        calls["input"][name] = Call(next, (iter(stream),), _BATCHES)
    times = {
        mode: interleaved(own, rounds, progress=Passes(f"{mode}, rounds"))
        for mode, own in calls.items()
    }
    check_finite(model)
    return times
