"""Tables of what was measured."""

from typing import NamedTuple

from ade_tf.drawing.numbers import measured, number, words
from ade_tf.evaluation.metric import OUTPUTS
from ade_tf.evaluation.protocols import PROTOCOLS
from ade_tf.report.gather import identity

__all__ = [
    "Cell",
    "Part",
    "Table",
    "comparison",
    "extractors",
    "protocols",
    "records_table",
]


_WIDE = 60


class Part(NamedTuple):
    """A stretch of text in a cell: its text, its class in `page.css`, its tooltip."""

    text: str
    look: str = ""
    title: str = ""


Cell = str | tuple[Part, ...]


class Table(NamedTuple):
    """A table.

    Attributes:
      label: Its name for those who do not see it.
      caption: What it shows.
      head: Names of the columns.
      rows: Rows of cells; the first cell names the row.
      numbers: Columns, by position, that are set as numbers.
    """

    label: str
    caption: str
    head: list[str]
    rows: list[list[Cell]]
    numbers: frozenset[int] = frozenset()

    def kind(self, column: int, cell: Cell = "") -> str:
        """Returns the class of a cell in `page.css`: `number`, `wide` or none."""
        if column in self.numbers:
            return "number"
        return "wide" if isinstance(cell, str) and len(cell) > _WIDE else ""


_LEGEND = (
    "± is the standard error over images, s.d. the standard deviation over subsets or "
    "parts; real halves: what half of the real images gets in the place of samples."
)
_WORDS = {"floor": "real halves"}
_ARROWS = {"lower": "↓", "higher": "↑"}
# Columns of their own; what else a record holds stands in the last one.
_COLUMNS = {
    "split": "Split",
    "num_examples": "Images",
    "protocol": "Protocol",
    "extractor": "Extractor",
    "step": "Step",
    "seed": "Seed",
}
_ELSEWHERE = {
    "metric",
    "name",
    "value",
    "standard_error",
    "standard_deviation",
    "num_reference",
}
_NUMBERS = {"num_examples", "step", "seed"}


def comparison(runs) -> Table:
    """Returns the latest numbers of several runs, one row for each measurement."""
    found = {}
    for run in runs:
        for record in run.records:
            found.setdefault(identity(record), {})[run.tag] = record
    rows = []
    for by_run in found.values():
        record = next(iter(by_run.values()))
        rows.append(
            [
                _name(record),
                *(_value(by_run[run.tag]) if run.tag in by_run else "" for run in runs),
                words(record.get("split", "")),
                _images(record),
                _made_with(record),
            ]
        )
    return Table(
        label="Numbers by run",
        caption=f"A row holds only what was measured alike. {_LEGEND}",
        head=["Metric", *(run.tag for run in runs), "Split", "Images", "Protocol"],
        rows=rows,
        numbers=frozenset({*range(1, len(runs) + 1), len(runs) + 2}),
    )


def records_table(run) -> Table:
    """Returns the latest record of each measurement of a run, with all it holds."""
    shown = [key for key in _COLUMNS if any(key in record for record in run.records)]
    rows = []
    for record in run.records:
        more = "; ".join(
            f"{_WORDS.get(key, key.replace('_', ' '))}: {words(value)}"
            for key, value in record.items()
            if key not in (*shown, *_ELSEWHERE) and value is not None
        )
        cells = (_cell(key, record) for key in shown)
        rows.append([_name(record), _value(record), *cells, more])
    return Table(
        label=f"Records of {run.tag}",
        caption="The latest record of each measurement; the step is that of the "
        f"weights. {_LEGEND}",
        head=["Metric", "Value", *(_COLUMNS[key] for key in shown), "More"],
        rows=rows,
        numbers=frozenset(
            {1} | {n for n, key in enumerate(shown, 2) if key in _NUMBERS}
        ),
    )


def protocols(runs) -> dict[str, str]:
    """Returns what the protocols of records that have a name mean."""
    used = {record.get("protocol") for run in runs for record in run.records}
    return {name: p.summary for name, p in PROTOCOLS.items() if name in used}


def extractors(run) -> list[tuple[str, str]]:
    """Returns name and whole hash of each extractor: printed pages have no tooltips."""
    found = (record.get("extractor") for record in run.records)
    return sorted(
        {
            (str(e.get("name", "")), f"sha256 {e['sha256']}")
            for e in found
            if isinstance(e, dict) and e.get("sha256")
        }
    )


def _name(record) -> Cell:
    metric = str(record.get("metric", ""))
    name = str(record.get("name") or metric.replace("_", " "))
    better = OUTPUTS[metric][1].better if metric in OUTPUTS else ""
    if not better:
        return name
    return Part(name), Part(_ARROWS[better], "direction", f"{better} is better")


def _value(record) -> Cell:
    value, error = measured(record)
    cell = [Part(value)]
    if error:
        cell.append(Part(error, "error"))
    if "floor" in record:
        least = record["floor"]
        least = least.get("value") if isinstance(least, dict) else least
        cell.append(Part(f"real halves {number(least, 3)}", "floor"))
    return tuple(cell)


def _cell(key, record) -> Cell:
    if key == "num_examples":
        return _images(record)
    value = record.get(key)
    if key == "extractor" and isinstance(value, dict):
        return _extractor(value)
    return "" if value is None else words(value)


def _images(record) -> Cell:
    """Returns the number of images scored, and of real ones they were held against."""
    count = words(record.get("num_examples", ""))
    if "num_reference" not in record:
        return count
    against = f"against {words(record['num_reference'])} real"
    return Part(count), Part(against, "floor")


def _extractor(extractor) -> Cell:
    name, hashed = words(extractor.get("name", "")), str(extractor.get("sha256", ""))
    if not hashed:
        return name
    return Part(name), Part(hashed[:12], "mono", f"sha256 {hashed}")


def _made_with(record) -> Cell:
    parts = [words(record["protocol"])] if "protocol" in record else []
    if "seed" in record:
        parts.append(f"seed {words(record['seed'])}")
    extractor = record.get("extractor")
    if not isinstance(extractor, dict):
        return "; ".join(parts)
    found = _extractor(extractor)
    found = (Part(found),) if isinstance(found, str) else found
    return Part("; ".join(parts) + ";"), *found
