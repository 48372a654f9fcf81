"""The choices of a benchmark, checked before anything is measured."""

import dataclasses
import pathlib

from ade_tf.config.settings import check_settings, setting
from ade_tf.files import check_writable
from experiments.bench.peer_process import PEERS

__all__ = ["REFERENCES", "BenchmarkOptions"]

REFERENCES = ("direct", *PEERS)

SWEEPS = ("", "batch", "depth", "width", "replicas", "settings")


@dataclasses.dataclass(frozen=True)
class BenchmarkOptions:
    """The choices of a benchmark.

    Raises:
      ValueError: If a value is unknown or out of range.
    """

    out: str = setting("", "File of the report, JSON.")
    image_shape: tuple[int, ...] = setting(
        (32, 32, 3),
        "Height, width and channels of the synthetic images, comma-separated.",
        minimum=1,
    )
    against: tuple[str, ...] = setting(
        (),
        "References that are timed by turns with the model, comma-separated: `direct`, "
        "the same Glow written in TensorFlow's own operations; `normflows` and "
        "`nflows`, that of these libraries on PyTorch, both also `_channels_last`.",
    )
    peer_python: str = setting(
        "python3", "Python of the environment of `normflows` and `nflows`."
    )
    rounds: int = setting(30, "Timed steps of each mode.", minimum=1)
    threads: int = setting(0, "Threads; 0: TensorFlow's own choice.", minimum=0)
    profile: bool = setting(
        False, "Say how the time of a training step is shared by the parts."
    )
    sweep: str = setting(
        "",
        "Time the configuration at several sizes, in place of the modes: batch, depth "
        "and width doubled twice, 1 and 2 replicas of one global batch, or the "
        "settings of `set`, one at a time.",
        choices=SWEEPS,
    )
    builds: int = setting(
        1,
        "Models of each size of a sweep, whose times are averaged: the place of one in "
        "memory alone changes its time by 1 to 2 %. All are there at once.",
        minimum=1,
    )

    def __post_init__(self):
        check_settings(self)
        for name in self.against:
            if name not in REFERENCES:
                raise ValueError(
                    f"against must be of {', '.join(REFERENCES)}. "
                    f"Received: against={','.join(self.against)!r}"
                )
        if not self.out:
            raise ValueError(f"out must name a file. Received: out={self.out!r}")
        if pathlib.Path(self.out).is_dir():
            raise ValueError(
                f"out must name a file. Received: a directory, {self.out!r}"
            )
        if len(self.image_shape) != 3:
            raise ValueError(
                "image_shape must be height, width and channels. "
                f"Received: image_shape={self.image_shape}"
            )
        if self.sweep and (self.against or self.profile):
            raise ValueError(
                "a sweep has neither references nor a profile. Received: "
                f"sweep={self.sweep}, against={','.join(self.against)!r}, "
                f"profile={self.profile}"
            )
        if self.builds > 1 and not self.sweep:
            raise ValueError(
                f"builds is of a sweep. Received: builds={self.builds} without a sweep"
            )

    def check_model(self, config) -> None:
        """Raises ValueError for a configuration that cannot be measured like this."""
        if self.profile and config.training.jit_compile:
            raise ValueError(
                "a profile needs a step that XLA has not made one operation. "
                "Received: profile=True, jit_compile=True"
            )
        if config.model.conditional:
            raise ValueError(
                "a benchmark's images have no labels: the model must not be "
                "conditional. Received: conditional=True"
            )

    def prepare(self) -> None:
        """Tries the report's file and sets the threads of TensorFlow.

        The latter only in a process that has not used TensorFlow yet.
        """
        check_writable(self.out)
        pathlib.Path(self.out).parent.mkdir(parents=True, exist_ok=True)
        if self.threads:
            # Not for --help and mistyped flags.
            import tensorflow as tf

            tf.config.threading.set_intra_op_parallelism_threads(self.threads)
            tf.config.threading.set_inter_op_parallelism_threads(self.threads)
