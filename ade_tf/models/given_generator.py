"""A generator that is taken from another model and kept as it is."""

__all__ = ["copy_generator", "freeze_generator"]


def freeze_generator(model) -> None:
    """Keeps decoder and feature map from being trained, but for the scale of p(y | z).

    Call it before the model is compiled: optimisers see trainable variables only.

    Args:
      model: An `AdaptiveDensityEstimator` with a z.
    """
    scale = {id(variable) for variable in model.decoder.scale_variables}
    for variable in model.decoder.variables + model.feature_map.variables:
        variable.trainable = id(variable) in scale


def copy_generator(model, source) -> None:
    """Gives a model the decoder and feature map of another, but for the scale.

    Args:
      model: An `AdaptiveDensityEstimator` with a z.
      source: Another; the scale of its p(y | z) may be of another kind.

    Raises:
      ValueError: If the two are not built alike.
    """
    here, there = _settings(model), _settings(source)
    different = [f"{n} {there[n]} -> {here[n]}" for n in here if here[n] != there[n]]
    if different:
        raise ValueError(
            "a generator is taken by a model whose decoder, feature map and images are "
            f"like its own. Received: {', '.join(different)}"
        )
    theirs, ours = _generator(source), _generator(model)
    for old, new in zip(theirs, ours, strict=True):
        new.assign(old)


def _generator(model):
    if model.decoder is None:
        raise ValueError(
            "a generator that is taken has a decoder. "
            f"Received: a run of preset={model.config.model.preset!r}"
        )
    scale = {id(variable) for variable in model.decoder.scale_variables}
    variables = model.decoder.variables + model.feature_map.variables
    return [v for v in variables if id(v) not in scale]


def _settings(model):
    """Returns what the map from z to images is made of."""
    settings = model.config.part("generator")
    images = ("image_shape", "levels", "num_classes")
    return settings | {name: getattr(model, name) for name in images}
