"""How the time of a training step is shared by the parts of a model."""

import collections
import pathlib
import re
import tempfile
import time

import numpy as np
import tensorflow as tf

from ade_tf.data import Split, training_stream
from ade_tf.private_doors import read_profile
from experiments.bench.timing import run_to_end, summary

__all__ = ["PARTS", "part_of", "profile_of"]

# Part -> pattern of an operation's name, the first that is found; gradients bear the
# names of what they belong to.
PARTS = {
    "discriminator": r"(^|/)discriminator",
    "encoder": r"(^|/)\w*encoder(_\d+)*/",
    "decoder": r"(^|/)\w*decoder(_\d+)*/",
    "f^-1": r"(^|/)feature_map_forward",
    "f": r"(^|/)feature_map",
    "optimizer": r"(^|/)(cond|average)(_\d+)?/|ResourceApply|global_norm",
    "losses, noise, others": "",
}
_EVENT = re.compile(r"^[\w/.\-]+:[A-Z_]\w*$")
_STEPS = 5
_IMAGES = 2000


def profile_of(model, call) -> dict:
    """Measures what each part of a model takes of a training step.

    The time of operations by TensorFlow's own trace, each counted where its name says
    it belongs, forward pass and gradients alike; of several threads, the sum. The time
    to make a batch of the training stream is measured by itself: it passes while the
    step before computes.

    Args:
      model: The model.
      call: Function that makes a training step; it has run before.

    Returns:
      Part -> `ms` of a step and `share` of the sum of all parts (`input` too).

    Raises:
      RuntimeError: If the trace holds no operations.
    """
    found = dict.fromkeys(PARTS, 0.0)
    for name, ms in _operations(call).items():
        found[part_of(name)] += ms
    found["input"] = _input_ms(model)
    whole = sum(found.values())
    return {part: {"ms": ms, "share": ms / whole} for part, ms in found.items()}


def part_of(name: str) -> str:
    """Returns the part, of `PARTS`, that an operation's name says it belongs to."""
    return next(part for part, pattern in PARTS.items() if re.search(pattern, name))


def _operations(call):
    """Returns `name:Type -> ms` of a step."""
    with tempfile.TemporaryDirectory() as directory:
        tf.profiler.experimental.start(directory)
        for _ in range(_STEPS):
            run_to_end(call)
        tf.profiler.experimental.stop()
        paths = pathlib.Path(directory).rglob("*.xplane.pb")
        planes = [plane for path in paths for plane in read_profile(path).planes]
    times = collections.Counter()
    for plane in planes:
        for line in plane.lines:
            for event in line.events:
                name = plane.event_metadata[event.metadata_id].name
                if _EVENT.match(name):
                    times[name] += event.duration_ps / 1e9 / _STEPS
    if not times:
        raise RuntimeError(
            "TensorFlow's trace must hold the operations of a step. Received: none"
        )
    return times


def _input_ms(model):
    batch_size = model.config.training.batch_size
    shape = (_IMAGES, *model.image_shape)
    images = np.zeros(shape, np.uint8 if model.levels else np.float32)
    stream = iter(
        training_stream(
            Split(images, np.zeros(_IMAGES, np.int32)),
            batch_size=batch_size,
            seed=0,
            random_flip=model.config.data.random_flip,
        )
    )
    times = []
    for _ in range(3 * _STEPS):
        begin = time.perf_counter()
        next(stream)["image"].numpy()
        times.append(1e3 * (time.perf_counter() - begin))
    return summary(times)["median"]
