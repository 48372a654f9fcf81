"""The modes of a picture and its choices, checked before anything is loaded."""

import dataclasses
import pathlib
from typing import NamedTuple

from ade_tf.config.data import MOST_LEVELS, RunDataSettings
from ade_tf.config.settings import check_settings, setting
from ade_tf.config.training import weights_setting
from ade_tf.extractors import EXTRACTORS

__all__ = [
    "MODES",
    "MOST_IN_A_PICTURE",
    "Mode",
    "PictureOptions",
    "TranslationOptions",
]

MOST_IN_A_PICTURE = 10_000


class Mode(NamedTuple):
    """What a picture can show.

    Attributes:
      maker: "module:function" of a `Request` that returns a `Picture`.
      title: Title of such pictures.
      shows: What one shows, with the fields `count`, `draws`, `near`, `temperatures`,
        `noise` and `seed`.
      needs: What it needs of the model, as `ade_tf.config.requirements` names it.
      count: `num_samples` where none are asked for: as many as a screen shows.
    """

    maker: str
    title: str
    shows: str
    needs: tuple[str, ...] = ()
    count: int = 100


MODES = {
    "sample": Mode(
        "ade_tf.samples.samples:draw_samples",
        "Samples",
        "{count} samples, {draws}",
        needs=("samples",),
    ),
    "reconstruct": Mode(
        "ade_tf.samples.codes:draw_reconstructions",
        "Reconstructions",
        "{count} test images, each beside its reconstruction",
        needs=("encoder",),
        count=50,
    ),
    "interpolate": Mode(
        "ade_tf.samples.codes:draw_interpolations",
        "Interpolations",
        "{count} rows, each from the code of a test image to another's",
        needs=("encoder", "whole images"),
        count=10,
    ),
    "traverse": Mode(
        "ade_tf.samples.codes:draw_traversals",
        "Latent traversals",
        "a row for each latent unit, the most active first, {count} at most, around "
        "the code of a test image (without an encoder: in order, around a draw)",
        needs=("z", "whole images"),
        count=10,
    ),
    "neighbours": Mode(
        "ade_tf.samples.neighbours:draw_neighbours",
        "Nearest training images",
        "{count} samples, each followed by its nearest training images in {near}; "
        "{draws}",
        needs=("samples",),
        count=20,
    ),
    "temperatures": Mode(
        "ade_tf.samples.samples:draw_temperatures",
        "Samples by temperature",
        "the same samples in rows by temperature: {temperatures}; {noise}, seed {seed}",
        needs=("samples",),
    ),
    "complete": Mode(
        "ade_tf.samples.completions:draw_completions",
        "Completions",
        "{count} test images, what is given of each, and completions of it",
        needs=("a given part",),
        count=10,
    ),
    "resample": Mode(
        "ade_tf.samples.completions:draw_resamples",
        "Redraws",
        "{count} test images, each followed by images drawn anew from its z; "
        "seed {seed}",
        needs=("encoder",),
        count=10,
    ),
    "codes": Mode(
        "ade_tf.samples.code_traversals:draw_codes",
        "Codes",
        "a row for each category, {count} at most, along the continuous codes; "
        "seed {seed}",
        needs=("codes", "unconditional"),
        count=10,
    ),
    "density": Mode(
        "ade_tf.samples.densities:draw_density",
        "Density",
        "the model's density, and {count} of its samples beside the data; seed {seed}",
        needs=("unconditional", "samples"),
    ),
    "translate": Mode(
        "ade_tf.samples.translations:draw_translations",
        "Translations",
        "{count} test images of both domains, translated, and back again",
        needs=("two domains",),
        count=10,
    ),
}


