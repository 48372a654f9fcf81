"""Names under which the splits of a data set are found."""

from collections.abc import Mapping

__all__ = ["SPLITS", "splits_by_name"]

SPLITS = ("train", "validation", "test")
_NAMES = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}


def splits_by_name(words: Mapping[str, str], where: str) -> dict[str, str]:
    """Finds the names that mean a split, in upper or lower case.

    Args:
      words: Any names -> the word in each that may mean a split.
      where: What has them, for an error message.

    Returns:
      Split -> the name that means it, in the order of `SPLITS`.

    Raises:
      ValueError: If two names mean one split.
    """
    found = {}
    for name, word in sorted(words.items()):
        split = _NAMES.get(word.lower())
        if split is None:
            continue
        if split in found:
            raise ValueError(
                f"A split must have one name. Received: {found[split]!r} and {name!r} "
                f"for {split} in {where}"
            )
        found[split] = name
    return {split: found[split] for split in SPLITS if split in found}
