"""Images as conditions: what of an image is given, with their settings."""

import dataclasses

from ade_tf.config.choices import Choice
from ade_tf.config.settings import setting

__all__ = ["CONDITIONS"]


@dataclasses.dataclass(frozen=True)
class CoarseSettings:
    """Settings of a coarse image that is given."""

    coarse_block: int = setting(
        2,
        "Side of the blocks of which condition `coarse` gives one pixel each, the "
        "first.",
        minimum=2,
        keyword="block",
    )


@dataclasses.dataclass(frozen=True)
class VisibleSettings:
    """Settings of a part that is given."""

    visible: str = setting(
        "top",
        "What condition `visible` gives: a half of the image, or the `frame` around "
        "its central box of half the height and width.",
        choices=("top", "bottom", "left", "right", "frame"),
    )


# Every entry takes `(image_shape, levels)` and its settings; `summary` says what of an
# image is modelled, and given what.
CONDITIONS = {
    "grey": Choice(
        "ade_tf.models.image_conditions:Grey",
        summary="of the colours, given the grey image",
    ),
    "coarse": Choice(
        "ade_tf.models.image_conditions:Coarse",
        CoarseSettings,
        summary="of the other pixels, given the coarse image",
    ),
    "visible": Choice(
        "ade_tf.models.image_conditions:Visible",
        VisibleSettings,
        summary="of the hidden part, given the visible one",
    ),
}
