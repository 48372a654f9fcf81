"""Choices of a slot: what makes each, known by name, and the settings it owns."""

import dataclasses
import functools
import importlib

from ade_tf.config.settings import settings_of

__all__ = ["Choice", "look_up"]


@dataclasses.dataclass(frozen=True, eq=False)
class Choice:
    """One line of the table of a slot.

    Calling it calls its maker. That is imported only then, so that tables can be read
    without TensorFlow.

    Attributes:
      maker: What makes it, `package.module:name`.
      settings: Dataclass of the settings that it owns, or None. Their keywords are
        arguments of the maker.
      summary: The choice in a few words.
      fixed: Further arguments of the maker, alike for all runs.
      traits: What tells it from the others of its slot, in words: `discrete`, of grey
        levels and not of continuous features; `sequential`, one value after the other
        where it makes samples; `iterative`, by steps until these no longer change
        anything, there; `vector`, of a z that has no levels; `rows`, with a z for each
        row of an image; `estimate`, of a log-det that is random; `relative`, of a
        weight that multiplies the norm of another gradient.
    """

    maker: str
    settings: type | None = None
    summary: str = ""
    fixed: dict = dataclasses.field(default_factory=dict)
    traits: tuple[str, ...] = ()

    def load(self):
        """Returns the maker, imported."""
        module, _, name = self.maker.partition(":")
        maker = getattr(importlib.import_module(module), name)
        return functools.partial(maker, **self.fixed) if self.fixed else maker

    def __call__(self, *arguments, **keywords):
        return self.load()(*arguments, **keywords)

    def split(self, keywords: dict) -> tuple[dict, dict]:
        """Parts keyword arguments into those of its own settings and the others."""
        fields = settings_of(self.settings).values() if self.settings else ()
        names = {field.metadata["keyword"] or field.name for field, _ in fields}
        own = {name: keywords[name] for name in keywords if name in names}
        return own, {name: keywords[name] for name in keywords if name not in own}


def look_up(argument: str, name: str, table: dict):
    """Returns a line of a table.

    Args:
      argument: What the name was given for, as the message says it.
      name: A key of the table.
      table: `name -> Choice`, or to something else.

    Raises:
      ValueError: If there is none of that name.
    """
    if name not in table:
        raise ValueError(
            f"`{argument}` must be one of {sorted(table)}. Received: {argument}={name}"
        )
    return table[name]
