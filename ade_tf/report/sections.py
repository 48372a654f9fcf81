"""The sections of the page, from what it is to how to repeat it."""

import dataclasses

from ade_tf.config import PRESETS
from ade_tf.report import commands, records, settings
from ade_tf.report.curves import curves, is_loss, terms_of
from ade_tf.report.figures import figure, title
from ade_tf.report.markup import Html, element
from ade_tf.report.tables import table
from ade_tf.versions import package_versions

__all__ = [
    "Section",
    "details",
    "differences",
    "header",
    "learning",
    "numbers",
    "overview",
    "pictures",
    "repeat",
]

_MAIN_TERM = "bits_per_dim"


@dataclasses.dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes:
      anchor: Its identifier.
      title: Its title in the list of contents.
      html: The part itself.
    """

    anchor: str
    title: str
    html: Html


def header(title, sections) -> Html:
    """Returns the title of the page, what it is, and its contents."""
    links = [
        element("li", element("a", section.title, href=f"#{section.anchor}"))
        for section in sections
    ]
    version = package_versions()["ade_tf"]
    return element(
        "header",
        element("h1", title),
        element("p", f"A report of ade_tf {version}.", class_="soft"),
        element("nav", element("ul", *links), aria_label="Contents"),
    )


def overview(runs) -> Section:
    """Returns what each run is and how far it came."""
    rows = []
    for number, run in enumerate(runs):
        preset = run.settings["preset"]
        came = _came(run)
        if not run.finished:
            came = element("span", f"unfinished: {came}", class_="warn")
        rows.append(
            [
                _tag(number, run),
                run.name,
                Html(f"{element('code', preset)} {element('span', _summary(preset))}"),
                _images(run),
                came,
            ]
        )
    head = ["Run", "Name", "Model", "Data", "Training"]
    listed = table("The runs of this page.", head, rows, label="Runs")
    return _section("runs", "Runs", listed)


def numbers(runs) -> Section:
    """Returns what was measured: side by side, or of the only run in full."""
    with_records = [run for run in runs if run.records]
    if not with_records:
        content = element("p", "Nothing has been measured yet.")
    elif len(runs) == 1:
        content = records.records_table(runs[0])
    else:
        content = records.comparison(runs)
    return _section("numbers", "Numbers", content, records.protocols(runs))


def differences(runs) -> Section:
    """Returns in what the runs differ, or an only run from the defaults."""
    if len(runs) == 1:
        found = settings.from_defaults(runs[0])
        none = "All settings are the defaults of the preset."
        return _section("settings", "Settings", found or element("p", none))
    found = settings.differences(runs)
    none = "The runs do not differ in any setting."
    return _section("settings", "Differences", found or element("p", none))


def learning(runs) -> Section:
    """Returns the learning curves, the runs laid over each other."""
    terms = terms_of(runs)
    if not terms:
        none = "No run has recorded a step yet."
        return _section("curves", "Learning curves", element("p", none))
    names = [
        element("li", _tag(number, run), " ", run.name)
        for number, run in enumerate(runs)
    ]
    parts = [
        element("ul", *names, class_="legend") if len(runs) > 1 else Html(),
        element(
            "p",
            "Thin lines are training (means over groups of steps), strong lines with "
            "points validation.",
            class_="soft",
        ),
    ]
    if _MAIN_TERM in terms:
        parts.append(element("div", curves(_MAIN_TERM, runs), class_="main-curve"))
    small = {
        term: curves(term, runs, width=400, height=260)
        for term in terms
        if term != _MAIN_TERM
    }
    shown = [drawing for term, drawing in small.items() if is_loss(term)]
    folded = [drawing for term, drawing in small.items() if not is_loss(term)]
    if shown:
        parts.append(element("h3", "Terms of the losses"))
        parts.append(element("div", *shown, class_="curves"))
    if folded:
        inner = element("div", *folded, class_="curves")
        parts.append(element("details", element("summary", "Other scalars"), inner))
    return _section("curves", "Learning curves", *parts)


def pictures(runs, drawn, real) -> list[Section]:
    """Returns a section for each mode of which there is a picture.

    What could not be drawn is listed, with its reason, in a section of its own.

    Args:
      runs: The runs.
      drawn: Tag of each run -> its pictures.
      real: Settings of each data set -> its real images.
    """
    owned = {}
    for data, picture in real.items():
        owner = (element("b", "Real"), f"test images of {data.dataset}")
        owned.setdefault(picture.mode, []).append((*owner, picture))
    for number, run in enumerate(runs):
        for picture in drawn[run.tag]:
            owner = (_tag(number, run), run.name)
            owned.setdefault(picture.mode, []).append((*owner, picture))
    sections, missing = [], []
    for mode, found in owned.items():
        figures = [figure(p, tag, name) for tag, name, p in found if p.content]
        missing += [
            element("li", f"{title(mode)}, ", tag, f" {name}: {p.words}")
            for tag, name, p in found
            if not p.content
        ]
        if figures:
            grid = element("div", *figures, class_="pictures")
            sections.append(_section(f"pictures-{mode}", title(mode), grid))
    if missing:
        listed = element("ul", *missing, class_="small")
        sections.append(_section("not-drawn", "Pictures not drawn", listed))
    return sections


def details(run, number, alone) -> Section:
    """Returns all that is known of a run: facts, records, configuration.

    Args:
      run: The run.
      number: Its place on the page, from 0.
      alone: Whether it is the only one, so that its records stand further up.
    """
    facts = {
        "Directory": element("code", run.path),
        "Model": f"{run.settings['preset']}: {_summary(run.settings['preset'])}",
        "Data": _images(run),
        "Trained": _came(run),
        "Machine": run.machine,
        "Packages": ", ".join(f"{k} {v}" for k, v in run.packages.items()),
    }
    listed = [
        part
        for name, value in facts.items()
        for part in (element("dt", name), element("dd", value))
    ]
    parts = [element("dl", *listed)]
    if not alone:
        parts.append(element("h3", "Records"))
        none = element("p", "Nothing has been measured yet.")
        parts.append(records.records_table(run) if run.records else none)
    parts.append(
        element(
            "details",
            element("summary", f"Whole configuration of {run.tag}"),
            settings.configuration(run),
        )
    )
    title = f"{run.tag}: {run.name}"
    content = element("h2", _tag(number, run), f": {run.name}")
    return Section(
        f"run-{run.tag}",
        run.tag if not alone else "The run",
        element("section", content, *parts, id=f"run-{run.tag}", aria_label=title),
    )


def repeat(runs, modes, picture_settings, again) -> Section:
    """Returns the command lines that make the runs, the numbers and the page again."""
    parts = []
    for number, run in enumerate(runs):
        lines = [commands.train_command(run), *commands.evaluate_commands(run)]
        lines += commands.picture_commands(run, modes, picture_settings)
        parts += [
            element("h3", _tag(number, run), f": {run.name}"),
            element("pre", "\n".join(lines), tabindex=0),
            element(
                "details",
                element("summary", f"resolved.flags of {run.tag}"),
                element("pre", run.flagfile, tabindex=0),
            ),
        ]
    parts += [element("h3", "This page"), element("pre", again, tabindex=0)]
    return _section("repeat", "To repeat it", *parts)


def _section(anchor, title, *content):
    inner = element("h2", title, id=f"{anchor}-title")
    html = element(
        "section", inner, *content, id=anchor, aria_labelledby=f"{anchor}-title"
    )
    return Section(anchor, title, html)


def _tag(number, run):
    return element("span", run.tag, class_=f"tag c{number % 8}")


def _summary(preset):
    return PRESETS[preset].summary if preset in PRESETS else ""


def _came(run):
    return f"{run.step:,} of {run.settings['num_steps']:,} steps"


def _images(run):
    shape = "x".join(map(str, run.image_shape))
    levels = f"{run.levels} levels" if run.levels else "continuous"
    return f"{run.settings['dataset']}, {shape}, {levels}"
