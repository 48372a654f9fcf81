"""What an ablation's pictures show, gathered from its runs."""

import numpy as np

from ade_tf.drawing.curves import points_of
from ade_tf.drawing.grids import can_show
from ade_tf.drawing.numbers import number
from ade_tf.files import replace_file
from ade_tf.runs import RunDirectory
from ade_tf.runs.records import read_records
from ade_tf.samples import draw
from experiments.studies.ablation_charts import (
    FITTED,
    curves_picture,
    samples_picture,
    trade_off_picture,
)

__all__ = ["draw_ablation"]

_IMAGES = 36
_BITS = "bits_per_dim"


def draw_ablation(plan, found: dict, out) -> dict:
    """Draws the pictures of an ablation.

    Args:
      plan: The `AblationPlan`, all of whose runs are finished.
      found: The result of `ablation_study`, but for the pictures.
      out: Directory of the pictures.

    Returns:
      Path of each picture -> what it shows.
    """
    first = {}
    for run in plan.runs:
        first.setdefault(run.row, run)
    reference = next(iter(found["references"]))
    distance = f"frechet_distance_to_{reference}"
    pictures = {}

    def write(name, content, words):
        replace_file(out / name, content)
        pictures[out / name] = words

    points, approximate = _points(found, distance)
    if points:
        write(
            "ablation.png",
            trade_off_picture(points, approximate, f"Frechet distance to {reference}"),
            "Bits per dimension against Frechet distance",
        )
    if can_show(plan.data.image_shape, plan.data.levels):
        write(
            "ablation_samples.png",
            _samples(plan, found, first, distance),
            "Real images and samples of each row",
        )
    curves = _curves(first)
    if any(curves):
        write(
            "ablation_curves.png",
            curves_picture(*curves, list(first)),
            "Learning curves",
        )
    return pictures


def _points(found, distance):
    points, approximate = {}, set()
    for result in found["runs"]:
        scores = result["scores"]
        if _BITS in scores:
            point = (scores[_BITS], scores[distance])
            points.setdefault(result["row"], []).append(point)
        if result["approximate"]:
            approximate.add(result["row"])
    return points, approximate


def _samples(plan, found, first, distance):
    panels = {"real test images": plan.data.test.images[:_IMAGES].astype(np.float32)}
    options = plan.options
    for result in found["runs"]:
        run = first[result["row"]]
        if run.seed != result["seed"]:
            continue
        words = []
        if _BITS in result["scores"]:
            mark = "~ " if result["approximate"] else ""
            words.append(f"{mark}{result['scores'][_BITS]:.2f} bits/dim")
        words.append(f"FD {number(result['scores'][distance], 3)}")
        title = f"{run.row}\n{', '.join(words)}"
        panels[title] = _drawn(run, options).astype(np.float32)
    y = "y ~ N(mu(z), sigma)" if options.noise else "y = mu(z)"
    note = f"samples f^-1(y), {y}, temperature {options.temperature:g}; not chosen"
    return samples_picture(panels, plan.data.levels, note)


def _drawn(run, options):
    """Returns the first of the samples that were measured, drawn once.

    Those of a conditional model are others, of its classes in turn.
    """
    law = f"{'noise' if options.noise else 'mean'}-{options.temperature:g}"
    path = RunDirectory(run.directory).samples / f"{law}-seed-{options.seed}.npz"
    if not path.exists():
        draw(
            run.directory,
            num_samples=_IMAGES,
            temperature=options.temperature,
            noise=options.noise,
            seed=options.seed,
            out=str(path),
        )
    with np.load(path) as arrays:
        return arrays["images"]


def _curves(first):
    likelihood, adversary = {}, {}
    for row, run in first.items():
        for name, part in ((row, run), (f"{row}{FITTED}", run.fit)):
            if part is None:
                continue
            scalars = read_records(RunDirectory(part.directory).scalars)
            held_out = _line(scalars, f"validation_{_BITS}")
            line = held_out or _line(scalars, _BITS)
            if line:
                likelihood[name] = (*line, held_out is not None)
            if line := _line(scalars, "discriminator_loss"):
                adversary[name] = line
    return likelihood, adversary


def _line(scalars, key):
    """Returns steps and values of a term, None where it has fewer than two."""
    line = points_of(scalars, key)
    return line if len(line[0]) > 1 else None
