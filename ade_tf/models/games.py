"""The games of a model: what is shown to whom, and who plays against it."""

import functools
from collections.abc import Callable

import keras

from ade_tf.config.games import AUGMENTATIONS
from ade_tf.models import sides
from ade_tf.objectives import ADVERSARIES, PENALTIES, Game

__all__ = ["game_of", "games_of"]


def games_of(model) -> tuple[Game, ...]:
    """Returns the games that the settings of an `AdaptiveDensityEstimator` name.

    Its class has the table of what they show.
    """
    config = model.config
    objective = config.objective
    augment = AUGMENTATIONS[objective.augmentation](
        model.image_shape, **config.of("augmentation")
    )
    images, samples, pairs, sampled_pairs = (
        sides.augmented(side, augment)
        for side in (sides.images, sides.samples, sides.pairs, sides.sampled_pairs)
    )
    maps = ("feature_map",) * objective.adversarial_gradient_in_feature_map
    decoder, posterior = ("decoder", *maps), ("posterior",)
    players = {
        "image": (model.discriminator, images, samples, decoder),
        "pair": (model.pair_discriminator, pairs, sampled_pairs, decoder + posterior),
        "code": (model.code_discriminator, sides.prior_codes, sides.codes, posterior),
    }
    names = objective.games if config.preset.adversary else ()
    return tuple(game_of(model, name, *players[name], name == "pair") for name in names)


def game_of(
    model,
    name: str,
    discriminator: keras.layers.Layer | None,
    real: Callable,
    fake: Callable,
    trains: tuple[str, ...],
    both_sides: bool = False,
) -> Game:
    """Returns a `Game` of these arguments, played as the model's settings say.

    Sides take the model, a batch and draws (see `models.sides`).
    """
    config = model.config
    return Game(
        name,
        discriminator,
        functools.partial(real, model),
        functools.partial(fake, model),
        adversary=ADVERSARIES[config.objective.adversary].smoothed(
            **config.of("adversary")
        ),
        penalty=PENALTIES[config.objective.penalty],
        trains=trains,
        both_sides=both_sides,
        minibatch_statistics=config["minibatch_statistics"],
        **config.of("penalty"),
        **config.of("discriminator_batch"),
    )
