"""Names and units of the terms that training records."""

from typing import NamedTuple

__all__ = ["HELD_OUT", "Term", "held_out", "term"]

# What the key of a term begins with on images that are not trained on.
HELD_OUT = "validation_"


class Term(NamedTuple):
    """A recorded term in words.

    Attributes:
      label: Its name for people.
      unit: "bits/dim", "nats" or, of norms and counters, "".
      rank: Its place in lists; what is not a loss comes last.
    """

    label: str
    unit: str
    rank: int


_UNITS = {
    "bits_per_dim": "bits/dim",
    "reconstruction": "bits/dim",
    "kl": "bits/dim",
    "log_det": "bits/dim",
    "adversarial_loss": "nats",
    "discriminator_loss": "nats",
    "penalty": "nats",
}
_LABELS = {
    "bits_per_dim": "bits/dim",
    "adversarial_loss": "adversary",
    "discriminator_loss": "discriminator",
}


def term(name: str) -> Term:
    """Returns a term, named without `validation_`, in words."""
    rank = [*_UNITS, name].index(name)
    return Term(_LABELS.get(name, name.replace("_", " ")), _UNITS.get(name, ""), rank)


def held_out(key: str) -> tuple[str, bool]:
    """Returns the term that a key of a record names, and whether it is held out."""
    return key.removeprefix(HELD_OUT), key.startswith(HELD_OUT)
