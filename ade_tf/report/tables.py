"""Tables that read without a mouse, on a narrow window and on paper."""

from ade_tf.report.markup import Html, element

__all__ = ["table"]

_WIDE = 60


def table(caption, head, rows, *, label, numbers=()) -> Html:
    """Returns a table that scrolls sideways where it does not fit.

    Args:
      caption: What it shows; text or `Html`.
      head: Names of the columns.
      rows: Rows of cells; the first cell names the row.
      label: Its name for those who do not see it.
      numbers: Columns, by position, that are set as numbers.
    """

    def kind(column, cell):
        if column in numbers:
            return "number"
        return "wide" if len(str(cell)) > _WIDE else None

    body = [
        element(
            "tr",
            element("th", row[0], scope="row"),
            *(
                element("td", cell, class_=kind(column, cell))
                for column, cell in enumerate(row[1:], 1)
            ),
        )
        for row in rows
    ]
    titles = [
        element("th", name, scope="col", class_="number" if n in numbers else None)
        for n, name in enumerate(head)
    ]
    inner = element(
        "table",
        element("caption", element("span", caption)),
        element("thead", element("tr", *titles)),
        element("tbody", *body),
    )
    return element(
        "div", inner, class_="scroll", role="region", aria_label=label, tabindex=0
    )
