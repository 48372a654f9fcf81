"""The choices of an evaluation, checked before anything is loaded."""

import dataclasses

from ade_tf import extractors
from ade_tf.config.data import MOST_LEVELS, ImageSettings, RunDataSettings
from ade_tf.config.settings import check_settings, setting
from ade_tf.config.training import STRATEGIES, weights_setting
from ade_tf.evaluation.metric import METRICS, SPLITS, Metric
from ade_tf.evaluation.protocols import PROTOCOLS, Protocol

__all__ = [
    "QUALITY_METRICS",
    "SPLITS",
    "ComparisonOptions",
    "EvaluationOptions",
    "FeatureOptions",
    "NoveltyOptions",
    "ScoreOptions",
    "check_metrics",
]

QUALITY_METRICS = tuple(name for name, metric in METRICS.items() if metric.compares)


@dataclasses.dataclass(frozen=True, kw_only=True)
class FeatureOptions:
    """How images become features, for evaluations and comparisons.

    Raises:
      ValueError: If a value is unknown, out of range, or contradicts the protocol.
    """

    protocol: str = setting(
        "desk",
        "Protocol, which decides how many samples are drawn, in which way, and what "
        "they are compared with.",
        choices=PROTOCOLS,
    )
    num_samples: int | None = setting(
        None, "Number of samples to score. If unset, the protocol decides.", minimum=1
    )
    extractor: str = setting(
        "",
        "Network whose features are compared. If empty, the protocol decides; `desk` "
        "uses a classifier of the data's own labels.",
        choices=("", *extractors.EXTRACTORS),
    )
    extractor_path: str = setting(
        "", "File (frozen graph) or directory (SavedModel) of the extractor."
    )
    seed: int = setting(0, "Seed of all draws.", minimum=0, maximum=2**31 - 1)
    cache_dir: str | None = setting(
        None,
        "Directory in which features of real images and classifiers are kept. If "
        "unset, $ADE_TF_CACHE or ~/.cache/ade_tf. If empty, nothing is kept.",
    )
    strategy: str = setting(
        "auto", "Distribution strategy of the extractor.", choices=STRATEGIES
    )
    batch_size: int = setting(100, "Number of images per pass.", minimum=1)

    def __post_init__(self):
        check_settings(self)
        self._choose("extractor")

    @property
    def rules(self) -> Protocol:
        """The protocol itself."""
        return PROTOCOLS[self.protocol]

    @property
    def resolved_cache_dir(self) -> str:
        """Directory of cached features; empty for none."""
        if self.cache_dir is None:
            return extractors.default_cache_dir()
        return self.cache_dir

    def _choose(self, name):
        """Fills in the protocol's value, or refuses what contradicts it."""
        self._set(name, self.rules.choose(name, getattr(self, name)))

    def _set(self, name, value):
        object.__setattr__(self, name, value)


