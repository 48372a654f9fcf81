"""Figures of the page: learning curves, and pictures drawn for it or found in a run."""

import base64
import dataclasses
import pathlib
import tempfile

import numpy as np

from ade_tf.config.data import short_name
from ade_tf.drawing.charts import COLOURS
from ade_tf.drawing.curves import Curve, curves_svg, points_of
from ade_tf.drawing.grids import can_show, image_grid, save_png
from ade_tf.report.gather import RunFacts
from ade_tf.report.options import COUNTS, OTHERS, caption
from ade_tf.runs import RunDirectory, load_images_of_run
from ade_tf.samples import PictureOptions, draw
from ade_tf.terms import HELD_OUT, held_out, term

__all__ = ["Picture", "TermCurves", "draw_curves", "draw_picture", "real_images"]

_SIDE = 8
_MAIN = "bits_per_dim"


@dataclasses.dataclass(frozen=True)
class Picture:
    """A picture of the page.

    Attributes:
      mode: What is drawn: a mode of `ade_tf.samples`.
      run: The `RunFacts` of whose run it is; None of real images.
      name: Whose it is, in words.
      words: What it shows, in words, or why it is missing.
      content: The PNG; empty where it could not be drawn.
    """

    mode: str
    run: RunFacts | None
    name: str
    words: str
    content: bytes

    @property
    def source(self) -> str:
        """The picture as the address of an image."""
        return _address("png", self.content)


@dataclasses.dataclass(frozen=True)
class TermCurves:
    """The curves of a term.

    Attributes:
      name: The term in words.
      unit: Its unit; empty for norms and counters.
      source: The drawing as the address of an image.
      words: What it shows, in words.
      main: Whether it is the one that stands first.
    """

    name: str
    unit: str
    source: str
    words: str
    main: bool


def draw_curves(runs) -> list[TermCurves]:
    """Draws the terms of the runs' scalars, the runs laid over each other.

    The terms of the losses come first. Of an only run, training and validation have
    colours of their own; of several, each run has one.

    Args:
      runs: The `RunFacts`, in the order of their colours.
    """
    keys = {key for run in runs for record in run.scalars for key in record}
    names = {held_out(key)[0] for key in keys - {"step"}}
    return [
        _term_curves(name, runs)
        for name in sorted(names, key=lambda name: (term(name).rank, name))
    ]


def draw_picture(run, mode: str, settings) -> Picture:
    """Draws a picture of a run.

    Of a run that cannot draw samples (it has no checkpoint yet) the newest grid that
    training left is taken.

    Args:
      run: The `RunFacts`.
      mode: Name of the mode.
      settings: Name -> value of `PICTURE_SETTINGS`; those left out keep their default.
    """
    options = PictureOptions(
        **settings, mode=mode, num_samples=COUNTS.get(mode, OTHERS)
    )
    found = dataclasses.asdict(options)
    try:
        content = _png(lambda path: draw(run.path, **found | {"out": str(path)}))
    except ValueError as error:
        stored = _stored(run) if mode == "sample" else None
        return Picture(mode, run, run.name, *(stored or (str(error), b"")))
    return Picture(mode, run, run.name, caption(options), content)


def real_images(run, options: PictureOptions) -> Picture:
    """Draws test images of a run's data set; it is empty if they cannot be had."""
    name = f"test images of {short_name(run.config.data.dataset)}"
    try:
        if not can_show(run.image_shape, run.levels):
            raise ValueError("a picture needs grey or colour images with levels.")
        data = load_images_of_run(RunDirectory(run.path), run.config.data, options)
        images = data.test.images[: _SIDE**2]
        grid = image_grid(images.astype(np.float32), run.levels, columns=_SIDE)
        content = _png(lambda path: save_png(path, grid))
    except ValueError as error:
        return Picture("sample", None, name, str(error), b"")
    return Picture("sample", None, name, f"the first {len(images)}", content)


def _term_curves(name, runs):
    curves, said = [], []
    for number, run in enumerate(runs):
        lines = {
            kind: points_of(run.scalars, key)
            for kind, key in (("training", name), ("validation", HELD_OUT + name))
        }
        lines = {kind: line for kind, line in lines.items() if len(line[0])}
        for kind, (steps, values) in lines.items():
            said.append(f"{run.tag} {kind} ends at {values[-1]:.4g}")
            validation = kind == "validation"
            label, colour = kind, COLOURS[validation]
            if len(runs) > 1:
                # A run has its name once, at the stronger line.
                label = run.tag if kind == [*lines][-1] else ""
                colour = COLOURS[number % 8]
            curves.append(Curve(label, steps, values, colour, validation))
    found = term(name)
    size = (6.8, 3.8) if name == _MAIN else (4.0, 2.8)
    drawing = curves_svg(found.unit or found.label, curves, size=size)
    return TermCurves(
        found.label,
        found.unit,
        _address("svg+xml", drawing),
        f"{found.label} against the training step: {'; '.join(said)}.",
        name == _MAIN,
    )


def _address(kind, content):
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _png(write):
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory, "picture.png")
        write(path)
        return path.read_bytes()


def _stored(run):
    """Returns words and content of the newest grid that training left, or None."""
    found = sorted(RunDirectory(run.path).samples.glob("step-*.png"))
    if not found:
        return None
    step = int(found[-1].stem.removeprefix("step-"))
    words = f"samples that training stored at step {step:,}"
    return words, found[-1].read_bytes()
