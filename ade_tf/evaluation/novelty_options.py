"""The choices of a test of novelty, checked before anything is loaded."""

import dataclasses

from ade_tf.config.settings import check_settings, setting

__all__ = ["NoveltyOptions"]


@dataclasses.dataclass(frozen=True)
class NoveltyOptions:
    """The choices of a test of novelty.

    Raises:
      ValueError: If a value is unknown or out of range.
    """

    against: str = setting(
        "photos",
        "Second data set, named as in --dataset. Its test images are brought to the "
        "run's shape and levels.",
    )
    group_size: int = setting(
        1, "M, images that are judged together, by their mean.", minimum=1
    )
    reference: str = setting(
        "train",
        "Split of the run whose mean bits/dim is taken as typical; `validation` for a "
        "model that has learnt its training images by heart.",
        choices=("train", "validation"),
    )
    num_images: int = setting(
        0, "Images of each set, from the first; 0: all of them.", minimum=0
    )
    seed: int = setting(0, "Seed of noise, z and groups.", minimum=0, maximum=2**31 - 1)
    data_dir: str = setting(
        "", "Directory of prepared TFDS data sets; empty: the run's, or TFDS's own."
    )
    batch_size: int = setting(100, "Images per pass.", minimum=1)
    out: str = setting(
        "",
        "Picture, .png, with the scores of each image beside it as .npz; empty: "
        "novelty-NAME.png in the run's samples.",
    )

    def __post_init__(self):
        check_settings(self)
        if self.out and not self.out.endswith(".png"):
            raise ValueError(f"out must end in .png. Received: {self.out!r}")
