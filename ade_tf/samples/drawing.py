"""One picture of a run: its mode, and the file it goes to."""

import dataclasses
import pathlib

import numpy as np

from ade_tf.archives import ArrayParts, write_npz
from ade_tf.config.settings import check_settings, setting
from ade_tf.drawing.grids import can_show
from ade_tf.extractors import EXTRACTORS
from ade_tf.runs import load_run
from ade_tf.samples.codes import (
    draw_interpolations,
    draw_reconstructions,
    draw_traversals,
)
from ade_tf.samples.densities import draw_density
from ade_tf.samples.neighbours import draw_neighbours
from ade_tf.samples.request import Request
from ade_tf.samples.samples import draw_samples
from ade_tf.samples.temperatures import draw_temperatures

__all__ = ["MODES", "PictureOptions", "draw"]


# Mode -> function of a request that returns a grid, or another thing with `arrays` and
# `write`.
MODES = {
    "sample": draw_samples,
    "reconstruct": draw_reconstructions,
    "interpolate": draw_interpolations,
    "traverse": draw_traversals,
    "neighbours": draw_neighbours,
    "temperatures": draw_temperatures,
    "density": draw_density,
}
_OF_CODES = ("reconstruct", "interpolate", "traverse")
_MOST_IN_A_PICTURE = 10_000


@dataclasses.dataclass(frozen=True)
class PictureOptions:
    """The choices of a picture.

    Raises:
      ValueError: If a value is unknown or out of range.
    """

    mode: str = setting(
        "sample",
        "Picture: samples; test images beside their reconstructions; rows from the "
        "code of one test image to that of another; rows in which one latent unit, the "
        "most active first, goes from -2.5 to 2.5 standard deviations of the prior "
        "around the code of a test image; samples, each followed by its nearest "
        "training images; a row of the same samples for each of `temperatures`; the "
        "density of a model of points, and samples, beside the data.",
        choices=MODES,
    )
    num_samples: int = setting(
        100,
        "Samples, pairs or rows; of `temperatures` and of several labels, samples in "
        f"all. A .png takes {_MOST_IN_A_PICTURE:,}, an .npz of samples any number in "
        "the same memory.",
        minimum=1,
    )
    label: tuple[int, ...] = setting(
        (),
        "Class of a conditional model's images; of several, comma-separated, samples "
        "stand in a row for each. Empty: all classes, in turn.",
    )
    temperature: float = setting(
        1.0,
        "Factor T on the standard deviations of z, of the decoder's noise and of all "
        "levels of a flow. The law of samples is p^(1/T^2) where a flow's log-det is "
        "constant (additive couplings, neither logit nor learned priors); else T is a "
        "heuristic.",
        minimum=0.0,
    )
    temperatures: tuple[float, ...] = setting(
        (0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
        "Temperatures of the mode `temperatures`, comma-separated.",
        minimum=0.0,
    )
    noise: bool = setting(False, "Draw y ~ N(mu(z), sigma), not y = mu(z).")
    seed: int = setting(0, "Seed of the samples.")
    out: str = setting(
        "",
        "File: .png for a grid (empty: MODE.png in the run's samples), .npz for the "
        "images as an array.",
    )
    data_dir: str = setting(
        "", "Directory of prepared TFDS data sets; empty: the run's, or TFDS's own."
    )
    neighbours_in: str = setting(
        "pixels",
        "Where neighbours are near: pixels, or the features of the extractor.",
        choices=("pixels", "features"),
    )
    extractor: str = setting(
        "classifier", "Network of the features.", choices=EXTRACTORS
    )
    extractor_path: str = setting(
        "", "File (frozen graph) or directory (SavedModel) of the extractor."
    )
    cache_dir: str | None = setting(
        None,
        "Directory that keeps features of training images and classifiers; unset: "
        "$ADE_TF_CACHE or ~/.cache/ade_tf; empty: none.",
    )

    def __post_init__(self):
        check_settings(self)
        if self.out and pathlib.Path(self.out).suffix not in (".png", ".npz"):
            raise ValueError(f"out must end in .png or .npz. Received: {self.out!r}")


def draw(run_dir, **settings) -> pathlib.Path:
    """Draws images from a run and writes them as a grid or as arrays.

    Arrays are in an .npz under `images`, uint8 with the number of their `levels` (or
    float32, for continuous data); the mode `sample` of a conditional model adds their
    `labels`, int32, and of any model draws batch by batch into the file, which takes
    its name when it is whole.

    Args:
      run_dir: Directory of the run.
      **settings: Fields of `PictureOptions`.

    Returns:
      The path written.

    Raises:
      ValueError: If a setting is out of range, the preset lacks what the mode needs,
        the images are too many or not of a kind that a picture shows, or a sample is
        not finite.
    """
    options = PictureOptions(**settings)
    mode, out = options.mode, options.out
    run = load_run(run_dir)
    model = run.model
    if mode in _OF_CODES and model.encoder is None:
        raise ValueError(
            f"mode {mode!r} needs a preset with an encoder. "
            f"Received: preset={run.config.model.preset!r}"
        )
    _check_classes(options, run)
    path = pathlib.Path(out) if out else run.directory.samples / f"{mode}.png"
    shown = mode == "density" or can_show(model.image_shape, model.levels)
    if path.suffix == ".png" and not shown:
        raise ValueError(
            "a picture needs grey or colour images with levels (of others, out takes "
            f"the arrays as .npz). Received: out={out!r}, "
            f"image_shape={model.image_shape}, levels={model.levels}"
        )
    if path.suffix == ".png" and options.num_samples > _MOST_IN_A_PICTURE:
        raise ValueError(
            f"a picture shows at most {_MOST_IN_A_PICTURE} images (out takes more as "
            f".npz). Received: num_samples={options.num_samples}, out={out!r}"
        )
    picture = MODES[mode](Request(run, options))
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".npz":
        arrays = picture.arrays(model.levels)
        if model.levels:
            arrays["levels"] = ArrayParts((), np.int64, [np.array([model.levels])])
        write_npz(path, arrays)
    else:
        picture.write(path, model.levels)
    return path


def _check_classes(options, run):
    """Refuses classes that the model does not have."""
    count, listed = run.model.num_classes, ",".join(map(str, options.label))
    if options.label and not count:
        raise ValueError(
            "label needs a conditional model. "
            f"Received: label={listed} for a run with conditional=False"
        )
    if any(not 0 <= label < count for label in options.label):
        raise ValueError(f"label must be in 0 .. {count - 1}. Received: label={listed}")
    if count and options.mode == "density":
        raise ValueError(
            "mode `density` shows p(x), which a conditional model does not give. "
            "Received: conditional=True"
        )
