"""Numbers and other values of records in words."""

import math

__all__ = ["measured", "number", "words"]

_SHOWN_ITEMS = 8


def number(value, digits: int = 4) -> str:
    """Returns a number to some significant digits, without losing whole ones."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return words(value)
    if isinstance(value, int):
        return f"{value:,}"
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    size = math.floor(math.log10(abs(value)))
    if not -4 <= size <= 6:
        return f"{value:.{digits - 1}e}"
    return f"{value:,.{max(0, digits - 1 - size)}f}"


def words(value) -> str:
    """Returns any value of a record as text."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, dict):
        return ", ".join(
            f"{key.replace('_', ' ')} {words(item)}" for key, item in value.items()
        )
    if isinstance(value, list | tuple):
        if len(value) > _SHOWN_ITEMS:
            return f"{len(value)} values"
        return ", ".join(map(words, value))
    return str(value)


def measured(record: dict) -> tuple[str, str]:
    """Returns a record's value, and its standard error or deviation in words.

    The value has the decimals of the second digit of its standard error.
    """
    value, error = record.get("value"), record.get("standard_error")
    if not isinstance(value, float) or not error or not math.isfinite(error):
        text, error_text = number(value), "" if error is None else f"± {number(error)}"
    else:
        decimals = max(0, 1 - math.floor(math.log10(abs(error))))
        text, error_text = f"{value:,.{decimals}f}", f"± {error:,.{decimals}f}"
    deviation = record.get("standard_deviation")
    if deviation is not None:
        error_text += f"{' ' * bool(error_text)}(s.d. {number(deviation, 2)})"
    return text, error_text
