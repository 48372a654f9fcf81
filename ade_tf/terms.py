"""Names and units of the terms that training records."""

from typing import NamedTuple

__all__ = ["HELD_OUT", "Term", "held_out", "term"]

# What the key of a term begins with on images that are not trained on.
HELD_OUT = "validation_"
_KNOWN = {
    "bits_per_dim": ("bits/dim", "bits/dim"),
    "reconstruction": ("reconstruction", "bits/dim"),
    "kl": ("kl", "bits/dim"),
    "log_det": ("log det", "bits/dim"),
    "dequantizer": ("dequantizer", "bits/dim"),
    "label": ("label", "bits/dim"),
    "class_kl": ("class kl", "bits/dim"),
    "classifier_loss": ("classifier", "nats"),
    "adversarial_loss": ("adversary", "nats"),
    "discriminator_loss": ("discriminator", "nats"),
    "penalty": ("penalty", "nats"),
    "b_bits_per_dim": ("bits/dim of B", "bits/dim"),
    "a_adversarial_loss": ("adversary of A", "nats"),
    "b_adversarial_loss": ("adversary of B", "nats"),
    "a_discriminator_loss": ("discriminator of A", "nats"),
    "b_discriminator_loss": ("discriminator of B", "nats"),
    "a_cycle_error": ("cycle of A", ""),
    "b_cycle_error": ("cycle of B", ""),
    "pair_adversarial_loss": ("adversary of pairs", "nats"),
    "pair_discriminator_loss": ("discriminator of pairs", "nats"),
    "code_adversarial_loss": ("adversary of codes", "nats"),
    "code_discriminator_loss": ("discriminator of codes", "nats"),
}


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


def term(name: str) -> Term:
    """Returns a term, named without `validation_`, in words."""
    words = _KNOWN.get(name, (name.replace("_", " "), ""))
    return Term(*words, [*_KNOWN, name].index(name))


def held_out(key: str) -> tuple[str, bool]:
    """Returns the term that a key of a record names, and whether it is held out."""
    return key.removeprefix(HELD_OUT), key.startswith(HELD_OUT)
