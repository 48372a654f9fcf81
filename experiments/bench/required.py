"""Values that a reference of the benchmark needs."""

__all__ = ["check_required"]


def check_required(rule: str, values: dict, required: dict) -> None:
    """Raises ValueError unless values are as required.

    Args:
      rule: Beginning of the message; the required values follow.
      values: `name -> value`.
      required: `name -> value`, of some of the names.
    """
    wrong = [f"{n}={values[n]!r}" for n, v in required.items() if values[n] != v]
    if wrong:
        needed = ", ".join(f"{n}={v!r}" for n, v in required.items())
        raise ValueError(f"{rule} {needed}. Received: {', '.join(wrong)}")
