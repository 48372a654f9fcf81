"""Tables of the page, as data that its template sets."""

from typing import NamedTuple

__all__ = ["Cell", "Part", "Table"]

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
