"""Tables of what was measured."""

from ade_tf.evaluation.metric import OUTPUTS
from ade_tf.evaluation.protocols import PROTOCOLS
from ade_tf.report.gather import identity
from ade_tf.report.markup import Html, element
from ade_tf.report.numbers import measured, number, words
from ade_tf.report.tables import table

__all__ = ["comparison", "protocols", "records_table"]

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


def comparison(runs) -> Html:
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
    head = ["Metric", *(run.tag for run in runs), "Split", "Images", "Protocol"]
    caption = f"A row holds only what was measured alike. {_LEGEND}"
    count = len(runs)
    numbers = {*range(1, count + 1), count + 2}
    return table(caption, head, rows, label="Numbers by run", numbers=numbers)


def records_table(run) -> Html:
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
    head = ["Metric", "Value", *(_COLUMNS[key] for key in shown), "More"]
    numbers = {1} | {n for n, key in enumerate(shown, 2) if key in _NUMBERS}
    caption = (
        f"The latest record of each measurement; the step is that of the weights. "
        f"{_LEGEND}"
    )
    inner = table(caption, head, rows, label=f"Records of {run.tag}", numbers=numbers)
    return Html(inner + _extractors(run.records))


def protocols(runs) -> Html:
    """Returns what the protocols of records that have a name mean."""
    used = {record.get("protocol") for run in runs for record in run.records}
    items = [
        part
        for name, protocol in PROTOCOLS.items()
        if name in used
        for part in (element("dt", name), element("dd", protocol.summary))
    ]
    return element("dl", *items, class_="small") if items else Html()


def _name(record):
    metric = str(record.get("metric", ""))
    name = str(record.get("name") or metric.replace("_", " "))
    better = OUTPUTS[metric][1].better if metric in OUTPUTS else ""
    if not better:
        return name
    arrow = element("abbr", _ARROWS[better], title=f"{better} is better")
    return Html(element("span", name) + "\u00a0" + arrow)


def _value(record):
    value, error = measured(record)
    cell = element("span", value)
    if error:
        cell += " " + element("span", error, class_="error")
    if "floor" in record:
        least = record["floor"]
        least = least.get("value") if isinstance(least, dict) else least
        cell += element("span", f"real halves {number(least, 3)}", class_="floor")
    return Html(cell)


def _cell(key, record):
    if key == "num_examples":
        return _images(record)
    value = record.get(key)
    if key == "extractor" and isinstance(value, dict):
        return _extractor(value)
    return "" if value is None else words(value)


def _images(record):
    """Returns the number of images scored, and of real ones they were held against."""
    count = words(record.get("num_examples", ""))
    if "num_reference" not in record:
        return count
    against = f"against {words(record['num_reference'])} real"
    return Html(element("span", count) + " " + element("span", against, class_="floor"))


def _extractor(extractor):
    name = element("span", extractor.get("name", ""))
    hashed = str(extractor.get("sha256", ""))
    if not hashed:
        return name
    short = element("code", hashed[:12], title=f"sha256 {hashed}")
    return Html(f"{name} {short}")


def _made_with(record):
    parts = [words(record["protocol"])] if "protocol" in record else []
    if "seed" in record:
        parts.append(f"seed {words(record['seed'])}")
    text = element("span", "; ".join(parts))
    if isinstance(record.get("extractor"), dict):
        text += "; " + _extractor(record["extractor"])
    return Html(text)


def _extractors(records):
    """Returns the whole hash of each extractor: printed pages have no tooltips."""
    found = {
        (str(e.get("name", "")), str(e["sha256"]))
        for e in (record.get("extractor") for record in records)
        if isinstance(e, dict) and e.get("sha256")
    }
    if not found:
        return ""
    items = "".join(
        element("dt", name) + element("dd", element("code", f"sha256 {hashed}"))
        for name, hashed in sorted(found)
    )
    return element("dl", Html(items), class_="small")
