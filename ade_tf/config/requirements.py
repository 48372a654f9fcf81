"""What a request needs of a model, with one message for all of them."""

__all__ = ["missing", "requires"]

# What may be needed: how it is said, whether a configuration has it, and the setting
# that the message quotes.
_NEEDS = {
    "likelihood": (
        "a preset with a likelihood",
        lambda config: config.preset.likelihood,
        "preset",
    ),
    "adversary": (
        "a preset with an adversary",
        lambda config: config.preset.adversary,
        "preset",
    ),
    "z": ("a preset with a z", lambda config: config.preset.latent, "preset"),
    "encoder": (
        "a preset with a z and a likelihood, which has an encoder",
        lambda config: config.preset.latent and config.preset.likelihood,
        "preset",
    ),
    "gaussian": (
        "posterior `gaussian`",
        lambda config: config.model.posterior == "gaussian",
        "posterior",
    ),
    "vector": (
        "one vector z",
        lambda config: config.model.latent_levels == (0,),
        "latent_levels",
    ),
    "conditional": (
        "a conditional model",
        lambda config: config.model.conditional,
        "conditional",
    ),
    "unconditional": (
        "an unconditional model",
        lambda config: not config.model.conditional,
        "conditional",
    ),
}


def missing(config, *needs) -> str | None:
    """Returns the first need that a model does not meet, in words, or None.

    Args:
      config: The model's `RunConfig`.
      *needs: Of `likelihood`, `adversary`, `z`, `encoder`, `gaussian`, `vector`,
        `conditional`, `unconditional`.
    """
    for need in needs:
        words, met, setting = _NEEDS[need]
        if not met(config):
            value = getattr(config.model, setting)
            return f"needs {words}. Received: {setting}={value!r}"
    return None


def requires(config, request: str, *needs) -> None:
    """Checks that a model has what a request needs.

    Args:
      config: The model's `RunConfig`.
      request: What is asked for, as the beginning of the message.
      *needs: As for `missing`.

    Raises:
      ValueError: If one is not met.
    """
    reason = missing(config, *needs)
    if reason is not None:
        raise ValueError(f"{request} {reason}")