@dataclasses.dataclass(frozen=True, kw_only=True)
class EvaluationOptions(FeatureOptions, RunDataSettings):
    """What is measured of a run and how.

    The help of `experiments.evaluate` describes each field. Fields that are left to the
    protocol (None or empty) get its values.

    Raises:
      ValueError: If a value is unknown, out of range, or contradicts the protocol.
    """

    metrics: tuple[str, ...] = setting(
        ("bits_per_dim",),
        f"Metrics, comma-separated: {', '.join(METRICS)}; or `all` that the preset and "
        "the data allow.",
    )
    splits: tuple[str, ...] = setting(
        (),
        f"Splits of real images, comma-separated: {', '.join(SPLITS)}. If empty, test. "
        "A protocol may set the images that samples are compared with.",
    )
    importance_samples: int = setting(
        1,
        "Number of importance samples per image. Above 1, the tighter bound F_k is "
        "reported as well.",
        minimum=1,
    )
    repetitions: int = setting(
        1,
        "Number of draws of noise and z, with seeds `seed`, `seed + 1`, ... The "
        "likelihood is averaged over them, and their spread is reported.",
        minimum=1,
    )
    temperature: float | None = setting(
        None,
        "Factor on the standard deviations of samples. If unset, the protocol decides.",
        minimum=0.0,
    )
    noise: bool | None = setting(
        None,
        "Draw y ~ N(mu(z), sigma) instead of y = mu(z). If unset, the protocol "
        "decides.",
    )
    per_image: str = setting(
        "", "File (.npz) for the likelihood of every image. If empty, none is written."
    )
    first: int = setting(
        0,
        "Position of the first image that is scored, so that processes can score a "
        "part each; of bits_per_dim alone. Its record goes to --out.",
        minimum=0,
    )
    num_images: int | None = setting(
        None,
        "Number of images scored, from --first on; likewise. If unset, all that are "
        "left.",
        minimum=1,
    )
    weights: str = weights_setting()
    out: str = setting(
        "",
        "File the records are added to, one JSON object per line; empty: the run's "
        "metrics.jsonl.",
    )

    def __post_init__(self):
        for name in ("metrics", "splits"):
            self._set(name, tuple(dict.fromkeys(getattr(self, name))))
        check_metrics(self.metrics, METRICS)
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
        self._check_part()
        self._set("splits", self.splits or ("test",))

    @property
    def everything(self) -> bool:
        """Whether all metrics are asked for that can be computed."""
        return self.metrics == ("all",)

    @property
    def is_part(self) -> bool:
        """Whether only a part of the images is scored."""
        return self.first > 0 or self.num_images is not None

    def splits_of(self, metric: Metric) -> tuple[str, ...]:
        """Returns the splits of a metric; one if the protocol sets the reference."""
        if metric.compares and self.rules.reference:
            return self.splits[:1]
        return tuple(split for split in self.splits if split in metric.splits)

    def _check_reference(self):
        """Checks that the given splits include the reference of the protocol."""
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

    def _check_part(self):
        if self.is_part and (self.metrics != ("bits_per_dim",) or not self.out):
            raise ValueError(
                "first and num_images are of the metric bits_per_dim alone, and want a "
                "file for its record of a part (out). Received: "
                f"metrics={','.join(self.metrics)}, out={self.out!r}"
            )


def check_metrics(metrics, known) -> None:
    """Checks that all metrics asked for are known.

    Args:
      metrics: The names asked for.
      known: The names there are; `all` may stand alone.

    Raises:
      ValueError: If one is not known, or there are none.
    """
    now = {METRICS[name].formerly: name for name in known}
    for name in metrics or ("",):
        if name not in known and metrics != ("all",):
            hint = f" (now called {now[name]})" if name and name in now else ""
            raise ValueError(
                f"metrics must be among {', '.join(known)}, or `all` alone. "
                f"Received: {name!r}{hint}"
            )


@dataclasses.dataclass(frozen=True, kw_only=True)
class ComparisonOptions(FeatureOptions, ImageSettings):
    """Which images are compared and how.

    A protocol's rules for drawing samples (temperature, noise) do not apply, because
    the images are already drawn. If the protocol leaves their number open, all images
    are used unless `num_samples` is set.

    Raises:
      ValueError: If a value is unknown, out of range, or contradicts the protocol.
    """

    reference: str = setting(
        "", "Real images: `npz:PATH`, `folder:PATH`, `tfds:NAME` or `digits`."
    )
    reference_split: str = setting(
        "",
        "Of the real images: a split, several joined by `+`, or `all`. Empty: test, or "
        "all where the source has no test images of its own; or as the protocol says.",
    )
    images: str = setting("", "Images to score, named as the reference is.")
    images_split: str = setting("all", "Of the images to score: likewise.")
    metrics: tuple[str, ...] = setting(
        ("all",), f"Metrics, comma-separated: {', '.join(QUALITY_METRICS)}; or `all`."
    )
    data_dir: str = setting(
        "", "Directory of prepared TFDS data sets; empty: TFDS's own."
    )
    out: str = setting(
        "",
        "File to which the records are appended, one JSON object per line. If empty, "
        "none is written.",
    )

    def __post_init__(self):
        check_metrics(self.metrics, QUALITY_METRICS)
        super().__post_init__()
        rules = self.rules
        if not self.reference_split:
            self._set("reference_split", rules.reference)
        for name in ("reference", "images"):
            if not getattr(self, name):
                raise ValueError(f"{name} must name a data set. Received: none")
            split = f"{name}_split"
            if split != "reference_split" or self.reference_split:
                self._set(split, _expand(split, getattr(self, split)))
        if rules.binding:
            self._choose("num_samples")
        if rules.reference and self.reference_split != rules.reference:
            raise ValueError(
                f"protocol `{rules.name}` needs reference_split={rules.reference}. "
                f"Received: reference_split={self.reference_split}"
            )


