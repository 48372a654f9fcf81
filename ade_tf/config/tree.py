"""Where each setting belongs: to all runs, or to choices of a slot; and if it acts."""

import dataclasses

from ade_tf.config.requirements import missing
from ade_tf.config.settings import settings_of

__all__ = ["Place", "places_of", "reason_of_idleness"]


@dataclasses.dataclass(frozen=True)
class Place:
    """A setting and what it belongs to.

    Attributes:
      field: The dataclass field that declares it.
      type: Its type.
      part: The part of the model that it shapes, or None.
      owners: `(slot, choice)` of the choices that own it; none if all runs have it.
    """

    field: dataclasses.Field
    type: type
    part: str | None
    owners: tuple[tuple[str, str], ...]


def places_of(*groups) -> dict[str, Place]:
    """Returns `name -> Place` of all settings, those of choices behind their slot's.

    Args:
      *groups: Dataclasses of the settings that all runs have.

    Raises:
      ValueError: If two settings have one name.
    """
    found = {}

    def visit(group, part, owners):
        for name, (field, type_) in settings_of(group).items():
            known = found.get(name)
            if known is not None and not (owners and known.field is field):
                raise ValueError(f"A setting is declared once. Received: {name!r}")
            own_part = field.metadata["part"] or part
            before = known.owners if known else ()
            found[name] = Place(field, type_, own_part, before + owners)
            table = field.metadata["table"] or {}
            for choice, line in table.items() if known is None else ():
                if line.settings:
                    visit(line.settings, own_part, ((name, choice),))

    for group in groups:
        visit(group, None, ())
    return found


def reason_of_idleness(name: str, places: dict, values: dict) -> str | None:
    """Returns why a setting cannot act whatever its value, or None if it can.

    Args:
      name: The setting.
      places: All settings, from `places_of`.
      values: `name -> value` of all settings.
    """
    place = places[name]
    reasons = [
        reason_of_idleness(slot, places, values)
        if values[slot] == choice
        else _needs_one_of(slot, place.owners, places, values)
        for slot, choice in place.owners
    ]
    if reasons and None not in reasons:
        return reasons[0]
    needs = place.field.metadata["needs"]
    return missing(values, *needs)


def _needs_one_of(slot, owners, places, values):
    higher = reason_of_idleness(slot, places, values)
    if higher:
        return higher
    *others, last = [f"`{choice}`" for name, choice in owners if name == slot]
    listed = f"{', '.join(others)} or {last}" if others else last
    return f"needs {slot} {listed}. Received: {slot}={values[slot]!r}"
