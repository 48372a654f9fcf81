"""Weights with which training begins, taken from another model."""

import dataclasses

__all__ = ["copy_weights"]


def copy_weights(model, source) -> None:
    """Gives each part of a model the weights of the same part of another.

    A discriminator or classifier that the other does not have stays as it is.

    Args:
      model: An `AdaptiveDensityEstimator`.
      source: Another.

    Raises:
      ValueError: If the other lacks a part, or one is built in another way; nothing is
        then changed.
    """
    names = [field.name for field in dataclasses.fields(model.parts)]
    pairs, different = [], []
    for name in names:
        new, old = (_variables(m, name) for m in (model, source))
        if name.endswith(("discriminator", "classifier")) and not old:
            continue
        shapes = [[tuple(v.shape) for v in variables] for variables in (old, new)]
        if shapes[0] != shapes[1]:
            different.append(name)
        pairs += [*zip(new, old, strict=False)]
    if different:
        raise ValueError(
            "weights are taken from a run whose parts are built alike, for images of "
            f"the same shape. Received: another {', '.join(different)}"
        )
    for new, old in pairs:
        new.assign(old)


def _variables(model, part):
    layer = getattr(model.parts, part)
    return layer.variables if layer is not None else []
