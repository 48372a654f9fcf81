"""The page as a whole: one file that loads nothing else."""

import functools
import pathlib

import jinja2

from ade_tf.files import check_writable, replace_file
from ade_tf.progress import Passes
from ade_tf.report import commands, records, settings
from ade_tf.report.figures import draw_curves, draw_picture, real_images
from ade_tf.report.gather import gather
from ade_tf.report.options import PICTURE_SETTINGS
from ade_tf.report.records import Part, Table
from ade_tf.samples import MODES, PictureOptions
from ade_tf.versions import package_versions

__all__ = ["write_report"]


def write_report(run_dirs, out, *, pictures=MODES, **options) -> pathlib.Path:
    """Writes one or several runs as one HTML page that loads nothing else.

    The runs are only read. The page shows what each one has: a run may be unfinished,
    without metrics, or without a checkpoint.

    Args:
      run_dirs: Directories of the runs, in the order of the page.
      out: The .html file, replaced as a whole; its directory is made.
      pictures: Modes of `ade_tf.samples.draw`; empty for none.
      **options: Of `PICTURE_SETTINGS`, for all pictures.

    Returns:
      The path written.

    Raises:
      TypeError: If a setting is not one of a picture.
      ValueError: If an argument is impossible, or a directory holds no run or a damaged
        one.
    """
    if not str(out).endswith(".html"):
        raise ValueError(f"out must end in .html. Received: {str(out)!r}")
    out = pathlib.Path(out)
    pictures = tuple(dict.fromkeys(pictures))
    for mode in pictures:
        if mode not in MODES:
            raise ValueError(
                f"pictures must be among {', '.join(MODES)}. Received: {mode!r}"
            )
    unknown = sorted(set(options) - set(PICTURE_SETTINGS))
    if unknown:
        raise TypeError(
            f"settings must be among {', '.join(PICTURE_SETTINGS)}. "
            f"Received: {', '.join(unknown)}"
        )
    PictureOptions(**options)
    check_writable(out)
    page = _render(gather(run_dirs), out, pictures, options)
    out.parent.mkdir(parents=True, exist_ok=True)
    replace_file(out, page.encode())
    return out


def _render(runs, out, modes, options):
    """Returns the page as HTML."""
    alone = len(runs) == 1
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("ade_tf.report", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("page.html").render(
        title=runs[0].name if alone else f"{len(runs)} runs compared",
        version=package_versions()["ade_tf"],
        alone=alone,
        runs=runs,
        overview=_overview(runs),
        numbers=records.comparison(runs),
        protocols=records.protocols(runs).items(),
        settings=settings.from_defaults(*runs) if alone else settings.differences(runs),
        curves=draw_curves(runs),
        modes=modes,
        pictures=_pictures(runs, modes, options),
        again=commands.report_command(runs, out, modes, options),
        commands=functools.partial(_commands, modes=modes, options=options),
        configuration=settings.configuration,
        extractors=records.extractors,
        records_table=records.records_table,
        MODES=MODES,
    )


def _overview(runs):
    """Returns what each run is and how far it came."""
    rows = [
        [
            (Part(run.tag, f"tag c{number % 8}"),),
            run.name,
            (Part(run.settings["preset"], "mono"), Part(run.summary)),
            run.images,
            run.came if run.finished else (Part(f"unfinished: {run.came}", "warn"),),
        ]
        for number, run in enumerate(runs)
    ]
    head = ["Run", "Name", "Model", "Data", "Training"]
    return Table("Runs", "The runs of this page.", head, rows)


def _pictures(runs, modes, options):
    """Draws the pictures of each data set and run."""
    pictures, progress = [], Passes("pictures", delay=0.0)
    if "sample" in modes:
        data = {run.config.data: run for run in runs if run.config}
        found = PictureOptions(**options)
        pictures += [real_images(run, found) for run in data.values()]
    wanted = [(run, mode) for run in runs for mode in modes]
    for done, (run, mode) in enumerate(wanted):
        progress(done, len(wanted))
        pictures.append(draw_picture(run, mode, options))
    if wanted:
        progress(len(wanted), len(wanted))
    return pictures


def _commands(run, modes, options):
    return [
        commands.train_command(run),
        *commands.evaluate_commands(run),
        *commands.picture_commands(run, modes, options),
    ]
