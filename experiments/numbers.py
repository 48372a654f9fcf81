"""Numbers of comma-separated flags."""

__all__ = ["numbers"]


def numbers(name, items, kind=int) -> tuple:
    """Returns the items of a comma-separated flag as integers, or another kind.

    Args:
      name: The flag.
      items: Its words.
      kind: int or float; any other leaves the words as they are.

    Raises:
      ValueError: If one is none.
    """
    if kind not in (int, float):
        return tuple(items)
    try:
        return tuple(map(kind, items))
    except ValueError:
        wanted = {int: "integers", float: "numbers"}[kind]
        raise ValueError(
            f"`{name}` must be {wanted}, comma-separated. Received: {','.join(items)}"
        ) from None
