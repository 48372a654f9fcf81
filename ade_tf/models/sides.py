"""What the games of a model show: functions of the model, a batch and draws.

Each returns a side's tensors: images in [-1, 1] `[B, H, W, C]`, or codes
`[B, latent_size]`, or both.
"""

__all__ = [
    "augmented",
    "codes",
    "images",
    "pairs",
    "prior_codes",
    "sampled_pairs",
    "samples",
]


def images(model, batch, draws):
    """Returns x, at the resolution that the model has grown to."""
    return (model.grown(model.to_unit(model.dequantize(batch, draws).value)),)


def samples(model, batch, draws):
    """Returns x~, of the classes of the batch's images."""
    return (model.to_unit(model.generate(draws, batch.condition)),)


def pairs(model, batch, draws):
    """Returns x and z ~ q(z | x)."""
    x = model.dequantize(batch, draws).value
    noise = draws.normal([model.latent_size])
    return model.to_unit(x), model.codes(x, noise, batch.condition)


def sampled_pairs(model, batch, draws):
    """Returns x~ and the z ~ p(z) that it is made of."""
    x, z = model.generate_pairs(draws, batch.condition)
    return model.to_unit(x), z


def codes(model, batch, draws):
    """Returns z ~ q(z | x)."""
    return pairs(model, batch, draws)[1:]


def prior_codes(model, batch, draws):
    """Returns z ~ p(z)."""
    return (model.draw_codes(draws, condition=batch.condition),)


def augmented(side, augment):
    """Returns a side whose images `augment(x, draws)` changes."""

    def shown(model, batch, draws):
        x, *others = side(model, batch, draws)
        return (augment(x, draws), *others)

    return shown
