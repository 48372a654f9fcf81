"""The choices of a comparison of images, checked before anything is loaded."""

import dataclasses

from ade_tf.config.settings import setting
from ade_tf.evaluation.options import (
    QUALITY_METRICS,
    SPLITS,
    FeatureOptions,
    check_metrics,
)

__all__ = ["ComparisonOptions"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ComparisonOptions(FeatureOptions):
    """Which images are compared and how.

    Of a protocol's rules those of drawing (temperature, noise) are the business of
    whoever drew the images. Where it leaves their number free, unset means all.

    Raises:
      ValueError: If a value is unknown, out of range, or contradicts the protocol.
    """

    reference: str = setting(
        "", "Real images: `npz:PATH`, `folder:PATH`, `tfds:NAME` or `digits`."
    )
    reference_split: str = setting(
        "test", "Of the real images: a split, several joined by `+`, or `all`."
    )
    images: str = setting("", "Images to score, named as the reference is.")
    images_split: str = setting("all", "Of the images to score: as reference_split.")
    metrics: tuple[str, ...] = setting(
        ("all",), f"Metrics, comma-separated: {', '.join(QUALITY_METRICS)}; or `all`."
    )
    out: str = setting(
        "", "File the records are added to, one JSON object per line; empty: none."
    )

    def __post_init__(self):
        check_metrics(self.metrics, QUALITY_METRICS)
        super().__post_init__()
        for name in ("reference", "images"):
            if not getattr(self, name):
                raise ValueError(f"{name} must name a data set. Received: none")
            split = f"{name}_split"
            self._set(split, _expand(split, getattr(self, split)))
        rules = self.rules
        if rules.binding:
            self._choose("num_samples")
        if rules.reference and self.reference_split != rules.reference:
            raise ValueError(
                f"protocol `{rules.name}` means reference_split={rules.reference}. "
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
