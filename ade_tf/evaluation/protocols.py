"""Protocols of sample quality: what a score must say before it can be compared.

`ade_paper` is our reading of the protocol of arXiv 1901.01091. Known: the scores are of
held-out images, and the adversary's samples are f^-1(mu(z)), without the decoder's
noise. Not known: the number of samples, whether those of the scores had noise, and how
FID was split. The counts are those of its second author's evaluation code of the same
time (github.com/kshmelkov/gan_evaluation): 50,000 samples, FID and Inception score as
means over 10 parts. That code also parts the real images, 5,000 of the training set at
a time; here each part of the samples meets the whole reference, as CIFAR-10's 10,000
test images would leave 1,000 per part. FID of 5,000 samples is biased upward (arXiv
1801.01401, section 4), so it is never to be compared with FID-50k.

`modern_50k` is the practice since about 2018: 50,000 samples in one split against the
training images. At least 10,000 images per side is what the authors of FID recommend
(github.com/bioinf-jku/TTUR).
"""

import dataclasses

from ade_tf.evaluation.metric import OUTPUTS

__all__ = ["PROTOCOLS", "Protocol", "score_name"]

_LEAST = 20
_INCEPTION = "inception"


@dataclasses.dataclass(frozen=True)
class Protocol:
    """How samples are drawn and what they are compared with.

    Attributes:
      name: What it is called in flags and records.
      summary: It in a line.
      binding: Whether its values are part of the name; else they are defaults.
      extractor: Name of the extractor.
      num_samples: Number of samples.
      temperature: Factor on the standard deviations.
      noise: Whether y ~ N(mu(z), sigma) is drawn, or y = mu(z) taken.
      reference: Real images: splits joined by `+`; empty: the split asked for.
      min_reference: Least number of real images.
      frechet_splits: Equal parts of the samples that each get a Frechet distance; their
        mean is the score.
      inception_splits: Equal parts of the samples in the Inception score.
    """

    name: str
    summary: str
    binding: bool
    extractor: str
    num_samples: int
    temperature: float = 1.0
    noise: bool = False
    reference: str = ""
    min_reference: int = _LEAST
    frechet_splits: int = 1
    inception_splits: int = 10

    def choose(self, setting: str, given):
        """Returns the value of a setting: the protocol's, or what is given for it.

        Args:
          setting: `extractor`, `num_samples`, `temperature` or `noise`.
          given: The value asked for; None or empty for the protocol's own.

        Raises:
          ValueError: If what is given contradicts the protocol.
        """
        own = getattr(self, setting)
        if given is None or given == "":
            return own
        if self.binding and given != own:
            raise ValueError(
                f"protocol `{self.name}` means {setting}={own}; `desk` takes any. "
                f"Received: {setting}={given}"
            )
        return given

    def reference_of(self, split: str) -> str:
        """Returns the splits, joined by `+`, that samples are compared with."""
        return self.reference or split

    def check_counts(self, num_samples: int, num_reference: int) -> None:
        """Refuses too few images.

        Raises:
          ValueError: If there are fewer than the protocol needs.
        """
        least = self.num_samples if self.binding else _LEAST
        if num_samples < least:
            raise ValueError(
                f"protocol `{self.name}` needs at least {least} samples. "
                f"Received: {num_samples}"
            )
        if num_reference < self.min_reference:
            raise ValueError(
                f"protocol `{self.name}` needs at least {self.min_reference} reference "
                f"images. Received: {num_reference}"
            )


_ADE_PAPER = Protocol(
    name="ade_paper",
    summary="held-out test images against 50,000 samples f^-1(mu(z)); FID is the mean "
    "over 10 splits of 5,000, IS over the same 10",
    binding=True,
    extractor=_INCEPTION,
    num_samples=50_000,
    reference="test",
    min_reference=5_000,
    frechet_splits=10,
)

_MODERN_50K = Protocol(
    name="modern_50k",
    summary="all training images against 50,000 samples in one split",
    binding=True,
    extractor=_INCEPTION,
    num_samples=50_000,
    reference="train+validation",
    min_reference=10_000,
)

_DESK = Protocol(
    name="desk",
    summary="any extractor and any counts, for comparisons on one machine",
    binding=False,
    extractor="classifier",
    num_samples=2_000,
)

PROTOCOLS = {p.name: p for p in (_ADE_PAPER, _MODERN_50K, _DESK)}


def score_name(metric: str, extractor, protocol: Protocol, num_samples: int) -> str:
    """Returns what a score may be called.

    FID, KID and IS are names of scores by the Inception network alone, and FID-50k is
    that of 50,000 samples in one split against the training images.

    Args:
      metric: The metric's name in records.
      extractor: The `Extractor` of its features.
      protocol: The protocol.
      num_samples: Number of samples scored.
    """
    _, output = OUTPUTS[metric]
    if not output.published or extractor.kind != _INCEPTION:
        return f"{output.label} ({extractor.name})"
    if metric != "frechet_distance":
        return output.published
    if protocol is _MODERN_50K:
        return f"{output.published}-50k"
    each = num_samples // protocol.frechet_splits
    if protocol.frechet_splits > 1:
        parts = f"mean over {protocol.frechet_splits} splits of {each:,}"
        return f"{output.published} ({parts})"
    return f"{output.published} ({each:,} samples)"
