"""Tables of the page, as data that its template sets."""

from typing import NamedTuple

__all__ = ["Cell", "Part", "Table", "column_kind"]

_WIDE = 60


class Part(NamedTuple):
    """A stretch of text in a cell.

    Attributes:
      text: The text.
      look: Its class in `page.css`, such as `mono`, `error`, `floor` or `warn`.
      title: What a pointer on it is told.
    """

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


def column_kind(table: Table, column: int, cell: Cell) -> str:
    """Returns the class of a cell in `page.css`: `number`, `wide` or none."""
    if column in table.numbers:
        return "number"
    text = cell if isinstance(cell, str) else "".join(part.text for part in cell)
    return "wide" if len(text) > _WIDE else ""
