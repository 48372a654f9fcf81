"""HTML and SVG elements whose text is escaped unless it is markup already."""

import html

__all__ = ["Html", "element"]

_VOID = {"img", "link", "meta"}


class Html(str):
    """Text that is markup: it enters other elements as it stands."""

    __slots__ = ()


def element(tag: str, *content, **attributes) -> Html:
    """Returns an element.

    Args:
      tag: Its name.
      *content: Text, which is escaped, or `Html`; other objects by their `str`.
      **attributes: Values by name, escaped. An underscore stands for a hyphen, one at
        the end for nothing (`class_`); True gives an attribute without a value, None
        and False none at all.
    """
    words = [tag]
    for name, value in attributes.items():
        name = name.rstrip("_").replace("_", "-")
        if value is True:
            words.append(name)
        elif value is not None and value is not False:
            words.append(f'{name}="{html.escape(str(value))}"')
    opening = f"<{' '.join(words)}>"
    if tag in _VOID:
        return Html(opening)
    inner = "".join(
        part if isinstance(part, Html) else html.escape(str(part)) for part in content
    )
    return Html(f"{opening}{inner}</{tag}>")
