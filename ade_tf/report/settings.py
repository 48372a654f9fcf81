"""Tables of the settings of runs."""

from ade_tf.config import RunConfig
from ade_tf.report.records import Part, Table

__all__ = ["configuration", "differences", "from_defaults"]


def differences(runs) -> Table | None:
    """Returns the settings, packages and machines in which runs differ, or None."""
    columns = [_facts(run) for run in runs]
    names = list(dict.fromkeys(name for column in columns for name in column))
    rows = [
        [_mono(name), *(c.get(name, "") for c in columns)]
        for name in names
        if len({column.get(name) for column in columns}) > 1
    ]
    if not rows:
        return None
    return Table(
        "Differences between the runs",
        "All settings, versions and machines in which the runs differ.",
        ["Setting", *(run.tag for run in runs)],
        rows,
    )


def from_defaults(run) -> Table | None:
    """Returns the settings of a run that are not its preset's defaults, or None."""
    known = set(RunConfig.settings())
    given = {"preset": run.settings["preset"]} if run.config else {}
    usual = RunConfig.from_flat(given).to_flat()
    rows = [
        [_mono(name), _setting(value), _setting(usual[name]) if name in known else ""]
        for name, value in run.settings.items()
        if name not in known or value != usual[name]
    ]
    if not rows:
        return None
    return Table(
        "Settings other than the defaults",
        "Settings other than the defaults of the preset.",
        ["Setting", "Value", "Default"],
        rows,
    )


def configuration(run) -> Table:
    """Returns every setting of a run with what it means."""
    known = RunConfig.settings()
    rows = [
        [
            _mono(name),
            _setting(value),
            known[name][0].metadata["help"] if name in known else "",
        ]
        for name, value in run.settings.items()
    ]
    return Table(
        f"Configuration of {run.tag}",
        "All settings of the run.",
        ["Setting", "Value", "Meaning"],
        rows,
    )


def _facts(run):
    facts = {name: _setting(value) for name, value in run.settings.items()}
    facts["image shape"] = _setting(run.image_shape)
    facts["grey levels"] = _setting(run.levels)
    facts |= {f"package {name}": v for name, v in run.packages.items()}
    facts["machine"] = run.machine
    return facts


def _setting(value):
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    if isinstance(value, bool):
        return str(value).lower()
    return "(empty)" if value == "" else str(value)


def _mono(name):
    return (Part(name, "mono"),)
