"""Pages of studies: numbers of several runs in words, and the files they go to."""

import json

import numpy as np

from ade_tf.files import replace_file

__all__ = ["cell", "mean_and_range", "minutes", "values_of", "write_page"]


def values_of(results, key) -> list:
    """Returns the numbers of a key, of those results that have it."""
    return [result[key] for result in results if result.get(key) is not None]


def mean_and_range(values, text) -> str:
    """Returns numbers in words: their mean and, of several, the least and greatest.

    Args:
      values: The numbers; none for a dash.
      text: Function of a number.
    """
    if not values:
        return "-"
    words = text(float(np.mean(values)))
    if len(values) > 1:
        words += f" ({text(min(values))} to {text(max(values))})"
    return words


def cell(results, key, text) -> str:
    """Returns the numbers of a key of results in words, see `mean_and_range`."""
    return mean_and_range(values_of(results, key), text)


def minutes(seconds) -> str:
    """Returns a time in minutes."""
    return f"{seconds / 60:.1f}"


def write_page(out, name, found, page: str) -> None:
    """Writes what a study found as `NAME.json`, and its page as `NAME.md`.

    Args:
      out: Directory.
      name: Of the study.
      found: What is in the JSON.
      page: The page in Markdown.
    """
    replace_file(out / f"{name}.json", json.dumps(found, indent=1).encode())
    replace_file(out / f"{name}.md", page.encode())
