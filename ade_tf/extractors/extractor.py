"""What every extractor is: a fixed function of images, with a name and a hash."""

import dataclasses
import math
from collections.abc import Callable

import tensorflow as tf

__all__ = ["Extractor", "HeldOutAccuracy"]


@dataclasses.dataclass(frozen=True)
class HeldOutAccuracy:
    """How well a classifier knows images that it was not trained on.

    Attributes:
      value: Share of them that it classifies rightly.
      chance: Share of their most frequent class, which a guess gets right.
      num_examples: Their number, n.
    """

    value: float
    chance: float
    num_examples: int

    @property
    def least(self) -> float:
        """What is clearly better than a guess: `p + 3 sqrt(p (1 - p) / n)`.

        p is `chance`: three standard errors above it, or, of a few images, half of the
        way from it to 1.
        """
        error = math.sqrt(self.chance * (1.0 - self.chance) / self.num_examples)
        return min(self.chance + 3.0 * error, (1.0 + self.chance) / 2.0)

    @property
    def poor(self) -> bool:
        """Whether it is below `least`: features of such a classifier mean nothing."""
        return self.value < self.least

    def words(self) -> str:
        """Returns it as a sentence."""
        return (
            f"{self.value:.1%} of {self.num_examples} validation images right "
            f"(chance {self.chance:.1%})"
        )


@dataclasses.dataclass(frozen=True, eq=False)
class Extractor:
    """A fixed network from images to features and class probabilities.

    It holds constants only: its answer depends on the images alone, and it runs on any
    device and replica.

    Attributes:
      name: What its scores are called after.
      kind: A key of `EXTRACTORS`.
      sha256: Hash of its file or weights, in hexadecimal.
      channels: Channels of the images it takes.
      feature_size: d, the number of features.
      num_classes: K, or None if it gives no probabilities.
      function: The network: uint8 `[B, H, W, channels]` to a pair of features and
        probabilities (None if it gives none).
      image_size: Height and width it takes; None for any.
      accuracy: Its accuracy on validation images, of a classifier of the data's labels.
    """

    name: str
    kind: str
    sha256: str
    channels: int
    feature_size: int
    num_classes: int | None
    function: Callable
    image_size: tuple[int | None, int | None] = (None, None)
    accuracy: HeldOutAccuracy | None = None

    def __call__(self, images):
        """Returns features `[B, d]` and probabilities `[B, K]` or None, float32.

        Args:
          images: uint8 `[B, H, W, channels]` in 0..255; see `extractor_input`.

        Raises:
          ValueError: If type, channels or size are not those it takes.
        """
        images = tf.convert_to_tensor(images)
        self.check_images(images)
        return self.function(images)

    def check_images(self, images) -> None:
        """Raises ValueError unless images have the type and shape it takes.

        Args:
          images: Array or Tensor; what is unknown of a shape is not checked.
        """
        wanted = tf.TensorShape([None, *self.image_size, self.channels])
        same_type = tf.as_dtype(images.dtype) == tf.uint8
        if not (same_type and wanted.is_compatible_with(images.shape)):
            sides = ["any" if side is None else str(side) for side in self.image_size]
            raise ValueError(
                f"The extractor {self.name} takes uint8 images of height {sides[0]}, "
                f"width {sides[1]} and {self.channels} channels, [B, H, W, C]. "
                f"Received: {tf.as_dtype(images.dtype).name}, "
                f"shape={tuple(images.shape)}"
            )
