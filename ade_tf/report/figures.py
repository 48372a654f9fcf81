"""Pictures of runs, drawn for the page or found in the run."""

import base64
import dataclasses
import pathlib
import tempfile

import numpy as np

from ade_tf.drawing.grids import can_show, image_grid, save_png
from ade_tf.report.markup import Html, element
from ade_tf.runs import RunDirectory, load_data
from ade_tf.samples import PictureOptions, draw

__all__ = [
    "COUNTS",
    "OTHERS",
    "Picture",
    "draw_pictures",
    "figure",
    "PICTURE_SETTINGS",
    "real_images",
    "title",
]

_SIDE = 8
# Samples, pairs or rows of a mode, and of every other one.
COUNTS = {
    "sample": _SIDE**2,
    "reconstruct": 40,
    "neighbours": 16,
    "temperatures": _SIDE**2,
    "density": 2000,
}
OTHERS = 8
# Settings of `ade_tf.samples.draw` that a page takes for all of its pictures.
PICTURE_SETTINGS = (
    "temperature",
    "noise",
    "seed",
    "data_dir",
    "neighbours_in",
    "extractor",
    "extractor_path",
    "cache_dir",
)
_TITLES = {
    "sample": "Samples",
    "reconstruct": "Reconstructions",
    "interpolate": "Interpolations",
    "traverse": "Latent traversals",
    "neighbours": "Nearest training images",
    "temperatures": "Samples by temperature",
}


@dataclasses.dataclass(frozen=True)
class Picture:
    """A picture of the page.

    Attributes:
      mode: What is drawn: a mode of `ade_tf.samples`.
      content: The PNG; empty where it could not be drawn.
      words: What it shows, in words, or why it is missing.
    """

    mode: str
    content: bytes
    words: str


def draw_pictures(run, modes, settings) -> list[Picture]:
    """Draws the pictures of a run, one for each mode.

    Of a run that cannot draw samples (it has no checkpoint yet) the newest grid that
    training left is taken.

    Args:
      run: The `RunFacts`.
      modes: Names of modes.
      settings: Name -> value of `PICTURE_SETTINGS`; those left out keep their default.
    """
    pictures = []
    for mode in modes:
        options = PictureOptions(
            **settings, mode=mode, num_samples=COUNTS.get(mode, OTHERS)
        )
        try:
            content = _png(
                lambda path, options=options: draw(
                    run.path, **dataclasses.asdict(options) | {"out": str(path)}
                )
            )
            pictures.append(Picture(mode, content, _describe(options)))
        except ValueError as error:
            stored = _stored(run) if mode == "sample" else None
            pictures.append(stored or Picture(mode, b"", str(error)))
    return pictures


def real_images(run, data_dir="") -> Picture:
    """Draws test images of a run's data set; it is empty if they cannot be had."""
    try:
        if not can_show(run.image_shape, run.levels):
            raise ValueError("a picture needs grey or colour images with levels.")
        images = load_data(run.config.data, data_dir).test.images[: _SIDE**2]
        grid = image_grid(images.astype(np.float32), run.levels, columns=_SIDE)
        content = _png(lambda path: save_png(path, grid))
    except ValueError as error:
        return Picture("sample", b"", str(error))
    return Picture("sample", content, f"the first {len(images)}")


def title(mode: str) -> str:
    """Returns the title of a mode."""
    return _TITLES.get(mode, mode.replace("_", " ").capitalize())


def figure(picture: Picture, owner, name: str) -> Html:
    """Returns a picture with its caption.

    Args:
      picture: The picture; it has content.
      owner: Whose it is, short: text or `Html`.
      name: Whose it is, in full.
    """
    data = base64.b64encode(picture.content).decode()
    image = element(
        "img",
        src=f"data:image/png;base64,{data}",
        alt=f"{name}: {picture.words}",
    )
    return element(
        "figure", image, element("figcaption", owner, " ", f"{name}: {picture.words}")
    )


def _describe(options):
    """Returns what a picture shows, and what it depends on."""
    count = options.num_samples
    noise = "with the decoder's noise" if options.noise else "no decoder noise"
    draws = f"temperature {options.temperature:g}, {noise}, seed {options.seed}"
    near = "pixels"
    if options.neighbours_in == "features":
        near = f"the features of the extractor {options.extractor}"
    listed = ", ".join(f"{value:g}" for value in options.temperatures)
    words = {
        "sample": f"{count} samples, {draws}",
        "reconstruct": f"{count} test images, each beside its reconstruction",
        "interpolate": f"{count} rows, each from the code of a test image to another's",
        "traverse": f"a row for each of the most active latent units, {count} at most, "
        "around the code of a test image",
        "neighbours": f"{count} samples, each followed by its nearest training images "
        f"in {near}; {draws}",
        "temperatures": f"the same samples in rows by temperature: {listed}; "
        f"{noise}, seed {options.seed}",
        "density": f"the model's density, and {count} of its samples beside the data; "
        f"seed {options.seed}",
    }
    return words.get(options.mode, f"{title(options.mode)}, {draws}")


def _png(write):
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory, "picture.png")
        write(path)
        return path.read_bytes()


def _stored(run):
    found = sorted(RunDirectory(run.path).samples.glob("step-*.png"))
    if not found:
        return None
    step = int(found[-1].stem.removeprefix("step-"))
    words = f"samples that training stored at step {step:,}"
    return Picture("sample", found[-1].read_bytes(), words)