@dataclasses.dataclass(frozen=True)
class PictureOptions(RunDataSettings):
    """The choices of a picture.

    Raises:
      ValueError: If a value is unknown or out of range.
    """

    mode: str = setting(
        "sample",
        "What to draw. `sample`: samples. `reconstruct`: test images beside their "
        "reconstructions. `interpolate`: rows from the code of one test image to that "
        "of another. `traverse`: rows in which one latent unit, the most active first, "
        "goes from -2.5 to 2.5 standard deviations of the prior around the code of a "
        "test image (without an encoder: around a draw of z). `neighbours`: samples, "
        "each followed by its nearest training images. `temperatures`: the same "
        "samples in a row for each of `temperatures`. "
        "`complete`: test images, or those of `given`, each with what is given of it, "
        "a `condition` or first rows, and completions of that. "
        "`resample`: test images, each with images drawn anew from its z. "
        "`codes`: a row for each category of prior `codes`, along its continuous "
        "codes. `density`: the density of a model of points, and its samples, beside "
        "the data. `translate`: test images of two domains, translated and back.",
        choices=MODES,
    )
    num_samples: int | None = setting(
        None,
        "Number of samples, pairs or rows. For `temperatures` and for several labels, "
        "number of samples in total. If unset, as many as a screen shows, such as 100 "
        f"samples or 10 rows. A .png holds at most {MOST_IN_A_PICTURE:,}; an .npz "
        "holds any number of samples, drawn in constant memory.",
        minimum=1,
    )
    first: int = setting(
        0,
        "Number of the first sample of mode `sample`, from 0. Processes that draw 0 to "
        "999, 1000 to 1999 and so on draw together what one would.",
        minimum=0,
    )
    label: tuple[int | str, ...] = setting(
        (),
        "Class of the images of a conditional model, or of one with labels as a "
        "modality, by its name (of a folder, or the label of an archive); of several, "
        "comma-separated, samples stand in a row for each. Empty: all classes, in "
        "turn; of the second, samples of p(x).",
    )
    temperature: float = setting(
        1.0,
        "Factor T on the standard deviations of z, of the decoder's noise and of all "
        "levels of a flow. Samples follow p^(1/T^2) if the log-det of the flow is "
        "constant (additive couplings, neither logit nor learned priors). Otherwise T "
        "is a heuristic.",
        minimum=0.0,
    )
    temperatures: tuple[float, ...] = setting(
        (0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
        "Temperatures of the mode `temperatures`, comma-separated.",
        minimum=0.0,
    )
    given_rows: int = setting(
        0,
        "Rows that mode `complete` gives, of a model without a condition; 0: half of "
        "an image's.",
        minimum=0,
    )
    given: str = setting(
        "",
        "Images that mode `complete` completes: a folder, an image file, .npz or .npy. "
        "They are brought to the shape of what is given: grey ones to be coloured, "
        "small ones to be enlarged, or whole ones. Empty: the run's test images.",
    )
    resample_level: int = setting(
        0,
        "Level of z, 1 the coarsest, from which mode `resample` draws anew, with what "
        "lies below it; 0: z is kept, and the image is drawn from p(x | z).",
        minimum=0,
    )
    noise: bool = setting(False, "Draw y ~ N(mu(z), sigma) instead of y = mu(z).")
    seed: int = setting(0, "Seed of the samples.")
    out: str = setting(
        "",
        "File: .png for a grid, .npz for the images as an array. If empty, MODE.png "
        "among the samples of the run.",
    )
    weights: str = weights_setting()
    neighbours_in: str = setting(
        "pixels",
        "Where to search for nearest neighbours: in pixels, or in the features of the "
        "extractor.",
        choices=("pixels", "features"),
    )
    extractor: str = setting(
        "classifier", "Network that computes the features.", choices=EXTRACTORS
    )
    extractor_path: str = setting(
        "", "File (frozen graph) or directory (SavedModel) of the extractor."
    )
    cache_dir: str | None = setting(
        None,
        "Directory in which features of training images and classifiers are kept. If "
        "unset, $ADE_TF_CACHE or ~/.cache/ade_tf. If empty, nothing is kept.",
    )

    def __post_init__(self):
        check_settings(self)
        if self.given and self.mode != "complete":
            raise ValueError(
                "given is for mode `complete`. "
                f"Received: given={self.given!r}, mode={self.mode!r}"
            )
        if self.first and (self.mode != "sample" or len(self.label) > 1):
            raise ValueError(
                "first is for mode `sample`, of at most one label. "
                f"Received: first={self.first}, mode={self.mode!r}, "
                f"label={','.join(map(str, self.label))}"
            )
        if self.num_samples is None:
            object.__setattr__(self, "num_samples", MODES[self.mode].count)
        if self.out and pathlib.Path(self.out).suffix not in (".png", ".npz"):
            raise ValueError(f"out must end in .png or .npz. Received: {self.out!r}")


@dataclasses.dataclass(frozen=True)
class TranslationOptions(RunDataSettings):
    """Which images are translated, and where they go.

    Raises:
      ValueError: If a value is unknown or out of range.
    """

    to: str = setting(
        "b", "Domain that the images are translated to.", choices=("a", "b")
    )
    images: str = setting(
        "",
        "Images of the other domain: a folder of image files or one of these, an "
        "archive .npz as of --dataset, or an array .npy. Empty: the run's test images.",
    )
    out: str = setting(
        "",
        "New directory for a PNG of each image, or an .npz for the array; empty: only "
        "the picture is made.",
    )
    picture: str = setting(
        "",
        "File (.png) of rows: some images, translated, and back again. If empty, "
        "to_a.png or to_b.png among the samples of the run.",
    )
    num_shown: int = setting(
        10, "Number of images in the picture, from the first.", minimum=1, maximum=100
    )
    levels: int = setting(
        0,
        "Grey levels of the images; 0: 256 of image files, those that an archive "
        "names, else the run's.",
        minimum=0,
        maximum=MOST_LEVELS,
    )
    skip_bad_images: bool = setting(
        False, "Count and leave out files of a folder that cannot be decoded."
    )
    weights: str = weights_setting()

    def __post_init__(self):
        check_settings(self)
        if self.picture and not self.picture.endswith(".png"):
            raise ValueError(f"picture must end in .png. Received: {self.picture!r}")
        if self.levels == 1:
            raise ValueError(
                f"levels must be 0 or 2..{MOST_LEVELS}. Received: levels=1"
            )
