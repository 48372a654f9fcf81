"""The choices of an evaluation, checked before anything is loaded."""

import dataclasses

from ade_tf.config.settings import setting
from ade_tf.config.training import STRATEGIES
from ade_tf.evaluation.protocols import PROTOCOLS, Protocol
from ade_tf.extractors import EXTRACTORS, default_cache_dir

__all__ = [
    "METRIC_NAMES",
    "QUALITY_METRICS",
    "SPLITS",
    "EvaluationOptions",
    "FeatureOptions",
]

SPLITS = ("train", "validation", "test")

QUALITY_METRICS = (
    "frechet_distance",
    "kernel_distance",
    "inception_score",
    "precision_recall",
    "density_coverage",
)

METRIC_NAMES = (
    "bits_per_dim",
    "reconstruction_error",
    *QUALITY_METRICS,
    "label_accuracy",
    "active_units",
    "mutual_information",
    "memorisation",
    "toy_divergences",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class FeatureOptions:
    """How images become features; what evaluations and comparisons share.

    Raises:
      ValueError: If a value is unknown, out of range, or contradicts the protocol.
    """

    protocol: str = setting(
        "desk",
        "What samples are, how many, and what they are compared with, by name.",
        choices=PROTOCOLS,
    )
    num_samples: int | None = setting(
        None, "Samples to score; unset: as the protocol says.", minimum=1
    )
    extractor: str = setting(
        "",
        "Network whose features are compared; empty: the protocol's (of `desk`, the "
        "classifier of the data's own labels).",
        choices=("", *EXTRACTORS),
    )
    extractor_path: str = setting(
        "", "File (frozen graph) or directory (SavedModel) of the extractor."
    )
    seed: int = setting(0, "Seed of all draws.", minimum=0, maximum=2**31 - 1)
    data_dir: str = setting(
        "", "Directory of prepared TFDS data sets; empty: the run's, or TFDS's own."
    )
    cache_dir: str | None = setting(
        None,
        "Directory that keeps features of real images and classifiers; unset: "
        "$ADE_TF_CACHE or ~/.cache/ade_tf; empty: none.",
    )
    strategy: str = setting(
        "auto", "Distribution of the extractor's passes.", choices=STRATEGIES
    )
    batch_size: int = setting(100, "Images per pass.", minimum=1)

    def __post_init__(self):
        for field in dataclasses.fields(self):
            _check(field, getattr(self, field.name))
        self._choose("extractor")

    @property
    def rules(self) -> Protocol:
        """The protocol itself."""
        return PROTOCOLS[self.protocol]

    @property
    def resolved_cache_dir(self) -> str:
        """Directory of cached features; empty for none."""
        return default_cache_dir() if self.cache_dir is None else self.cache_dir

    def _choose(self, name):
        """Fills in the protocol's value, or refuses what contradicts it."""
        self._set(name, self.rules.choose(name, getattr(self, name)))

    def _set(self, name, value):
        object.__setattr__(self, name, value)


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvaluationOptions(FeatureOptions):
    """What is measured of a run and how.

    Settings that are left to the protocol (None or empty) hold its values afterwards.

    Raises:
      ValueError: If a value is unknown, out of range, or contradicts the protocol.
    """

    metrics: tuple[str, ...] = setting(
        ("bits_per_dim",),
        f"Metrics, comma-separated: {', '.join(METRIC_NAMES)}; or `all` that preset "
        "and data allow.",
    )
    splits: tuple[str, ...] = setting(
        (),
        f"Real images, comma-separated: {', '.join(SPLITS)}. Empty: test. A protocol "
        "may compare samples with a reference of its own.",
    )
    importance_samples: int = setting(
        1,
        "Importance samples per image: above 1, the tighter F_k beside the bound.",
        minimum=1,
    )
    repetitions: int = setting(
        1,
        "Draws of noise and z, with seeds `seed`, `seed + 1`, ..., over which the "
        "likelihood is averaged and its spread taken.",
        minimum=1,
    )
    temperature: float | None = setting(
        None,
        "Factor on the standard deviations of samples; unset: the protocol's.",
        minimum=0.0,
    )
    noise: bool | None = setting(
        None, "Draw y ~ N(mu(z), sigma), not y = mu(z); unset: the protocol's."
    )
    per_image: str = setting(
        "", "File (.npz) for the likelihood of every image; empty: none."
    )

    def __post_init__(self):
        for name in ("metrics", "splits"):
            self._set(name, tuple(dict.fromkeys(getattr(self, name))))
        check_metrics(self.metrics, METRIC_NAMES)
        for name in self.splits:
            if name not in SPLITS:
                raise ValueError(
                    f"split must be among {', '.join(SPLITS)}. Received: {name!r}"
                )
        super().__post_init__()
        for name in ("num_samples", "temperature", "noise"):
            self._choose(name)
        self._check_reference()
        self._check_per_image()
        self._set("splits", self.splits or ("test",))

    def _check_reference(self):
        """Splits that are given must not leave out the protocol's own reference."""
        reference = self.rules.reference
        first = reference.split("+")[0]
        scored = {*QUALITY_METRICS, "all"} & set(self.metrics)
        if first and self.splits and scored and first not in self.splits:
            raise ValueError(
                f"protocol `{self.protocol}` compares samples with the images of "
                f"{reference}, so split must name {first}. "
                f"Received: split={','.join(self.splits)}"
            )

    def _check_per_image(self):
        if not self.per_image:
            return
        if not self.per_image.endswith(".npz"):
            raise ValueError(
                f"per_image must end in .npz. Received: {self.per_image!r}"
            )
        if not {"bits_per_dim", "all"} & set(self.metrics):
            raise ValueError(
                "per_image holds the likelihood of images and needs the metric "
                f"bits_per_dim. Received: metrics={','.join(self.metrics)}"
            )


def check_metrics(metrics, known) -> None:
    """Refuses names of metrics that are not known.

    Args:
      metrics: The names asked for.
      known: The names there are; `all` may stand alone.

    Raises:
      ValueError: If one is not known, or there are none.
    """
    for name in metrics or ("",):
        if name not in known and metrics != ("all",):
            raise ValueError(
                f"metrics must be among {', '.join(known)}, or `all` alone. "
                f"Received: {name!r}"
            )


def _check(field, value):
    """Checks a setting that is no list, unless it is left to others."""
    if value is None or isinstance(value, tuple):
        return
    choices, low, high = (field.metadata[n] for n in ("choices", "minimum", "maximum"))
    if choices is not None and value not in choices:
        listed = ", ".join(choice for choice in choices if choice)
        raise ValueError(f"{field.name} must be one of {listed}. Received: {value!r}")
    # Written so that a NaN fails too.
    if low is not None and not value >= low:
        raise ValueError(f"{field.name} must be at least {low}. Received: {value}")
    if high is not None and not value <= high:
        raise ValueError(f"{field.name} must be at most {high}. Received: {value}")
