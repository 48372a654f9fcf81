"""Tables in Markdown, and records in words for the terminal."""

from collections.abc import Iterable, Sequence

__all__ = ["describe_record", "markdown_table", "records_table"]


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Returns a table as Markdown, its lines joined.

    Args:
      head: Names of the columns.
      rows: Rows of as many cells.
    """
    lines = [
        "| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |"
        for row in (head, *rows)
    ]
    return "\n".join([lines[0], "|---" * len(head) + "|", *lines[1:]])


def describe_record(record: dict) -> str:
    """Returns a record as a line of text."""
    line = f"{record['split']:<10} {_name(record)} {_number(record['value'])}"
    if record.get("standard_error") is not None:
        line += f" +- {_number(record['standard_error'])}"
    if record.get("spread") is not None:
        line += (
            f", spread {_number(record['spread'])} over {record['repetitions']} draws"
        )
    if record.get("standard_deviation") is not None:
        line += f", deviation {_number(record['standard_deviation'])}"
    if "kl" in record:
        line += f", of it KL {record['kl']:.4f}"
    if "mean" in record:
        line += f", mean {record['mean']:.2g}"
    if "floor" in record:
        floor = _number(record["floor"]["value"])
        line += f", real halves {floor} ({_floor_counts(record)})"
    step = "" if record.get("step") is None else f", step {record['step']}"
    return f"{line}  ({_counts(record)}{step}, {record['protocol']})"


def records_table(records: list[dict]) -> str:
    """Returns records as a Markdown table.

    The spread is a standard error, or, marked `sd`, a deviation over splits or subsets.
    """
    head = ("score", "images", "value", "+-", "real halves", "count", "protocol")
    rows = []
    for record in records:
        spread = ""
        if record.get("standard_error") is not None:
            spread = _number(record["standard_error"])
        elif record.get("standard_deviation") is not None:
            spread = f"{_number(record['standard_deviation'])} sd"
        cells = [
            _name(record),
            record["split"],
            _number(record["value"]),
            spread,
            _number(record["floor"]["value"]) if "floor" in record else "",
            _counts(record),
            record["protocol"],
        ]
        rows.append(cells)
    return markdown_table(head, rows)


def _number(value):
    """Returns a number with four decimals, a small one with three digits."""
    return f"{value:.4f}" if value == 0 or abs(value) >= 0.01 else f"{value:.2e}"


def _name(record):
    return record.get("name", record["metric"])


def _counts(record):
    if "num_reference" in record:
        return f"{record['num_examples']} against {record['num_reference']} real"
    return f"{record['num_examples']} images"


def _floor_counts(record):
    floor = record["floor"]
    return f"{floor['num_examples']} against {floor['num_reference']} real"
