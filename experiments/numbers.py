"""Numbers of comma-separated flags."""

__all__ = ["floats", "integers"]


def integers(name, items) -> tuple[int, ...]:
    """Returns the integers of a comma-separated flag.

    Raises:
      ValueError: If one is none.
    """
    return _parsed(int, "integers", name, items)


def floats(name, items) -> tuple[float, ...]:
    """Returns the numbers of a comma-separated flag.

    Raises:
      ValueError: If one is none.
    """
    return _parsed(float, "numbers", name, items)


def _parsed(kind, words, name, items):
    try:
        return tuple(kind(item) for item in items)
    except ValueError:
        raise ValueError(
            f"`{name}` must be {words}, comma-separated. Received: {','.join(items)}"
        ) from None
