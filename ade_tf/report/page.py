"""The page as a whole: one file that loads nothing else."""

import pathlib
import string

from ade_tf.files import replace_file
from ade_tf.progress import Passes
from ade_tf.report import sections
from ade_tf.report.commands import report_command
from ade_tf.report.figures import PICTURE_SETTINGS, draw_pictures, real_images
from ade_tf.report.gather import gather
from ade_tf.report.markup import element
from ade_tf.report.style import STYLE
from ade_tf.samples import MODES, PictureOptions

__all__ = ["write_report"]

# The policy lets nothing be loaded and no script run, whatever the page holds.
_PAGE = string.Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
$title
<style>$style</style>
</head>
<body>
$body
</body>
</html>
""")


def write_report(run_dirs, out, *, pictures=MODES, **settings) -> pathlib.Path:
    """Writes one or several runs as one HTML page that loads nothing else.

    The runs are only read. The page shows what each one has: a run may be unfinished,
    without metrics, or without a checkpoint.

    Args:
      run_dirs: Directories of the runs, in the order of the page.
      out: The .html file, replaced as a whole; its directory is made.
      pictures: Modes of `ade_tf.samples.draw`; empty for none.
      **settings: Of `PICTURE_SETTINGS`, for all pictures.

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
    unknown = sorted(set(settings) - set(PICTURE_SETTINGS))
    if unknown:
        raise TypeError(
            f"settings must be among {', '.join(PICTURE_SETTINGS)}. "
            f"Received: {', '.join(unknown)}"
        )
    PictureOptions(**settings)
    runs = gather(run_dirs)
    drawn, real = _draw(runs, pictures, settings)
    again = report_command(runs, out, pictures, settings)
    parts = [
        sections.overview(runs),
        sections.numbers(runs),
        sections.differences(runs),
        sections.learning(runs),
        *sections.pictures(runs, drawn, real),
        *(sections.details(run, n, len(runs) == 1) for n, run in enumerate(runs)),
        sections.repeat(runs, pictures, settings, again),
    ]
    title = runs[0].name if len(runs) == 1 else f"{len(runs)} runs compared"
    body = [sections.header(title, parts), element("main", *(p.html for p in parts))]
    page = _PAGE.substitute(
        title=element("title", title), style=STYLE, body="\n".join(body)
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    replace_file(out, page.encode())
    return out


def _draw(runs, modes, settings):
    """Returns the pictures of each run by tag, and the real images of each data set."""
    progress = Passes("pictures")
    drawn, real = {}, {}
    for number, run in enumerate(runs, 1):
        drawn[run.tag] = draw_pictures(run, modes, settings)
        if "sample" in modes and run.config and run.config.data not in real:
            real[run.config.data] = real_images(run, settings.get("data_dir", ""))
        progress(number, len(runs))
    return drawn, real
