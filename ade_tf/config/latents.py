"""What the settings of z and of its posterior demand of each other."""

import dataclasses

__all__ = ["check_latents"]


def check_latents(config) -> None:
    """Checks that no setting of z, q(z | x) or p(y | z) is given where it cannot act.

    Args:
      config: A `RunConfig`.

    Raises:
      ValueError: If one is.
    """
    model, preset = config.model, config.preset
    levels = model.latent_levels
    _needs(model, "latent_levels", preset.latent, "a preset with a z", "preset")
    inferred = preset.latent and preset.likelihood
    for part, name in (
        (model, "posterior"),
        (model, "covariance_rank"),
        (config.objective, "free_bits"),
    ):
        rule = "a preset with a z and a likelihood"
        _needs(part, name, inferred, rule, "preset", model.preset)
    for name in ("iaf_steps", "iaf_width"):
        _needs(model, name, model.posterior == "iaf", "posterior `iaf`", "posterior")
    _needs(
        model, "latent_levels", model.network != "mlp", "a network with maps", "network"
    )
    if len(levels) > 1 and 0 in levels:
        raise ValueError(
            "latent_levels has at least 1 level at each scale it names (or is 0). "
            f"Received: latent_levels={','.join(map(str, levels))}"
        )


def _needs(part, name, met, rule, cause, found=None):
    """Raises ValueError if a setting differs from its default with its need unmet."""
    value = getattr(part, name)
    default = {f.name: f.default for f in dataclasses.fields(part)}[name]
    if value != default and not met:
        found = getattr(part, cause) if found is None else found
        raise ValueError(
            f"{name} needs {rule}. Received: {cause}={found!r}, {name}={value!r}"
        )
