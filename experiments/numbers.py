"""Numbers of comma-separated flags."""

__all__ = ["numbers"]


def numbers(name, items, kind=int) -> tuple:
    """Returns the items of a comma-separated flag as integers, or another kind.

    Args:
      name: The flag.
      items: Its words.
      kind: int, float or str.

    Raises:
      ValueError: If one is none.
    """
    try:
        return tuple(map(kind, items))
    except ValueError:
        wanted = {int: "integers", float: "numbers"}[kind]
        raise ValueError(
            f"`{name}` must be {wanted}, comma-separated. Received: {','.join(items)}"
        ) from None