def _expand(name, split):
    """Returns the names of a split, checked, joined by `+`."""
    if split == "all":
        return "+".join(SPLITS)
    for part in split.split("+"):
        if part not in SPLITS:
            raise ValueError(
                f"{name} must be of {', '.join(SPLITS)}, joined by `+`, or `all`. "
                f"Received: {split!r}"
            )
    return split


@dataclasses.dataclass(frozen=True, kw_only=True)
class NoveltyOptions(RunDataSettings, ImageSettings):
    """The choices of a test of novelty.

    Raises:
      ValueError: If a value is unknown or out of range.
    """

    against: str = setting(
        "photos",
        "Second data set, named as in training. Its test images (all images, if it has "
        "none of its own) are brought to the run's shape and levels.",
    )
    group_size: int = setting(
        1, "Number M of images that are judged together, by their mean.", minimum=1
    )
    reference: str = setting(
        "train",
        "Split of the run whose mean bits/dim counts as typical. Use `validation` for "
        "a model that has memorised its training images.",
        choices=("train", "validation"),
    )
    num_images: int = setting(
        0, "Number of images of each set, from the first. 0 uses all.", minimum=0
    )
    seed: int = setting(0, "Seed of noise, z and groups.", minimum=0, maximum=2**31 - 1)
    batch_size: int = setting(100, "Images per pass.", minimum=1)
    out: str = setting(
        "",
        "File of the picture (.png). The scores of each image are written beside it as "
        ".npz. If empty, novelty-NAME.png among the samples of the run.",
    )

    def __post_init__(self):
        check_settings(self)
        if self.out and not self.out.endswith(".png"):
            raise ValueError(f"out must end in .png. Received: {self.out!r}")


@dataclasses.dataclass(frozen=True, kw_only=True)
class ScoreOptions(RunDataSettings):
    """Which images are scored under a run, and how.

    Raises:
      ValueError: If a value is unknown or out of range.
    """

    images: str = setting(
        "",
        "Images to score: a folder of image files or one of these, an archive .npz "
        "as of --dataset, or an array .npy, [N, H, W, C] or [N, H, W].",
    )
    out: str = setting("", "File of the scores, .csv or .npz; empty: none.")
    levels: int = setting(
        0,
        "Grey levels of the images; 0: 256 of image files, those that an archive "
        "names, else the run's.",
        minimum=0,
        maximum=MOST_LEVELS,
    )
    label: str = setting(
        "",
        "Name of the class of all images, for a conditional run. If empty, the labels "
        "of the archive.",
    )
    reference: str = setting(
        "train",
        "Split of the run whose mean bits/dim is taken as typical; `validation` for a "
        "model that has learnt its training images by heart; `none`: no typicality, "
        "and the run's data are not read.",
        choices=("train", "validation", "none"),
    )
    num_reference: int = setting(
        1000, "Images of that split, drawn at random, that are averaged.", minimum=1
    )
    skip_bad_images: bool = setting(
        False, "Count and leave out files of a folder that cannot be decoded."
    )
    seed: int = setting(0, "Seed of noise and z.", minimum=0, maximum=2**31 - 1)
    batch_size: int = setting(100, "Images per pass.", minimum=1)

    def __post_init__(self):
        check_settings(self)
        if not self.images:
            raise ValueError("images must name a folder or a file. Received: none")
        if self.out and not self.out.endswith((".csv", ".npz")):
            raise ValueError(f"out must end in .csv or .npz. Received: {self.out!r}")
        if self.levels == 1:
            raise ValueError(
                f"levels must be 0 or 2..{MOST_LEVELS}. Received: levels=1"
            )
