"""Whether what is to be loaded fits in memory, asked before it is taken."""

import os
import pathlib

__all__ = ["check_memory"]

_CONTAINER = pathlib.Path("/sys/fs/cgroup/memory.max")
_GIGABYTE = 1e9


def check_memory(num_bytes: int, what: str) -> None:
    """Checks that a number of bytes is less than the memory of the machine.

    Args:
      num_bytes: The bytes to be taken.
      what: What they are, for the error message.

    Raises:
      ValueError: If they are more than the machine (or this container) has.
    """
    limit = _memory()
    if num_bytes > limit:
        raise ValueError(
            "Images must fit in memory. Received: "
            f"{num_bytes / _GIGABYTE:,.1f} GB for {what}, of "
            f"{limit / _GIGABYTE:,.1f} GB that there are"
        )


def _memory():
    """Returns the bytes of memory that this process may have."""
    limit = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if _CONTAINER.is_file():
        words = _CONTAINER.read_text().strip()
        limit = min(limit, int(words)) if words.isdecimal() else limit
    return limit
