"""The choices of a benchmark, checked before anything is measured."""

import dataclasses
import pathlib

from ade_tf.config.settings import check_settings, setting
from ade_tf.files import check_writable
from experiments.bench.peer_process import PEERS

__all__ = ["REFERENCES", "BenchmarkOptions"]

REFERENCES = ("direct", *PEERS)

SWEEPS = ("", "batch", "depth", "width", "replicas", "storage", "settings")


@dataclasses.dataclass(frozen=True)
class BenchmarkOptions:
    """The choices of a benchmark.

    Raises:
      ValueError: If a value is unknown or out of range.
    """

    out: str = setting("", "File of the report (JSON).")
    image_shape: tuple[int, ...] = setting(
        (32, 32, 3),
        "Height, width and channels of the synthetic images, comma-separated.",
        minimum=1,
    )
    against: tuple[str, ...] = setting(
        (),
        "References that take turns with the model, comma-separated. `direct` is the "
        "same Glow written in TensorFlow's own operations; `normflows` and `nflows` "
        "are the Glows of these PyTorch libraries, each also as `_channels_last`, and "
        "`nflows` is the MAF where `feature_map` is `autoregressive`.",
    )
    peer_python: str = setting(
        "python3", "Python of the environment that has `normflows` and `nflows`."
    )
    rounds: int = setting(30, "Number of timed steps of each mode.", minimum=1)
    threads: int = setting(0, "Number of threads. 0 lets TensorFlow decide.", minimum=0)
    profile: bool = setting(
        False, "Report how the time of a training step is divided among the parts."
    )
    sweep: str = setting(
        "",
        "Time the configuration at several sizes instead of its modes: `batch`, "
        "`depth` and `width` double a size twice, `replicas` compares 1 and 2 replicas "
        "with the same global batch, `storage` compares the images of `dataset` from "
        "memory and from disk, and `settings` makes the changes of `set`, one at a "
        "time.",
        choices=SWEEPS,
    )
    builds: int = setting(
        1,
        "Number of models of each size of a sweep. Their times are averaged, because "
        "the place of a model in memory alone changes its time by 1 to 2 %. All of "
        "them are in memory at once.",
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
                "a sweep must have neither references nor a profile. Received: "
                f"sweep={self.sweep}, against={','.join(self.against)!r}, "
                f"profile={self.profile}"
            )
        if self.builds > 1 and self.sweep in ("", "storage"):
            raise ValueError(
                "builds needs a sweep over sizes or settings. "
                f"Received: builds={self.builds}, sweep={self.sweep!r}"
            )

    def check_model(self, config) -> None:
        """Raises ValueError for a configuration that cannot be measured like this."""
        if self.profile and config.training.jit_compile:
            raise ValueError(
                "a profile needs a step that is not compiled by XLA. "
                "Received: profile=True, jit_compile=True"
            )
        if config.model.conditional:
            raise ValueError(
                "the images of a benchmark have no labels: the model must not be "
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
